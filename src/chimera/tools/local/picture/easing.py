"""Easing curves and staggered starts: how a thing moves from 0 to 1 (after Robert Penner's equations)."""

import math


def clamp(value: float) -> float:
    """`value` held between 0 and 1."""
    return min(1.0, max(0.0, value))


def phase(at: float, start: float, duration: float) -> float:
    """How far a movement that begins at `start` and lasts `duration` has come `at` this time, 0 to 1, linear."""
    if duration <= 0:
        return 1.0 if at >= start else 0.0
    return clamp((at - start) / duration)


def ease_out(fraction: float) -> float:
    """Fast, then settling: quintic out."""
    return 1 - (1 - clamp(fraction)) ** 5


def ease_in_out(fraction: float) -> float:
    """Slow at both ends: cubic."""
    fraction = clamp(fraction)
    return 4 * fraction**3 if fraction < 0.5 else 1 - (-2 * fraction + 2) ** 3 / 2


def overshoot(fraction: float) -> float:
    """A little past the goal and back: back out with Penner's constant halved; ends at exactly 1."""
    fraction = clamp(fraction)
    strength = 0.85
    return 1 + (strength + 1) * (fraction - 1) ** 3 + strength * (fraction - 1) ** 2


def breath(at: float, period_seconds: float) -> float:
    """A slow swell between 0 and 1 that never stops."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * at / period_seconds)
