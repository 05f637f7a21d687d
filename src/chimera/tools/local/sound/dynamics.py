"""Levels over time: the voice's high-pass and compressor, the bed's ducking, the true-peak limiter. Pure."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d  # type: ignore[import-untyped]
from scipy.signal import butter, resample_poly, sosfiltfilt  # type: ignore[import-untyped]

from chimera.tools.local.sound.instruments import RATE_HZ, Mono

Floats = NDArray[np.float32]

_WINDOW = RATE_HZ // 200
_SPEECH_BELOW_PEAK_DB = 34.0
_HOLD_SECONDS = 0.25
_DUCK_SECONDS = 0.2
_OVERSAMPLING = 4
_LOOK_AHEAD = RATE_HZ * 4 // 1000


def clean_voice(voice: Mono) -> Mono:
    """Without rumble below 70 Hz, and gently compressed: 2:1 above -20 dB of the loudest window."""
    sections = butter(2, 70, "highpass", fs=RATE_HZ, output="sos")
    clear: Mono = sosfiltfilt(sections, voice).astype(np.float32)
    level = _windowed_rms(clear)
    loudest = float(level.max())
    if loudest <= 0.0:
        return clear
    over_db = np.maximum(20 * np.log10(np.maximum(level / loudest, 1e-6)) + 20.0, 0.0)
    smooth_db: NDArray[np.float64] = uniform_filter1d(over_db, size=20, mode="nearest")
    gain = 10 ** (-0.5 * smooth_db / 20)
    return clear * _stretched(gain, len(clear))


def ducking(voice: Mono, depth_db: float) -> Mono:
    """The bed's gain: 1 where nobody speaks, `depth_db` lower under speech, easing in and out over 0.4 s.

    Looks ahead, so that the bed is already down when a word starts, and holds through short pauses.
    """
    level = _windowed_rms(voice)
    speaks = (level > level.max() * 10 ** (-_SPEECH_BELOW_PEAK_DB / 20)).astype(np.float64)
    windows_per_second = RATE_HZ / _WINDOW
    held = maximum_filter1d(speaks, size=round(2 * _HOLD_SECONDS * windows_per_second) | 1)
    width = round(_DUCK_SECONDS * windows_per_second)
    eased = uniform_filter1d(uniform_filter1d(held, size=width, mode="nearest"), size=width, mode="nearest")
    return _stretched(10 ** (-depth_db * eased / 20), len(voice))


def true_peak(audio: Floats) -> float:
    """The largest absolute value after four-fold oversampling (ITU-R BS.1770, annex 2)."""
    return float(np.abs(_oversampled(audio)).max()) if audio.size else 0.0


def limited(audio: Floats, ceiling: float) -> Floats:
    """Gain that falls smoothly 4 ms before an oversampled peak and rises after it, so that none passes `ceiling`."""
    peaks = np.abs(_oversampled(audio)).max(axis=1)
    per_sample = peaks[: len(audio) * _OVERSAMPLING].reshape(len(audio), _OVERSAMPLING).max(axis=1)
    needed = np.minimum(1.0, ceiling / np.maximum(per_sample, 1e-9))
    width = 2 * _LOOK_AHEAD + 1
    gain = uniform_filter1d(minimum_filter1d(needed, size=2 * width + 1, mode="nearest"), size=width, mode="nearest")
    result: Floats = (audio * gain.astype(np.float32)[:, None]).astype(np.float32)
    return result


def _oversampled(audio: Floats) -> Floats:
    raised: Floats = resample_poly(audio, _OVERSAMPLING, 1, axis=0).astype(np.float32)
    return raised


def _windowed_rms(audio: Mono) -> NDArray[np.float64]:
    """RMS of each 5 ms window; the last one is padded with silence."""
    padded = np.pad(audio, (0, -len(audio) % _WINDOW))
    level: NDArray[np.float64] = np.sqrt(np.mean(np.square(padded.reshape(-1, _WINDOW), dtype=np.float64), axis=1))
    return level


def _stretched(per_window: NDArray[np.float64], length: int) -> Mono:
    """One gain a window, drawn out to one a sample by straight lines."""
    centres = (np.arange(len(per_window)) + 0.5) * _WINDOW
    return np.interp(np.arange(length), centres, per_window).astype(np.float32)
