"""The streaming loudness meter agrees with a whole-signal one, however the samples arrive."""

import numpy as np
import pyloudnorm  # type: ignore[import-untyped]
import pytest

from chimera.agents.judge.decoding.sound_meter import RATE_HZ, SoundMeter


def signal(kind: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    chance = np.random.default_rng(4)
    t = np.arange(RATE_HZ * 6) / RATE_HZ
    mono = {
        "tone": 0.3 * np.sin(2 * np.pi * 997 * t),
        "noise": 0.1 * chance.standard_normal(len(t)),
        "bursts": 0.4 * np.sin(2 * np.pi * 300 * t) * (np.sin(2 * np.pi * 0.7 * t) > 0.3),
        "quiet then loud": 0.2 * chance.standard_normal(len(t)) * np.where(t < 3, 0.01, 1),
    }[kind]
    return np.stack((mono, 0.7 * mono)).astype(np.float32)


@pytest.mark.parametrize("kind", ["tone", "noise", "bursts", "quiet then loud"])
@pytest.mark.parametrize("chunk", [1024, 48_000, 70_001])
def test_integrated_loudness_agrees_with_pyloudnorm(kind: str, chunk: int) -> None:
    samples = signal(kind)
    meter = SoundMeter(2, 0.0)
    for start in range(0, samples.shape[1], chunk):
        meter.feed(samples[:, start : start + chunk])
    expected = pyloudnorm.Meter(RATE_HZ).integrated_loudness(samples.T)
    assert meter.heard(RATE_HZ).integrated_lufs == pytest.approx(expected, abs=0.15)


def test_true_peak_lies_between_samples() -> None:
    t = np.arange(RATE_HZ) / RATE_HZ
    tone = 0.5 * np.sin(2 * np.pi * RATE_HZ / 4 * t + np.pi / 4)
    meter = SoundMeter(2, 0.0)
    meter.feed(np.stack((tone, tone)).astype(np.float32))
    assert meter.heard(RATE_HZ).true_peak_dbtp == pytest.approx(20 * np.log10(0.5), abs=0.3)


def test_nothing_is_minus_infinity() -> None:
    meter = SoundMeter(2, 0.0)
    meter.feed(np.zeros((2, RATE_HZ), dtype=np.float32))
    heard = meter.heard(RATE_HZ)
    assert heard.integrated_lufs == heard.true_peak_dbtp == -np.inf
