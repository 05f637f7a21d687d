"""The voice tool with its real model."""

from pathlib import Path

import numpy as np
import pytest

from chimera.contracts.production import Narration, VoiceJob
from chimera.core.errors import EngineUnavailable, ToolFailed
from chimera.tools.local.voice.job import run
from chimera.tools.local.voice.lexicon import open_lexicon
from chimera.tools.local.voice.model import join_parts, open_kokoro, token_ids
from chimera.tools.local.wav import read_mono_wav

SAMPLES_A_MS = 24


def test_every_word_as_written_is_timed_in_order(narration: Narration) -> None:
    assert [word.text for word in narration.words] == [
        "Bitcoin",
        "rose",
        "24%",
        "today.",
        "Posts",
        "about",
        "it",
        "doubled.",
    ]
    assert [word.beat for word in narration.words] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert all(word.end_ms - word.start_ms >= 40 for word in narration.words)
    times = [moment for word in narration.words for moment in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert times[-1] <= narration.duration_ms


def test_a_figure_lasts_as_long_as_the_words_said_for_it(narration: Narration) -> None:
    said = {word.text: word.end_ms - word.start_ms for word in narration.words}
    assert said["24%"] > 2 * said["rose"]


def test_the_file_is_as_long_as_it_says_and_eight_words_take_two_to_six_seconds(narration: Narration) -> None:
    audio = read_mono_wav(narration.audio, 24_000, 60)
    assert len(audio) // SAMPLES_A_MS == narration.duration_ms
    assert 2_000 < narration.duration_ms < 6_000


def test_words_sound_and_the_pause_between_the_beats_does_not(narration: Narration) -> None:
    audio = read_mono_wav(narration.audio, 24_000, 60)

    def rms(start_ms: int, end_ms: int) -> float:
        return float(np.sqrt(np.mean(audio[start_ms * SAMPLES_A_MS : end_ms * SAMPLES_A_MS] ** 2)))

    quietest = min(rms(word.start_ms, word.end_ms) for word in narration.words)
    gap_start, gap_end = narration.words[3].end_ms, narration.words[4].start_ms
    assert gap_end - gap_start >= 250
    assert quietest > 0.01
    assert rms(gap_start + 100, gap_end - 60) < quietest / 10


def test_silence_is_trimmed_at_both_ends(narration: Narration) -> None:
    assert narration.words[0].start_ms <= 60
    assert narration.duration_ms - narration.words[-1].end_ms <= 120


def test_progress_grows_to_one(narration: Narration, reported: list[float]) -> None:
    assert reported == sorted(reported)
    assert len(reported) >= 3
    assert reported[-1] == 1.0


def test_the_same_job_gives_the_same_bytes(tmp_path: Path) -> None:
    job = VoiceJob(beats=("Again.",), voice="am_michael", speed=1.2)
    try:
        first = run(job, tmp_path / "first", lambda _: None)
    except EngineUnavailable as error:
        pytest.skip(error.message)
    second = run(job, tmp_path / "second", lambda _: None)
    assert first.audio.read_bytes() == second.audio.read_bytes()
    assert first.words == second.words
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == ["narration.wav"]


def test_a_damaged_model_is_refused_with_what_to_do() -> None:
    with pytest.raises(EngineUnavailable, match="make setup"):
        join_parts(sha256="0" * 64)


def test_a_folder_that_can_not_be_written_is_a_clear_failure(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("in the way")
    job = VoiceJob(beats=("Again.",), voice="af_heart", speed=1.0)
    with pytest.raises((ToolFailed, EngineUnavailable), match=r"can't be written|make setup"):
        run(job, occupied, lambda _: None)


def test_the_model_knows_every_symbol_of_the_tables() -> None:
    try:
        lexicon, kokoro = open_lexicon(), open_kokoro()
    except EngineUnavailable as error:
        pytest.skip(error.message)
    symbols = {symbol for entry in lexicon.gold.values() if isinstance(entry, str) for symbol in entry} - {"ɾ", "ʔ"}
    assert len(token_ids(sorted(symbols))) == len(symbols)
    assert kokoro.say("ˈA", "af_heart", 1.0).audio.size > 0
