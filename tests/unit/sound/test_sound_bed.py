"""The music bed is music: pitched, varied by seed, without clicks."""

import numpy as np
import pytest

from chimera.tools.local.sound.bed import music_bed
from chimera.tools.local.sound.instruments import RATE_HZ, envelope
from chimera.tools.local.sound.theory import STYLES, compose, voiced

MOODS = sorted(STYLES)


@pytest.mark.parametrize("mood", MOODS)
def test_a_bed_starts_and_ends_in_silence_without_a_click(mood: str) -> None:
    bed = music_bed(mood, 7, 5.0)
    assert len(bed) == 5 * RATE_HZ
    assert np.abs(bed[[0, -1]]).max() < 1e-6
    assert np.abs(np.diff(bed, axis=0)).max() < 0.15
    assert np.abs(bed).max() < 1.0


def test_the_same_seed_gives_the_same_samples_and_another_seed_other_music() -> None:
    first = music_bed("calm", 3, 4.0)
    assert np.array_equal(first, music_bed("calm", 3, 4.0))
    assert not np.allclose(first, music_bed("calm", 4, 4.0))


@pytest.mark.parametrize("mood", MOODS)
def test_most_energy_lies_in_few_lines_as_tones_do_and_noise_does_not(mood: str) -> None:
    bed = music_bed(mood, 11, 6.0).mean(axis=1)
    power = np.sort(np.abs(np.fft.rfft(bed)) ** 2)[::-1]
    assert power[: len(power) // 50].sum() > 0.9 * power.sum()


def test_a_bed_shorter_than_a_bar_is_whole() -> None:
    assert music_bed("tense", 1, 0.3).shape == (14_400, 2)


def test_every_chord_is_voiced_within_one_octave() -> None:
    for root in range(40, 70):
        notes = voiced(root, (0, 4, 7, 11))
        assert notes == tuple(sorted(notes))
        assert 55 <= notes[0] < notes[-1] < 67


@pytest.mark.parametrize("mood", MOODS)
def test_tempo_and_key_stay_within_the_mood(mood: str) -> None:
    style = STYLES[mood]
    for seed in range(20):
        score = compose(mood, np.random.default_rng(seed))
        assert style.tempo_bpm[0] <= round(60 / score.beat_seconds) <= style.tempo_bpm[1]


def test_an_envelope_shorter_than_its_edges_still_ends_at_zero() -> None:
    shape = envelope(10, attack_seconds=1.0, release_seconds=1.0)
    assert shape[0] == 0.0
    assert abs(float(shape[-1])) < 1e-6
