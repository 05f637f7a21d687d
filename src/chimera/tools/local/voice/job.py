"""The voice tool: one job in, one narration out. Called by the job runner in a process of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chimera.contracts.production import Narration, VoiceJob
from chimera.core.errors import ValidationFailed, VideoTooLong
from chimera.core.limits import VIDEO_DURATION_SECONDS_MAX
from chimera.tools.local.voice.lexicon import open_lexicon
from chimera.tools.local.voice.model import SAMPLE_RATE_HZ, Speaker, open_kokoro
from chimera.tools.local.voice.phrasing import PhrasedWord, Run, phrase_words, plan_runs
from chimera.tools.local.voice.timing import Spans, Take, spoken_words, take
from chimera.tools.local.wav import write_wav

AUDIO_NAME = "narration.wav"
RUNS_AT_ONCE = 2
"""Runs said side by side, each on one thread of the model."""
CHARACTER_SECONDS = 0.04
TOKEN_SECONDS = 0.05
"""What a written character and a token last at least at speed 1: a hopelessly long script is refused unsaid."""

_PEAK = 0.89
_LEVEL_RMS = 0.08


def run(job: VoiceJob, folder: Path, progress: Callable[[float], None]) -> Narration:
    """Say the job's beats and write `narration.wav` to `folder`. The same job gives the same bytes.

    Raises:
        ValidationFailed: the beats hold nothing that can be said.
        VideoTooLong: more than ten minutes of speech.
        EngineUnavailable: the model or the pronunciation tables are missing or damaged.
        ToolFailed: the model failed, or the file can't be written.
    """
    _refuse_beyond(sum(map(len, job.beats)) * CHARACTER_SECONDS / job.speed)
    words = phrase_words(job.beats, open_lexicon())
    runs = plan_runs(words)
    if not runs:
        raise ValidationFailed("the script has no word that can be said: write at least one")
    _refuse_beyond(sum(len(run_.symbols) for run_ in runs) * TOKEN_SECONDS / job.speed)
    progress(0.02)
    narration, audio = narrate(words, runs, open_kokoro().say, job=job, folder=folder, progress=progress)
    write_wav(narration.audio, audio, SAMPLE_RATE_HZ)
    progress(1.0)
    return narration


def _refuse_beyond(seconds: float) -> None:
    """Refuse more speech than a video may hold.

    Raises:
        VideoTooLong: `seconds` are more than ten minutes.
    """
    if seconds > VIDEO_DURATION_SECONDS_MAX:
        raise VideoTooLong(
            f"the script takes at least {seconds:.0f} s to say, {VIDEO_DURATION_SECONDS_MAX} s are allowed: shorten it",
            {"seconds": round(seconds), "seconds_max": VIDEO_DURATION_SECONDS_MAX},
        )


def narrate(
    words: Sequence[PhrasedWord],
    runs: Sequence[Run],
    say: Speaker,
    *,
    job: VoiceJob,
    folder: Path,
    progress: Callable[[float], None],
) -> tuple[Narration, NDArray[np.float32]]:
    """The narration and its levelled samples, run by run; nothing is written yet."""
    takes: list[Take] = []
    with ThreadPoolExecutor(max_workers=RUNS_AT_ONCE, thread_name_prefix="voice") as pool:
        said = pool.map(lambda run_: say(run_.symbols, job.voice, job.speed), runs)
        for number, (run_, speech) in enumerate(zip(runs, said, strict=True), start=1):
            takes.append(take(run_, speech))
            progress(0.02 + 0.96 * number / len(runs))
    audio, spans = _join(runs, takes)
    _refuse_beyond(len(audio) / SAMPLE_RATE_HZ)
    duration_ms = len(audio) * 1000 // SAMPLE_RATE_HZ
    narration = Narration(
        audio=folder / AUDIO_NAME,
        duration_ms=duration_ms,
        voice=job.voice,
        words=spoken_words(words, spans, duration_ms),
    )
    return narration, _levelled(audio)


def _join(runs: Sequence[Run], takes: Sequence[Take]) -> tuple[NDArray[np.float32], Spans]:
    """One after the other with their pauses; a word cut over two runs spans both."""
    pieces: list[NDArray[np.float32]] = []
    spans: Spans = {}
    at = 0
    for run_, said in zip(runs, takes, strict=True):
        for word, (start, end) in said.spans.items():
            spans[word] = (spans[word][0] if word in spans else at + start, at + end)
        pause = np.zeros(run_.pause_after_ms * SAMPLE_RATE_HZ // 1000, dtype=np.float32)
        pieces += [said.audio, pause]
        at += len(said.audio) + len(pause)
    return np.concatenate(pieces), spans


def _levelled(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same loudness for every voice, never above full scale."""
    rms, peak = float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))), float(np.abs(audio).max())
    if peak <= 0.0:
        return audio
    return audio * np.float32(min(_LEVEL_RMS / rms, _PEAK / peak))
