"""Four synthesised instruments: pad, pluck, bass, soft percussion. Each note starts and ends at zero. Pure."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt  # type: ignore[import-untyped]

from chimera.tools.local.sound.theory import hertz

RATE_HZ = 48_000
Mono = NDArray[np.float32]

_PAD_DETUNE = (-0.0035, 0.0, 0.0042)
_PAD_PARTIALS = 7


def pad(note: int, seconds: float, brightness_hz: float, random: np.random.Generator) -> tuple[Mono, Mono]:
    """Three slightly detuned voices spread left, middle and right, slow to rise and to fall."""
    time = _clock(seconds)
    voices = [_voice(hertz(note) * (1 + detune), time, brightness_hz, random) for detune in _PAD_DETUNE]
    shape = envelope(len(time), attack_seconds=0.45, release_seconds=0.9)
    left = (voices[0] + 0.7 * voices[1] + 0.25 * voices[2]) * shape
    right = (voices[2] + 0.7 * voices[1] + 0.25 * voices[0]) * shape
    return left.astype(np.float32), right.astype(np.float32)


def _voice(frequency_hz: float, time: Mono, brightness_hz: float, random: np.random.Generator) -> Mono:
    """Partials that fall as 1/n, damped above `brightness_hz`; phases differ so that voices do not beat in step."""
    sound = np.zeros_like(time)
    for partial in range(1, _PAD_PARTIALS + 1):
        at_hz = frequency_hz * partial
        level = 1.0 / partial / (1.0 + (at_hz / brightness_hz) ** 2)
        sound += np.float32(level) * np.sin(
            np.float32(2 * np.pi * at_hz) * time + np.float32(random.uniform(0, 2 * np.pi)), dtype=np.float32
        )
    return sound


def pluck(note: int, brightness_hz: float) -> Mono:
    """A soft mallet: a fundamental and two quickly fading overtones, 1.4 s."""
    time = _clock(1.4)
    frequency = hertz(note)
    overtone = min(0.5, brightness_hz / 8000)
    sound = (
        np.sin(2 * np.pi * frequency * time) * np.exp(-time * 4.2)
        + overtone * np.sin(2 * np.pi * 2 * frequency * time) * np.exp(-time * 7)
        + 0.3 * overtone * np.sin(2 * np.pi * 4.01 * frequency * time) * np.exp(-time * 16)
    )
    note_sound: Mono = (sound * envelope(len(time), attack_seconds=0.006, release_seconds=0.2)).astype(np.float32)
    return note_sound


def bass(note: int, seconds: float) -> Mono:
    """A round sine bass with a little second partial, so that small speakers hear it."""
    time = _clock(seconds)
    frequency = hertz(note)
    sound = np.sin(2 * np.pi * frequency * time) + 0.35 * np.sin(4 * np.pi * frequency * time)
    shape = np.exp(-time * 0.5) * envelope(len(time), attack_seconds=0.03, release_seconds=0.25)
    note_sound: Mono = (sound * shape).astype(np.float32)
    return note_sound


def kick() -> Mono:
    """A soft low thump that falls from 110 to 48 Hz."""
    time = _clock(0.28)
    phase = 2 * np.pi * (48 * time + 62 / 28 * (1 - np.exp(-time * 28)))
    return (
        np.sin(phase) * np.exp(-time * 11) * envelope(len(time), attack_seconds=0.003, release_seconds=0.05)
    ).astype(np.float32)


def shaker(random: np.random.Generator) -> Mono:
    """70 ms of high-passed noise with a soft edge."""
    noise = random.standard_normal(round(0.07 * RATE_HZ))
    hiss = sosfilt(butter(2, 5500, "highpass", fs=RATE_HZ, output="sos"), noise)
    sound: Mono = (0.25 * hiss * envelope(len(noise), attack_seconds=0.012, release_seconds=0.05)).astype(np.float32)
    return sound


def _clock(seconds: float) -> Mono:
    """The seconds at which a note's samples lie."""
    return (np.arange(round(seconds * RATE_HZ)) / RATE_HZ).astype(np.float32)


def envelope(length: int, *, attack_seconds: float, release_seconds: float) -> Mono:
    """Zero at both ends, raised-cosine edges, one between; edges shrink where the note is shorter than both."""
    shape = np.ones(length, dtype=np.float32)
    attack = min(round(attack_seconds * RATE_HZ), length // 2)
    release = min(round(release_seconds * RATE_HZ), length - attack)
    shape[:attack] = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, attack, dtype=np.float32))
    shape[length - release :] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, release, dtype=np.float32))
    return shape
