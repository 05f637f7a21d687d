"""RATIO: expected and observed to scale, then how many times, then the observed counted off in units."""

import math
from collections.abc import Callable

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.acts import Move
from chimera.tools.local.picture.brush import block, clipped, disc, ring, segment
from chimera.tools.local.picture.easing import breath, ease_out, overshoot, phase
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import blend, faded
from chimera.tools.local.picture.scenes.painter import (
    BeatTime,
    Painter,
    Subject,
    count_text,
    draw_label,
    has_ratio,
    ratio_label,
    ratio_text,
)
from chimera.tools.local.picture.scenes.staging import lerp
from chimera.tools.local.picture.screen_text import one_decimal, posts
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face

Chart = Callable[[skia.Canvas, BeatTime, float], None]
"""Draws both quantities; the number is how far the observed is counted off in units, 0 to 1."""

_FIGURE, _UNITS = 1, 2
_UNITS_MAX = 60


def paint_ratio(look: Look, subject: Subject) -> Painter:
    """Three views in turn: the chart, the figure large over it, the chart counted off in units."""
    evidence = subject.evidence
    draw_chart = (_columns if look.variants.ratio % 2 == 0 else _discs)(look, evidence)

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        move = now.cycle(3 if has_ratio(evidence) else 2)
        units = move.weight(_UNITS) if has_ratio(evidence) else move.weight(1)
        draw_chart(canvas, now, units)
        if has_ratio(evidence):
            _draw_figure(canvas, look, evidence, move, now)

    return paint


def unit_count(evidence: TrendEvidence) -> int:
    """How many units the observed is counted off in: posts while they are few, else times the usual."""
    if evidence.mentions <= _UNITS_MAX:
        return evidence.mentions
    return min(_UNITS_MAX, max(1, int(evidence.ratio)))


def _columns(look: Look, evidence: TrendEvidence) -> Chart:
    body, palette = look.layout.body, look.palette
    floor, tall = body.bottom - 72, body.height - 72 - 96
    largest = max(float(evidence.expected), float(evidence.mentions), 1e-9)
    width = min(340.0, body.width * 0.32)
    columns = (
        (body.x + body.width * 0.03, float(evidence.expected), "expected", palette.muted, 0.1),
        (body.right - body.width * 0.03 - width, float(evidence.mentions), "observed", palette.accent, 0.4),
    )

    def draw(canvas: skia.Canvas, now: BeatTime, units: float) -> None:
        at = now.at
        segment(canvas, (body.x, floor), (body.right, floor), faded(palette.ink, 0.35), 4)
        for x, value, label, colour, start in columns:
            grown = ease_out(phase(at, start, 1.4))
            height = max(6.0 if value else 0.0, tall * value / largest) * grown
            column = Box(x, floor - height, width, height)
            block(canvas, column, colour, 14)
            if label == "observed" and units > 0:
                _draw_rungs(canvas, look, column, unit_count(evidence), units)
            final = one_decimal(evidence.expected) if label == "expected" else count_text(evidence.mentions)
            shown = final if grown >= 1 else count_text(round(value), grown)
            figure = look.lettering.fitted(shown, look.display, 92, palette.ink, width + 90, 40)
            figure.draw(canvas, x + (width - figure.width) / 2, floor - height - 20)
            draw_label(canvas, look, label, (x + width / 2, floor + 56, width + 80), palette.ink, 42)

    return draw


def _draw_rungs(canvas: skia.Canvas, look: Look, column: Box, count: int, done: float) -> None:
    """Every second unit lights up, from the foot to the top."""
    step = column.height / max(1, count)
    bright = blend(look.palette.accent, look.palette.on_accent, 0.72)
    with clipped(canvas, column):
        for index in range(count):
            if index < count * done and (index % 2 == 0):
                inset = min(6.0, step * 0.12)
                unit = Box(
                    column.x + 10, column.bottom - step * (index + 1) + inset, column.width - 20, step - 2 * inset
                )
                block(canvas, unit, bright, min(12.0, step * 0.3))


def _discs(look: Look, evidence: TrendEvidence) -> Chart:
    body, palette = look.layout.body, look.palette
    largest = max(float(evidence.expected), float(evidence.mentions), 1e-9)
    reach = min(body.width * 0.62, body.height - 90) / 2
    sizes = [reach * math.sqrt(value / largest) for value in (float(evidence.mentions), float(evidence.expected))]
    floor = body.y + 2 * reach + 10
    centre_x = body.x + reach + 10
    side = Box(centre_x + reach + 30, body.y, body.right - centre_x - reach - 30, body.height)
    count = unit_count(evidence)

    def draw(canvas: skia.Canvas, now: BeatTime, units: float) -> None:
        at = now.at
        for radius, colour, start in ((sizes[0], palette.accent, 0.4), (max(sizes[1], 5.0), palette.muted, 0.1)):
            grown = overshoot(phase(at, start, 1.0)) * radius
            disc(canvas, (centre_x, floor - grown), grown, colour)
            if radius is sizes[0] and units > 0:
                _draw_seeds(canvas, look, (centre_x, floor - sizes[0], sizes[0]), count, units)
        swell = breath(at, 2.0)
        ring(canvas, (centre_x, floor - sizes[0]), sizes[0] + 8 + 10 * swell, faded(palette.accent, 0.5 * swell), 5)
        _draw_notes(canvas, look, evidence, side, at)
        draw_label(canvas, look, "areas to scale", (centre_x, floor + 62, 2 * reach + 80), palette.muted, 36)

    return draw


def _draw_seeds(canvas: skia.Canvas, look: Look, place: tuple[float, float, float], count: int, done: float) -> None:
    """Equal dots for the units, spread evenly over the disc (Vogel's sunflower, 1979), from the middle out."""
    x, y, radius = place
    seed = radius * 0.62 / math.sqrt(max(1, count))
    bright = blend(look.palette.accent, look.palette.on_accent, 0.72)
    for index in range(round(count * done)):
        away = (radius - seed * 1.5) * math.sqrt((index + 0.5) / count)
        turn = index * 2.399963
        disc(canvas, (x + away * math.cos(turn), y + away * math.sin(turn)), seed, bright)


def _draw_notes(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, side: Box, at: float) -> None:
    palette = look.palette
    counting = ease_out(phase(at, 0.4, 1.4))
    notes = (
        (one_decimal(evidence.expected), "expected", palette.muted, 0.1),
        (count_text(evidence.mentions, counting), "observed", palette.accent, 0.4),
    )
    step = min(190.0, side.height * 0.27)
    for index, (figure, label, colour, start) in enumerate(notes):
        arrived = ease_out(phase(at, start, 0.6))
        top = side.y + index * step
        line = look.lettering.fitted(figure, look.display, 96, palette.ink, side.width, 44)
        line.draw(canvas, side.right - line.width, top + 84 + 30 * (1 - arrived), arrived)
        name = look.lettering.fitted(label, Face.STRONG, 42, colour, side.width, 28)
        name.draw(canvas, side.right - name.width, top + 134 + 30 * (1 - arrived), arrived)


def _draw_figure(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, move: Move, now: BeatTime) -> None:
    """How many times: a badge beside the chart that opens to a panel across it, and closes again."""
    body, palette = look.layout.body, look.palette
    popped = overshoot(phase(now.at, min(1.2, now.opening * 0.6), 0.5))
    if popped <= 0:
        return
    opened = move.weight(_FIGURE)
    small = min(112.0, body.width * 0.12)
    home = _badge_home(look, small)
    width, height = lerp(2 * small, body.width, opened), lerp(2 * small, body.height, opened)
    x, y = lerp(home[0], body.centre_x, opened), lerp(home[1], body.centre_y, opened)
    width, height = width * popped, height * popped
    panel = Box(x - width / 2, y - height / 2, width, height)
    block(canvas, panel, palette.second, lerp(small, 48, opened))
    with clipped(canvas, panel):
        canvas.translate(panel.centre_x, panel.centre_y)
        _draw_panel(canvas, look, evidence, (small, opened))


def _draw_panel(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, state: tuple[float, float]) -> None:
    """The figure, and as the badge (of this radius) opens, what it is a figure of and the numbers it comes from."""
    body, ink, (radius, opened) = look.layout.body, _ink(look), state
    size = min(330.0, body.height * 0.5)
    figure = look.lettering.fitted(ratio_text(evidence), look.display, size, ink, body.width - 80, 60)
    scale = lerp(min(radius * 0.78 / figure.size, radius * 1.7 / max(1.0, figure.width)), 1.0, opened)
    canvas.scale(scale, scale)
    baseline = lerp(figure.cap / 2, figure.cap * 0.4 - body.height * 0.05, opened)
    figure.draw(canvas, -figure.width / 2, baseline)
    sources = f"{posts(evidence.mentions)}, {one_decimal(evidence.expected)} expected"
    for text, height, drop in ((ratio_label(evidence), 56, 0.14), (sources, 44, 0.25)):
        line = look.lettering.fitted(text, Face.STRONG, height, ink, body.width - 80, 28)
        line.draw(canvas, -line.width / 2, baseline + body.height * drop, opened)


def _badge_home(look: Look, radius: float) -> tuple[float, float]:
    body = look.layout.body
    if look.variants.ratio % 2 == 0:
        return body.centre_x, body.y + body.height * 0.42
    return body.right - radius, body.y + 2 * min(190.0, body.height * 0.27) + radius + 14


def _ink(look: Look) -> int:
    return look.palette.deep if _is_light(look.palette.second) else 0xFFFFFFFF


def _is_light(colour: int) -> bool:
    return sum((colour >> shift) & 0xFF for shift in (16, 8, 0)) > 330
