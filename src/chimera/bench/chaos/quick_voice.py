"""A voice for the chaos bench that hums instead of speaking: words in time, at a hundredth of the cost.

What a storm shakes are processes, rows and money; the voice's model alone would take half of every piece's time.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from chimera.bootstrap import crew
from chimera.contracts.production import Narration, SpokenWord, VoiceJob
from chimera.tools.local.wav import write_wav

FUNCTION = "chimera.bench.chaos.quick_voice:run"
_RATE_HZ = 24_000
_WORD_MS, _GAP_MS, _PAUSE_MS = 90, 20, 150
_STEPS = 10
_STEP_SECONDS = 0.1


def run(job: VoiceJob, folder: Path, progress: Callable[[float], None]) -> Narration:
    """Hum the job's beats into `narration.wav`; it takes a second, so that it can be killed at work."""
    words: list[SpokenWord] = []
    at_ms = 0
    for beat, text in enumerate(job.beats):
        for word in text.split():
            words.append(SpokenWord(text=word, start_ms=at_ms, end_ms=at_ms + _WORD_MS, beat=beat))
            at_ms += _WORD_MS + _GAP_MS
        at_ms += _PAUSE_MS
    audio = np.zeros(at_ms * _RATE_HZ // 1000, dtype=np.float32)
    for number, spoken in enumerate(words):
        start, end = spoken.start_ms * _RATE_HZ // 1000, spoken.end_ms * _RATE_HZ // 1000
        audio[start:end] = _hum(end - start, 110.0 + 15.0 * (number % 7))
    for step in range(_STEPS):
        time.sleep(_STEP_SECONDS)
        progress((step + 1) / _STEPS)
    path = folder / "narration.wav"
    write_wav(path, audio, _RATE_HZ)
    return Narration(audio=path, duration_ms=at_ms, voice=job.voice, words=tuple(words))


def _hum(count: int, pitch_hz: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """A voiced sound: harmonics of a pitch, swelling and fading."""
    at = np.arange(count) / _RATE_HZ
    tone = sum(np.sin(2 * np.pi * pitch_hz * number * at) / number for number in range(1, 12))
    envelope = np.sin(np.pi * np.arange(count) / max(1, count))
    return (0.12 * tone * envelope).astype(np.float32)


def install() -> None:
    """Let this process's tool servers speak with this voice."""
    real = crew.tool_server_command
    crew.tool_server_command = lambda home: replace(real(home), functions={"voice": FUNCTION})
