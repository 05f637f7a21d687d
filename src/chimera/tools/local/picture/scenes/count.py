"""COUNT: mentions counting up, and one dot for each of them, what was expected in another colour."""

import math
from dataclasses import dataclass

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import Point, disc, dots
from chimera.tools.local.picture.easing import ease_in_out, ease_out, phase
from chimera.tools.local.picture.figures import draw_figure, draw_settled, figure_size
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import blend
from chimera.tools.local.picture.scenes.painter import BeatTime, Painter, Subject, count_text
from chimera.tools.local.picture.screen_text import length_of_time, one_decimal, posts
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face

_DOTS_MAX = 420


@dataclass(frozen=True, slots=True)
class DotField:
    """A grid of dots; each stands for `posts_each` posts (the last one for what is left)."""

    centres: tuple[Point, ...]
    diameter: float
    posts_each: int
    columns: int


def dot_field(mentions: int, box: Box) -> DotField:
    """The grid for this many posts that fills the box best; no dot lies outside it."""
    each = max(1, -(-mentions // _DOTS_MAX))
    count = -(-mentions // each)
    if count == 0:
        return DotField((), 0, 1, 1)
    columns = max(1, min(count, round(math.sqrt(count * box.width / box.height))))
    pitch = min(box.width / columns, box.height / -(-count // columns), 110.0)
    left = box.x + (box.width - pitch * columns) / 2 + pitch / 2
    centres = tuple((left + (i % columns) * pitch, box.y + pitch / 2 + (i // columns) * pitch) for i in range(count))
    return DotField(centres, pitch * 0.66, each, columns)


def paint_count(look: Look, subject: Subject) -> Painter:
    """The counter above, the dots below it, the legend at the bottom."""
    evidence = subject.evidence
    body, palette = look.layout.body, look.palette
    top = Box(body.x, body.y, body.width, body.height * 0.27)
    field = dot_field(evidence.mentions, Box(body.x, top.bottom + 14, body.width, body.height * 0.73 - 86))
    usual = min(len(field.centres), round(float(evidence.expected) / field.posts_each))

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at
        filling = min(3.2, max(1.0, now.seconds * 0.5))
        done = ease_in_out(phase(at, 0.25, filling))
        _draw_counter(canvas, look, evidence, top, done)
        shown = round(len(field.centres) * done)
        dots(canvas, field.centres[: min(shown, usual)], field.diameter, palette.muted)
        dots(canvas, field.centres[usual:shown], field.diameter, palette.accent)
        _draw_wave(canvas, look, field, usual, shown, at - filling)
        _draw_legend(canvas, look, evidence, field, at)

    return paint


def _draw_counter(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, box: Box, done: float) -> None:
    palette, final = look.palette, count_text(evidence.mentions)
    size = min(figure_size(look, final, look.display, 210, box.width * 0.56), box.height * 1.05)
    draw = draw_figure if done < 1 else draw_settled
    draw(canvas, look, count_text(evidence.mentions, done), look.display, size, palette.ink, box.x, box.y + size * 0.76)
    width = box.width * 0.38
    noun = "post" if evidence.mentions == 1 else "posts"
    window = f"in {length_of_time(evidence.timeframe_seconds)}"
    for index, (text, colour, height) in enumerate(((noun, palette.accent, 58), (window, palette.ink, 42))):
        line = look.lettering.fitted(text, Face.STRONG if index == 0 else Face.TEXT, height, colour, width, 28)
        line.draw(canvas, box.right - line.width, box.y + size * 0.76 - (0 if index else 58))


def _draw_wave(canvas: skia.Canvas, look: Look, field: DotField, usual: int, shown: int, at: float) -> None:
    """When all dots stand, a glint passes over them, again and again."""
    if at <= 0 or shown < len(field.centres):
        return
    rows = -(-len(field.centres) // field.columns)
    front = (at * 14) % (field.columns + rows + 12)
    lit = [
        centre
        for index, centre in enumerate(field.centres)
        if index >= usual and 0 <= front - (index % field.columns) - (index // field.columns) < 3
    ]
    dots(canvas, lit, field.diameter * 1.22, look.palette.second)


def _draw_legend(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, field: DotField, at: float) -> None:
    palette, body = look.palette, look.layout.body
    baseline = body.bottom - 12
    arrived = ease_out(phase(at, 0.8, 0.6))
    entries = [
        (palette.muted, f"{one_decimal(evidence.expected)} expected"),
        (palette.accent, f"1 dot = {posts(field.posts_each)}"),
    ]
    for index, (colour, text) in enumerate(entries):
        ink = blend(palette.deep, palette.ink, 0.85 * arrived)
        line = look.lettering.fitted(text, Face.TEXT, 38, ink, body.width / 2 - 60, 28)
        x = body.x if index == 0 else body.right - line.width - 42
        disc(canvas, (x + 14, baseline - 13), 14 * arrived, colour)
        line.draw(canvas, x + 42, baseline, arrived)
