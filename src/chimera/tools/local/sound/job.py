"""The sound tool: a narration in, a finished soundtrack out. Called by the job runner in a process of its own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly  # type: ignore[import-untyped]

from chimera.contracts.production import SoundJob, Soundtrack, SpokenWord
from chimera.core.errors import VideoTooLong
from chimera.core.limits import VIDEO_DURATION_SECONDS_MAX
from chimera.tools.local.sound.bed import music_bed
from chimera.tools.local.sound.dynamics import Floats, clean_voice, ducking
from chimera.tools.local.sound.instruments import RATE_HZ, Mono
from chimera.tools.local.sound.loudness import integrated_lufs, mastered, true_peak_dbtp
from chimera.tools.local.wav import read_mono_wav, write_wav

AUDIO_NAME = "soundtrack.wav"
NARRATION_RATE_HZ = 24_000
BED_BELOW_VOICE_DB = 9.0
"""The bed against the voice where nobody speaks."""
DUCK_DB = 11.0
"""What the bed gives way under speech; with the figure above it lies 20 dB under the voice."""


def run(job: SoundJob, folder: Path, progress: Callable[[float], None]) -> Soundtrack:
    """Mix the job and write `soundtrack.wav` to `folder`. The same job gives the same bytes.

    Raises:
        VideoTooLong: narration, lead-in and tail pass ten minutes together.
        ToolFailed: the narration is missing, damaged or silent, or the file can't be written.
    """
    _refuse_too_long(job)
    narration = read_mono_wav(job.narration.audio, NARRATION_RATE_HZ, VIDEO_DURATION_SECONDS_MAX)
    progress(0.05)
    voice = placed_voice(narration, job.lead_in_ms, job.tail_ms)
    progress(0.2)
    bed = music_bed(job.mood, job.seed, len(voice) / RATE_HZ)
    progress(0.55)
    master = mastered(mix(voice, bed))
    progress(0.9)
    audio = folder / AUDIO_NAME
    write_wav(audio, master, RATE_HZ)
    soundtrack = Soundtrack(
        audio=audio,
        duration_ms=len(master) * 1000 // RATE_HZ,
        words=shifted(job.narration.words, job.lead_in_ms),
        integrated_lufs=round(integrated_lufs(master), 2),
        true_peak_dbtp=round(true_peak_dbtp(master), 2),
    )
    progress(1.0)
    return soundtrack


def _refuse_too_long(job: SoundJob) -> None:
    seconds = (job.lead_in_ms + job.narration.duration_ms + job.tail_ms) / 1000
    if seconds > VIDEO_DURATION_SECONDS_MAX:
        raise VideoTooLong(
            f"the soundtrack lasts {seconds:.0f} s, {VIDEO_DURATION_SECONDS_MAX} s are allowed: shorten the script",
            {"seconds": round(seconds), "seconds_max": VIDEO_DURATION_SECONDS_MAX},
        )


def placed_voice(narration: Mono, lead_in_ms: int, tail_ms: int) -> Mono:
    """The cleaned voice at 48 kHz between its silences."""
    raised = resample_poly(narration, RATE_HZ // NARRATION_RATE_HZ, 1).astype(np.float32)
    voice = clean_voice(raised)
    return np.pad(voice, (lead_in_ms * RATE_HZ // 1000, tail_ms * RATE_HZ // 1000))


def mix(voice: Mono, bed: Floats) -> Floats:
    """The voice in the middle, the bed around it and out of its way."""
    speaking = np.abs(voice) > 1e-4
    voice_rms = float(np.sqrt(np.mean(np.square(voice[speaking], dtype=np.float64)))) if speaking.any() else 0.0
    bed_rms = float(np.sqrt(np.mean(np.square(bed, dtype=np.float64))))
    level = voice_rms / max(bed_rms, 1e-9) * 10 ** (-BED_BELOW_VOICE_DB / 20)
    ducked = bed * (np.float32(level) * ducking(voice, DUCK_DB))[:, None]
    return (voice[:, None] + ducked).astype(np.float32)


def shifted(words: tuple[SpokenWord, ...], lead_in_ms: int) -> tuple[SpokenWord, ...]:
    return tuple(
        word.model_copy(update={"start_ms": word.start_ms + lead_in_ms, "end_ms": word.end_ms + lead_in_ms})
        for word in words
    )
