"""The music of each mood: key, tempo and chord progressions, as MIDI note numbers. Pure."""

from dataclasses import dataclass

import numpy as np

BEATS_PER_CHORD = 4
_ARPEGGIOS = ((0, 2, 1, 3, 2, 1, 3, 2), (0, 1, 2, 3, 2, 1, 2, 1), (3, 1, 2, 0, 1, 2, 1, 2))
_TONE_A4_HZ, _TONE_A4_MIDI = 440.0, 69


@dataclass(frozen=True, slots=True)
class Style:
    """How a mood sounds. A chord is (root in semitones above the key, intervals above that root)."""

    tempo_bpm: tuple[int, int]
    keys_midi: tuple[int, ...]
    progressions: tuple[tuple[tuple[int, tuple[int, ...]], ...], ...]
    pluck_level: float
    drum_level: float
    brightness_hz: float


_MAJOR, _MINOR = (0, 4, 7), (0, 3, 7)
_MAJOR7, _MINOR7, _ADD9, _SUS2 = (0, 4, 7, 11), (0, 3, 7, 10), (0, 4, 7, 14), (0, 2, 7)

STYLES = {
    "bright": Style(
        (104, 112),
        (48, 50, 53),
        (
            ((0, _ADD9), (7, _MAJOR), (9, _MINOR7), (5, _MAJOR7)),
            ((0, _MAJOR), (5, _ADD9), (9, _MINOR7), (7, _MAJOR)),
            ((5, _MAJOR7), (7, _MAJOR), (0, _ADD9), (9, _MINOR7)),
        ),
        0.55,
        0.6,
        3200.0,
    ),
    "calm": Style(
        (76, 84),
        (48, 51, 53),
        (
            ((0, _MAJOR7), (9, _MINOR7), (5, _MAJOR7), (7, _SUS2)),
            ((0, _ADD9), (5, _MAJOR7), (2, _MINOR7), (5, _ADD9)),
            ((5, _MAJOR7), (0, _ADD9), (7, _SUS2), (9, _MINOR7)),
        ),
        0.42,
        0.2,
        2000.0,
    ),
    "tense": Style(
        (96, 104),
        (45, 47, 50),
        (
            ((0, _MINOR), (8, _MAJOR), (3, _MAJOR), (10, _SUS2)),
            ((0, _MINOR7), (0, _SUS2), (8, _MAJOR7), (7, _MINOR)),
            ((0, _MINOR), (5, _MINOR7), (8, _MAJOR), (7, _SUS2)),
        ),
        0.45,
        0.55,
        1700.0,
    ),
    "sombre": Style(
        (62, 68),
        (45, 48, 50),
        (
            ((0, _MINOR7), (8, _MAJOR7), (5, _MINOR7), (7, _MINOR)),
            ((0, _MINOR), (10, _MAJOR), (8, _MAJOR7), (5, _MINOR7)),
            ((0, _MINOR7), (3, _MAJOR7), (8, _MAJOR7), (10, _SUS2)),
        ),
        0.3,
        0.0,
        1300.0,
    ),
}


@dataclass(frozen=True, slots=True)
class Score:
    """One bed's choices: seconds of a beat, the chords (bass note and voiced notes, MIDI) that repeat, and the order
    in which eighth notes run through a chord's notes."""

    style: Style
    beat_seconds: float
    chords: tuple[tuple[int, tuple[int, ...]], ...]
    arpeggio: tuple[int, ...]


def compose(mood: str, random: np.random.Generator) -> Score:
    """Choose tempo, key and progression, and voice the chords so that the hands move little."""
    style = STYLES[mood]
    tempo = int(random.integers(style.tempo_bpm[0], style.tempo_bpm[1] + 1))
    key = style.keys_midi[int(random.integers(len(style.keys_midi)))]
    progression = style.progressions[int(random.integers(len(style.progressions)))]
    chords = tuple((key - 12 + root % 12, voiced(key + root, intervals)) for root, intervals in progression)
    arpeggio = _ARPEGGIOS[int(random.integers(len(_ARPEGGIOS)))]
    return Score(style, 60.0 / tempo, chords, arpeggio)


def voiced(root: int, intervals: tuple[int, ...]) -> tuple[int, ...]:
    """The chord's notes brought into one octave from 55 (G3), which keeps the voices close from chord to chord."""
    return tuple(sorted({55 + (root + interval - 55) % 12 for interval in intervals}))


def hertz(note_midi: float) -> float:
    """Equal temperament, A4 = 440 Hz."""
    return float(_TONE_A4_HZ * 2 ** ((note_midi - _TONE_A4_MIDI) / 12))
