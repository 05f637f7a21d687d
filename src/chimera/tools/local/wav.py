"""PCM WAV files in and out: written under another name first and moved into place, so no half file is ever seen."""

import os
import wave
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chimera.core.errors import ToolFailed

Samples = NDArray[np.float32]
"""Audio between -1 and 1; one axis for mono, (time, channel) for more."""

_FULL_SCALE = 32767.0


def write_wav(path: Path, samples: Samples, rate_hz: int) -> None:
    """Write 16-bit PCM, rounded to nearest; what lies beyond full scale is clipped.

    Raises:
        ToolFailed: the file can't be written, for instance because the disk is full.
    """
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    frames = np.rint(np.clip(samples, -1.0, 1.0) * _FULL_SCALE).astype("<i2").tobytes()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(unfinished), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate_hz)
            file.writeframes(frames)
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise ToolFailed(f"{path} can't be written ({error.strerror}): free space or choose another folder") from error


def read_mono_wav(path: Path, rate_hz: int, seconds_max: float) -> Samples:
    """Samples of a 16-bit mono file of exactly `rate_hz`, at most `seconds_max` long.

    Raises:
        ToolFailed: missing, damaged, of another shape, or longer.
    """
    try:
        with wave.open(str(path), "rb") as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            if shape != (1, 2, rate_hz) or file.getnframes() > seconds_max * rate_hz:
                raise ToolFailed(
                    f"{path.name} must be 16-bit mono WAV of {rate_hz} Hz, at most {seconds_max:.0f} s long"
                )
            frames = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise ToolFailed(f"{path.name} is missing or damaged ({error}): make the narration again") from error
    return np.frombuffer(frames, dtype="<i2").astype(np.float32) / np.float32(_FULL_SCALE)
