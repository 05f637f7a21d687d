"""Loudness, peaks and speech level of a stream of samples, in one pass and little memory."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, resample_poly, sosfilt  # type: ignore[import-untyped]

from chimera.agents.judge.decoding.observation import HOP_SECONDS, Heard, Numbers

RATE_HZ = 48_000
_HOP = int(RATE_HZ * HOP_SECONDS)
_CHUNK = RATE_HZ
_STEP = RATE_HZ // 10
_SILENCE_DB = -120.0

# ITU-R BS.1770-5, tables 1 and 2: the K-weighting filters at 48 kHz, high shelf then high pass.
_SHELF = (
    np.array([1.53512485958697, -2.69169618940638, 1.19839281085285]),
    np.array([1.0, -1.69065929318241, 0.73248077421585]),
)
_HIGH_PASS = (np.array([1.0, -2.0, 1.0]), np.array([1.0, -1.99004745483398, 0.99007225036621]))
_SPEECH_BAND = butter(2, (300.0, 3400.0), "bandpass", fs=RATE_HZ, output="sos")

Samples = NDArray[np.float32]


class SoundMeter:
    """Feed it 48 kHz samples, (channels, time) between -1 and 1, then ask for what was `heard`."""

    def __init__(self, channels: int, start: float) -> None:
        self._start = start
        self._pending = np.zeros((channels, 0), dtype=np.float32)
        self._samples = 0
        self._clipped = 0
        self._peak = 0.0
        self._tail = np.zeros((channels, 64), dtype=np.float32)
        self._shelf = np.zeros((channels, 2))
        self._high_pass = np.zeros((channels, 2))
        self._speech = np.zeros((_SPEECH_BAND.shape[0], 2))
        self._step_energies: list[NDArray[np.float64]] = []
        self._levels: list[Numbers] = []
        self._speech_levels: list[Numbers] = []

    def feed(self, samples: Samples) -> None:
        self._pending = np.concatenate((self._pending, samples), axis=1)
        while self._pending.shape[1] >= _CHUNK:
            self._measure(self._pending[:, :_CHUNK])
            self._pending = self._pending[:, _CHUNK:]

    def heard(self, sample_rate: int) -> Heard:
        """Everything measured; `sample_rate` is the file's own."""
        if whole := self._pending.shape[1] // _HOP * _HOP:
            self._measure(self._pending[:, :whole])
        return Heard(
            start=self._start,
            duration=self._samples / RATE_HZ,
            sample_rate=sample_rate,
            integrated_lufs=integrated_loudness(np.concatenate([np.zeros(0), *self._step_energies])),
            true_peak_dbtp=20 * math.log10(self._peak) if self._peak > 0 else -math.inf,
            clipped_share=self._clipped / max(1, self._samples),
            level_db=np.concatenate([np.zeros(0, np.float32), *self._levels]),
            speech_db=np.concatenate([np.zeros(0, np.float32), *self._speech_levels]),
        )

    def _measure(self, chunk: Samples) -> None:
        self._samples += chunk.shape[1]
        self._clipped += int((np.abs(chunk) >= 0.999).any(axis=0).sum())
        self._measure_peak(chunk)
        weighted, self._shelf = lfilter(*_SHELF, chunk, axis=1, zi=self._shelf)
        weighted, self._high_pass = lfilter(*_HIGH_PASS, weighted, axis=1, zi=self._high_pass)
        whole = weighted.shape[1] // _STEP * _STEP
        squares = (weighted[:, :whole] ** 2).sum(axis=0)
        self._step_energies.append(squares.reshape(-1, _STEP).mean(axis=1))
        mono = chunk.mean(axis=0)
        speech, self._speech = sosfilt(_SPEECH_BAND, mono, zi=self._speech)
        self._levels.append(_level_db(mono))
        self._speech_levels.append(_level_db(speech))

    def _measure_peak(self, chunk: Samples) -> None:
        """True peak by four-fold oversampling (BS.1770-5 annex 2), only where a sample is near the peak so far."""
        if float(np.abs(chunk).max()) > 0.7 * self._peak:
            joined = np.concatenate((self._tail, chunk), axis=1)
            self._peak = max(self._peak, float(np.abs(resample_poly(joined, 4, 1, axis=1)).max()))
        self._tail = chunk[:, -64:]


def integrated_loudness(step_energies: NDArray[np.float64]) -> float:
    """LUFS of K-weighted, channel-summed mean squares of 100 ms steps (BS.1770-5: blocks of 400 ms, two gates)."""
    if len(step_energies) < 4:
        return -math.inf
    blocks = np.convolve(step_energies, np.full(4, 0.25), mode="valid")
    audible = blocks[_lufs(blocks) > -70.0]
    if not len(audible):
        return -math.inf
    kept = audible[_lufs(audible) > _lufs(audible.mean()) - 10.0]
    return float(_lufs(kept.mean()))


def _lufs(mean_square: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(mean_square, 1e-12)))


def _level_db(samples: NDArray[np.floating]) -> Numbers:
    frames = samples[: len(samples) // _HOP * _HOP].reshape(-1, _HOP)
    power = np.maximum((frames.astype(np.float64) ** 2).mean(axis=1), 10 ** (_SILENCE_DB / 10))
    level: Numbers = (10 * np.log10(power)).astype(np.float32)
    return level
