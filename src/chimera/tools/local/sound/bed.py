"""The music bed: a chord progression played by all instruments, repeated with variation, faded at both ends. Pure."""

import numpy as np
from numpy.typing import NDArray

from chimera.tools.local.sound.instruments import RATE_HZ, Mono, bass, envelope, kick, pad, pluck, shaker
from chimera.tools.local.sound.theory import BEATS_PER_CHORD, Score, compose

Stereo = NDArray[np.float32]
"""(time, 2) samples at 48 kHz."""

_FADE_IN_SECONDS = 0.25
_FADE_OUT_SECONDS = 1.1
_PAD_OVERLAP_SECONDS = 0.9
_RMS = 0.1


def music_bed(mood: str, seed: int, seconds: float) -> Stereo:
    """Music of exactly `seconds`, the same for the same arguments; RMS 0.1 before the mix."""
    random = np.random.default_rng(seed)
    score = compose(mood, random)
    length = round(seconds * RATE_HZ)
    track = np.zeros((length, 2), dtype=np.float32)
    drums = (kick(), shaker(random))
    pads = {index: _chord_pad(score, index, random) for index in range(len(score.chords))}
    bar = score.beat_seconds * BEATS_PER_CHORD
    for number in range(int(np.ceil(seconds / bar))):
        chord = number % len(score.chords)
        start = round(number * bar * RATE_HZ)
        _add(track, start, pads[chord], 0.16)
        _add(track, start, _both(bass(score.chords[chord][0], bar)), 0.3)
        _add_plucks(track, start, score, chord, random)
        _add_drums(track, start, score, number, drums)
    return _finished(track)


def _chord_pad(score: Score, index: int, random: np.random.Generator) -> Stereo:
    seconds = score.beat_seconds * BEATS_PER_CHORD + _PAD_OVERLAP_SECONDS
    notes = [pad(note, seconds, score.style.brightness_hz, random) for note in score.chords[index][1]]
    return np.stack([sum(note[side] for note in notes) for side in (0, 1)], axis=1).astype(np.float32)


def _add_plucks(track: Stereo, start: int, score: Score, chord: int, random: np.random.Generator) -> None:
    """Eighth notes of the chord, an octave up, softer off the beat, some left out, wandering between the sides."""
    notes = score.chords[chord][1]
    for step, degree in enumerate(score.arpeggio):
        skipped, strength, side = random.random() < 0.22, random.uniform(0.75, 1.0), random.uniform(0.3, 0.7)
        if skipped and step:
            continue
        note = notes[degree % len(notes)] + 12
        level = score.style.pluck_level * strength * (1.0 if step % 2 == 0 else 0.7)
        at = start + round(step * score.beat_seconds / 2 * RATE_HZ)
        _add(track, at, _placed(pluck(note, score.style.brightness_hz), side), 0.5 * level)


def _add_drums(track: Stereo, start: int, score: Score, bar: int, drums: tuple[Mono, Mono]) -> None:
    """Thumps on one and three, shakers off the beat; the first bar is left open."""
    level, (thump, shake) = score.style.drum_level, drums
    if level == 0.0 or bar == 0:
        return
    for beat in range(BEATS_PER_CHORD):
        at = start + round(beat * score.beat_seconds * RATE_HZ)
        if beat % 2 == 0:
            _add(track, at, _both(thump), 0.5 * level)
        _add(track, at + round(score.beat_seconds / 2 * RATE_HZ), _both(shake), 0.3 * level)


def _both(sound: Mono) -> Stereo:
    return np.repeat(sound[:, None], 2, axis=1)


def _placed(sound: Mono, side: float) -> Stereo:
    """Equal power between left (0) and right (1)."""
    angle = side * np.pi / 2
    return np.stack([sound * np.float32(np.cos(angle)), sound * np.float32(np.sin(angle))], axis=1)


def _add(track: Stereo, start: int, sound: Stereo, level: float) -> None:
    """Mix in what fits; the final fade covers a note cut by the end."""
    end = min(len(track), start + len(sound))
    if end > start:
        track[start:end] += np.float32(level) * sound[: end - start]


def _finished(track: Stereo) -> Stereo:
    track *= envelope(len(track), attack_seconds=_FADE_IN_SECONDS, release_seconds=_FADE_OUT_SECONDS)[:, None]
    rms = float(np.sqrt(np.mean(np.square(track, dtype=np.float64))))
    return track * np.float32(_RMS / rms) if rms > 0 else track
