"""Runs, word times and the narration's promises for any text, said by a voice of plain tones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chimera.contracts.production import VoiceJob
from chimera.core.errors import ChimeraError, EngineUnavailable, ValidationFailed, VideoTooLong
from chimera.tools.local.voice.job import narrate, run
from chimera.tools.local.voice.lexicon import Lexicon, open_lexicon
from chimera.tools.local.voice.model import SAMPLES_PER_FRAME, Speech, token_ids
from chimera.tools.local.voice.phrasing import PhrasedWord, phrase_words, plan_runs


def tone(symbols: str, voice: str, speed: float) -> Speech:
    """Two frames a token and six of silence at both ends, as a model would answer."""
    token_ids(symbols)
    frames = np.array([6, *[2] * len(symbols), 6], dtype=np.int64)
    audio = np.sin(np.arange(int(frames.sum()) * SAMPLES_PER_FRAME) * 0.1).astype(np.float32)
    audio[: 6 * SAMPLES_PER_FRAME] = 0.0
    audio[-6 * SAMPLES_PER_FRAME :] = 0.0
    return Speech(audio, frames)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    try:
        return open_lexicon()
    except EngineUnavailable as error:
        pytest.skip(error.message)


def _word(length: int, mark: str = "", beat: int = 0) -> PhrasedWord:
    return PhrasedWord("w", "a" * length, mark, beat)


def test_a_run_ends_at_the_last_sentence_end_that_fits() -> None:
    words = [_word(40), _word(40, "."), _word(40, ","), _word(40)]
    assert [len(run_.symbols) for run_ in plan_runs(words, 150)] == [82, 82]


def test_a_run_never_reaches_over_a_beat() -> None:
    words = [_word(5, ".", beat=0), _word(5, ".", beat=1)]
    assert [run_.owners[0] for run_ in plan_runs(words, 150)] == [0, 1]


def test_one_endless_word_is_said_in_several_runs() -> None:
    runs = plan_runs([_word(400)], 150)
    assert [len(run_.symbols) for run_ in runs] == [150, 150, 100]
    assert {owner for run_ in runs for owner in run_.owners} == {0}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(beats=st.lists(st.text(min_size=1, max_size=120), min_size=1, max_size=4))
def test_every_word_of_any_text_is_there_once_and_time_never_goes_back(beats: list[str], lexicon: Lexicon) -> None:
    words = phrase_words(beats, lexicon)
    runs = plan_runs(words)
    if not runs:
        return
    job = VoiceJob(beats=tuple(beats), voice="af_heart", speed=1.0)
    narration, audio = narrate(words, runs, tone, job=job, folder=Path("/nowhere"), progress=lambda _: None)
    assert " ".join(word.text for word in narration.words) == " ".join(" ".join(beats).split())
    times = [moment for word in narration.words for moment in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert times[-1] <= narration.duration_ms == len(audio) * 1000 // 24_000
    beat_of = [word.beat for word in narration.words]
    assert beat_of == [beat for beat, text in enumerate(beats) for _ in text.split()]


def test_a_script_without_a_word_is_refused(tmp_path: Path, lexicon: Lexicon) -> None:
    with pytest.raises(ValidationFailed, match="no word that can be said"):
        run(VoiceJob(beats=("... —", "🎉"), voice="af_heart", speed=1.0), tmp_path, lambda _: None)


def test_a_script_far_beyond_ten_minutes_is_refused_before_it_is_said(tmp_path: Path, lexicon: Lexicon) -> None:
    job = VoiceJob(beats=("thousand million " * 290,) * 16, voice="af_heart", speed=1.0)
    with pytest.raises(VideoTooLong) as refusal:
        run(job, tmp_path, lambda _: None)
    assert isinstance(refusal.value, ChimeraError)
    assert list(tmp_path.iterdir()) == []
