"""COUNT: mentions counting up, one dot for each of them, and the dots laid out again and again as the beat goes on."""

import math

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.acts import Move
from chimera.tools.local.picture.brush import Point, disc, dots, fill, ring
from chimera.tools.local.picture.easing import ease_in_out, ease_out, phase
from chimera.tools.local.picture.figures import draw_figure, draw_settled, figure_size
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import blend
from chimera.tools.local.picture.scenes.dot_arrangements import Arrangement, DotField, arrangements, dot_field
from chimera.tools.local.picture.scenes.painter import BeatTime, Painter, Subject, count_text
from chimera.tools.local.picture.scenes.staging import lerp, point_between
from chimera.tools.local.picture.screen_text import length_of_time, one_decimal, posts
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face


def paint_count(look: Look, subject: Subject) -> Painter:
    """The counter above, the dots below it, the legend at the bottom."""
    evidence = subject.evidence
    body = look.layout.body
    top = Box(body.x, body.y, body.width, body.height * 0.25)
    stage = Box(body.x, top.bottom + 14, body.width, body.height * 0.75 - 78)
    field = dot_field(evidence.mentions, stage)
    ways = arrangements(evidence, stage)

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        done = ease_in_out(phase(now.at, 0.2, now.opening - 0.3))
        _draw_counter(canvas, look, evidence, top, done)
        move = now.cycle(len(ways))
        _draw_expected(canvas, look, ways, move)
        _draw_tags(canvas, look, ways, move)
        _draw_dots(canvas, look, ways, move, done)
        if done >= 1 and move.done >= 1:
            _draw_wave(canvas, look, ways[move.after], now.at)
        _draw_legend(canvas, look, evidence, field, now.at)

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


def _draw_dots(canvas: skia.Canvas, look: Look, ways: tuple[Arrangement, ...], move: Move, done: float) -> None:
    """The dots on their way, the first to leave the first to arrive."""
    start, goal = ways[move.before], ways[move.after]
    count = len(goal.centres)
    shown = round(count * done)
    diameter = lerp(start.diameter, goal.diameter, move.done)
    dots(canvas, _under_way(start, goal, move.done)[:shown], diameter, look.palette.accent)
    if 0 < shown < count:
        disc(canvas, goal.centres[shown - 1], diameter * 0.62, look.palette.second)


def _under_way(start: Arrangement, goal: Arrangement, done: float) -> list[Point]:
    if done >= 1 or start is goal:
        return list(goal.centres)
    count = len(goal.centres)
    return [
        point_between(one, other, ease_in_out(phase(done, 0.35 * index / count, 0.65)))
        for index, (one, other) in enumerate(zip(start.centres, goal.centres, strict=True))
    ]


def _draw_expected(canvas: skia.Canvas, look: Look, ways: tuple[Arrangement, ...], move: Move) -> None:
    """The dots that were expected; of the last one only as much as was expected."""
    for index, way in enumerate(ways):
        weight = move.weight(index)
        if weight <= 0.02 or not way.expected:
            continue
        radius, centre = way.diameter / 2 * weight, way.expected[-1]
        dots(canvas, way.expected[:-1], 2 * radius, look.palette.muted)
        ring(canvas, centre, radius, look.palette.muted, 4)
        around = skia.Rect.MakeXYWH(centre[0] - radius, centre[1] - radius, 2 * radius, 2 * radius)
        canvas.drawArc(around, -90, 360 * way.expected_part, True, fill(look.palette.muted))


def _draw_tags(canvas: skia.Canvas, look: Look, ways: tuple[Arrangement, ...], move: Move) -> None:
    for index, way in enumerate(ways):
        weight = move.weight(index)
        for tag in way.tags if weight > 0.02 else ():
            line = look.lettering.fitted(tag.text, Face.STRONG, 38, look.palette.ink, tag.width, 26)
            line.draw(canvas, tag.x, tag.baseline, weight)


def _draw_wave(canvas: skia.Canvas, look: Look, way: Arrangement, at: float) -> None:
    """While the dots stand, a glint passes over them, again and again."""
    reach = max((x for x, _ in way.centres), default=0.0) + way.diameter * 4
    width = way.diameter * 2.2
    front = math.fmod(at * 620, reach + 500)
    lit = [centre for centre in way.centres if 0 <= front - centre[0] < width]
    dots(canvas, lit, way.diameter * 1.16, look.palette.second)


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
