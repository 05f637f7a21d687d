"""Ducking, limiting and mastering on signals whose answer is known."""

import math

import numpy as np
import pytest

from chimera.core.errors import ToolFailed
from chimera.tools.local.sound.dynamics import clean_voice, ducking, limited, true_peak
from chimera.tools.local.sound.instruments import RATE_HZ
from chimera.tools.local.sound.loudness import integrated_lufs, mastered, true_peak_dbtp


def _sine(seconds: float, hertz: float, level: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def test_a_full_scale_997_hz_sine_in_both_channels_measures_its_defined_loudness() -> None:
    stereo = np.repeat(_sine(3, 997, 1.0)[:, None], 2, axis=1)
    assert integrated_lufs(stereo) == pytest.approx(0.0, abs=0.1)


def test_a_peak_between_samples_counts() -> None:
    time = np.arange(RATE_HZ // 10)
    quarter_rate = np.sin(2 * np.pi * time / 4 + math.pi / 4).astype(np.float32)
    assert float(np.abs(quarter_rate).max()) < 0.71
    assert true_peak(quarter_rate[:, None]) == pytest.approx(1.0, abs=0.06)


def test_the_limiter_keeps_every_true_peak_under_the_ceiling() -> None:
    random = np.random.default_rng(5)
    loud = random.uniform(-2.0, 2.0, (RATE_HZ, 2)).astype(np.float32)
    assert true_peak(limited(loud, 0.8)) <= 0.83


def test_the_limiter_leaves_quiet_audio_as_it_is() -> None:
    quiet = np.repeat(_sine(1, 300, 0.3)[:, None], 2, axis=1)
    assert np.allclose(limited(quiet, 0.8), quiet)


def test_the_bed_gives_way_before_the_voice_starts_and_comes_back_after() -> None:
    silence = np.zeros(2 * RATE_HZ, dtype=np.float32)
    voice = np.concatenate([silence, _sine(1, 220, 0.5), silence])
    gain_db = 20 * np.log10(ducking(voice, 11.0))
    assert gain_db[0] == pytest.approx(0.0, abs=0.01)
    assert gain_db[2 * RATE_HZ] == pytest.approx(-11.0, abs=0.5)
    assert gain_db[-1] == pytest.approx(0.0, abs=0.01)
    assert np.abs(np.diff(gain_db)).max() < 0.01


def test_rumble_goes_and_speech_stays() -> None:
    rumble, speech = clean_voice(_sine(1, 20, 0.3)), clean_voice(_sine(1, 300, 0.3))
    assert float(np.abs(rumble[RATE_HZ // 4 : -RATE_HZ // 4]).max()) < 0.03
    assert float(np.abs(speech).max()) > 0.1


@pytest.mark.parametrize("level", [0.005, 0.05, 0.9])
def test_a_master_is_minus_14_lufs_at_any_level_of_the_mix(level: float) -> None:
    master = mastered(np.repeat(_sine(3, 440, level)[:, None], 2, axis=1))
    assert integrated_lufs(master) == pytest.approx(-14.0, abs=0.5)
    assert true_peak_dbtp(master) <= -1.0


def test_silence_can_not_be_mastered() -> None:
    with pytest.raises(ToolFailed, match="silent"):
        mastered(np.zeros((RATE_HZ, 2), dtype=np.float32))
