"""A recogniser that knows nothing of our scripts hears what was said, when we say it was said."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import resample_poly  # type: ignore[import-untyped]

from chimera.contracts.production import Narration, VoiceJob
from chimera.core.errors import EngineUnavailable
from chimera.tools.local.voice.job import run
from chimera.tools.local.voice.normalise import spell_out
from chimera.tools.local.wav import read_mono_wav

pocketsphinx = pytest.importorskip("pocketsphinx")

BEATS = (
    "Something is moving very fast today, and the numbers show it.",
    "In the last 24 hours, 1,204 posts talked about the price of gold. That is 3.7x more than the day before.",
    "People asked whether to hold or to sell. Some called it a healthy correction, while others blamed the banks.",
    "Why does it matter? It was worth $2 billion in 2013, and it never moved by 15% in one afternoon.",
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["af_heart", "am_michael"])
def said(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Narration:
    job = VoiceJob(beats=BEATS, voice=request.param, speed=1.0)
    try:
        return run(job, tmp_path_factory.mktemp("recognised"), lambda _: None)
    except EngineUnavailable as error:
        pytest.skip(error.message)


def _pcm_16_khz(path: Path) -> bytes:
    audio: NDArray[np.float64] = resample_poly(read_mono_wav(path, 24_000, 120), 2, 3)
    return np.clip(audio * 32767, -32768, 32767).astype("<i2").tobytes()


def _spoken_with_owner() -> list[tuple[str, int]]:
    tokens = spell_out(" ".join(BEATS))
    return [
        (re.sub(r"[^a-z']", "", word.lower()), index) for index, token in enumerate(tokens) for word in token.spoken
    ]


def _edits(expected: list[str], heard: list[str]) -> int:
    """Levenshtein distance in words."""
    previous = list(range(len(heard) + 1))
    for row, word in enumerate(expected, start=1):
        current = [row]
        for column, other in enumerate(heard, start=1):
            substituted = previous[column - 1] + (word != other)
            current.append(min(previous[column] + 1, current[-1] + 1, substituted))
        previous = current
    return previous[-1]


def test_a_recogniser_misses_at_most_one_word_in_five(said: Narration) -> None:
    decoder = pocketsphinx.Decoder(samprate=16000)
    decoder.start_utt()
    decoder.process_raw(_pcm_16_khz(said.audio), full_utt=True)
    decoder.end_utt()
    expected = [word for word, _ in _spoken_with_owner()]
    assert _edits(expected, decoder.hyp().hypstr.split()) <= 0.2 * len(expected)


def test_word_starts_agree_with_forced_alignment(said: Narration) -> None:
    spoken = _spoken_with_owner()
    decoder = pocketsphinx.Decoder(samprate=16000)
    decoder.set_align_text(" ".join(word for word, _ in spoken))
    decoder.start_utt()
    decoder.process_raw(_pcm_16_khz(said.audio), full_utt=True)
    decoder.end_utt()
    aligned = [part for part in decoder.seg() if part.word[0] not in "<[("]
    assert len(aligned) == len(spoken)
    starts: dict[int, int] = {}
    for part, (_, owner) in zip(aligned, spoken, strict=True):
        starts.setdefault(owner, part.start_frame * 10)
    offsets = np.array([said.words[owner].start_ms - start for owner, start in starts.items()])
    assert np.percentile(np.abs(offsets), 95) <= 120
    assert abs(float(np.median(offsets))) <= 60
