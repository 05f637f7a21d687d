"""What every scene is, and the pieces several scenes share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.acts import HeardWord, Move, current, cycle, heard_at, spotlight
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
    """Where in its beat a frame stands: seconds since the beat began, and seconds the beat lasts.

    `acts` are the seconds at which the scene makes its next visible move, the first one 0; `words` what is said.
    """

    at: float
    seconds: float
    acts: tuple[float, ...] = (0.0,)
    words: tuple[HeardWord, ...] = ()

    @property
    def into_act(self) -> float:
        """Seconds since the act that is on began."""
        return self.at - self.acts[current(self.acts, self.at)]

    @property
    def opening(self) -> float:
        """Seconds in which what opens the scene should be done: until its second act."""
        return min(2.2, self.acts[1] if len(self.acts) > 1 else self.seconds * 0.7)

    def cycle(self, states: int) -> Move:
        """The scene's states in turn, one an act."""
        return cycle(self.acts, self.at, states)

    def spotlight(self, names: Sequence[str]) -> Move:
        """Which of the named things stands out now."""
        return spotlight(self.acts, self.at, [heard_at(name, self.words) for name in names])


Painter = Callable[[skia.Canvas, BeatTime], None]
"""Draws the scene at a moment of its beat."""

SceneMaker = Callable[[Look, Subject], Painter]

RATIO_WORTH_SHOWING = 1.05


def has_ratio(evidence: TrendEvidence) -> bool:
    """Whether "so many times the usual" says something."""
    return evidence.mentions > 0 and float(evidence.ratio) >= RATIO_WORTH_SHOWING


def is_lower_bound(evidence: TrendEvidence) -> bool:
    """Whether the scout's floor on `expected` held the ratio down, so that it is "at least" so many times."""
    return evidence.expected * evidence.ratio < Decimal("0.95") * evidence.mentions


def ratio_text(evidence: TrendEvidence, done: float = 1.0) -> str:
    """`4.6×`, or `10×+` where it is a lower bound, counting up from 1 as `done` goes from 0 to 1."""
    if is_lower_bound(evidence):
        goal = int(evidence.ratio)
        return f"{goal if done >= 1 else round(1 + (goal - 1) * done):,}×+"
    if done >= 1:
        return f"{one_decimal(evidence.ratio)}×"
    return f"{1 + (float(evidence.ratio) - 1) * done:,.1f}×"


def ratio_label(evidence: TrendEvidence) -> str:
    """What the ratio is a ratio of, as the voice puts it."""
    return "times the usual, at least" if is_lower_bound(evidence) else "times the usual"


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
