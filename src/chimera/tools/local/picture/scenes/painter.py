"""What every scene is, and the pieces several scenes share."""

from collections.abc import Callable
from dataclasses import dataclass

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.figures import draw_figure, figure_size, figure_width
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.screen_text import one_decimal, whole
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face


@dataclass(frozen=True, slots=True)
class Subject:
    """What the scenes are about."""

    evidence: TrendEvidence
    topic: str


@dataclass(frozen=True, slots=True)
class BeatTime:
    """Where in its beat a frame stands: seconds since the beat began, and seconds the beat lasts."""

    at: float
    seconds: float


Painter = Callable[[skia.Canvas, BeatTime], None]
"""Draws the scene at a moment of its beat."""

SceneMaker = Callable[[Look, Subject], Painter]

RATIO_WORTH_SHOWING = 1.05


def has_ratio(evidence: TrendEvidence) -> bool:
    """Whether "so many times the usual" says something: something was expected, and more came."""
    return evidence.expected > 0 and float(evidence.ratio) >= RATIO_WORTH_SHOWING


def ratio_text(evidence: TrendEvidence, done: float = 1.0) -> str:
    """`4.6×`, counting up from 1 as `done` goes from 0 to 1."""
    if done >= 1:
        return f"{one_decimal(evidence.ratio)}×"
    return f"{1 + (float(evidence.ratio) - 1) * done:,.1f}×"


def count_text(count: int, done: float = 1.0) -> str:
    """The count itself, counting up from 0 as `done` goes from 0 to 1."""
    return whole(count if done >= 1 else count * done)


def draw_centred_figure(
    canvas: skia.Canvas, look: Look, shown: str, final: str, place: tuple[Box, float, int]
) -> float:
    """A figure centred in a box, set at the size at which its final text fits. `place`: box, largest size, colour.

    Returns the baseline.
    """
    box, largest, colour = place
    size = min(figure_size(look, final, look.display, largest, box.width), box.height / 0.74)
    baseline = box.centre_y + size * 0.35
    if shown == final:
        line = look.lettering.line(final, look.display, size, colour)
        line.draw(canvas, box.centre_x - line.width / 2, baseline)
        return baseline
    x = box.centre_x - figure_width(look, shown, look.display, size) / 2
    draw_figure(canvas, look, shown, look.display, size, colour, x, baseline)
    return baseline


def draw_label(
    canvas: skia.Canvas, look: Look, text: str, place: tuple[float, float, float], colour: int, size: float = 40
) -> None:
    """A line of text centred at x. `place`: centre x, baseline, width allowed."""
    centre, baseline, width = place
    line = look.lettering.fitted(text, Face.TEXT, size, colour, width, 28)
    line.draw(canvas, centre - line.width / 2, baseline)
