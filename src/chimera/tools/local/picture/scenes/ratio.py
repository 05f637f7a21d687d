"""RATIO: expected and observed side by side and to scale, as columns or as discs."""

import math

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import block, disc, segment
from chimera.tools.local.picture.easing import breath, ease_out, overshoot, phase
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import faded
from chimera.tools.local.picture.scenes.painter import (
    BeatTime,
    Painter,
    Subject,
    count_text,
    draw_label,
    has_ratio,
    ratio_text,
)
from chimera.tools.local.picture.screen_text import one_decimal
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face


def paint_ratio(look: Look, subject: Subject) -> Painter:
    """Both quantities to one scale, then how many times one is of the other."""
    evidence = subject.evidence
    return (_columns if look.variants.ratio % 2 == 0 else _discs)(look, evidence)


def _columns(look: Look, evidence: TrendEvidence) -> Painter:
    body, palette = look.layout.body, look.palette
    floor, tall = body.bottom - 72, body.height - 72 - 84
    largest = max(float(evidence.expected), float(evidence.mentions), 1e-9)
    width = min(300.0, body.width * 0.3)
    columns = (
        (body.x + body.width * 0.06, float(evidence.expected), "expected", palette.muted, 0.2),
        (body.right - body.width * 0.06 - width, float(evidence.mentions), "observed", palette.accent, 0.7),
    )

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at
        segment(canvas, (body.x, floor), (body.right, floor), faded(palette.ink, 0.35), 4)
        for x, value, label, colour, start in columns:
            grown = ease_out(phase(at, start, 1.4))
            height = max(6.0 if value else 0.0, tall * value / largest) * grown
            block(canvas, Box(x, floor - height, width, height), colour, 14)
            final = one_decimal(evidence.expected) if label == "expected" else count_text(evidence.mentions)
            shown = final if grown >= 1 else count_text(round(value), grown)
            figure = look.lettering.fitted(shown, look.display, 84, palette.ink, width + 90, 40)
            figure.draw(canvas, x + (width - figure.width) / 2, floor - height - 20)
            draw_label(canvas, look, label, (x + width / 2, floor + 56, width + 80), palette.ink, 42)
        centre = (body.centre_x, body.y + body.height * 0.42)
        _draw_badge(canvas, look, evidence, centre, min(118.0, body.width * 0.125), at)

    return paint


def _discs(look: Look, evidence: TrendEvidence) -> Painter:
    body, palette = look.layout.body, look.palette
    largest = max(float(evidence.expected), float(evidence.mentions), 1e-9)
    reach = min(body.width * 0.62, body.height - 90) / 2
    sizes = [reach * math.sqrt(value / largest) for value in (float(evidence.mentions), float(evidence.expected))]
    floor = body.y + 2 * reach + 10
    centre_x = body.x + reach + 10
    side = Box(centre_x + reach + 30, body.y, body.right - centre_x - reach - 30, body.height)

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at
        for radius, colour, start in ((sizes[0], palette.accent, 0.6), (max(sizes[1], 5.0), palette.muted, 0.15)):
            grown = overshoot(phase(at, start, 1.0)) * radius
            disc(canvas, (centre_x, floor - grown), grown, colour)
        swell = breath(at, 2.0)
        if phase(at, 1.8, 0.1) > 0:
            from_edge = sizes[0] + 8 + 10 * swell
            paint_edge = skia.Paint(Color=faded(palette.accent, 0.5 * (1 - swell)), AntiAlias=True, StrokeWidth=5)
            paint_edge.setStyle(skia.Paint.kStroke_Style)
            canvas.drawCircle(centre_x, floor - sizes[0], from_edge, paint_edge)
        _draw_notes(canvas, look, evidence, side, at)
        draw_label(canvas, look, "areas to scale", (centre_x, floor + 62, 2 * reach + 80), palette.muted, 36)

    return paint


def _draw_notes(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, side: Box, at: float) -> None:
    palette = look.palette
    counting = ease_out(phase(at, 0.6, 1.4))
    notes = (
        (one_decimal(evidence.expected), "expected", palette.muted, 0.15),
        (count_text(evidence.mentions, counting), "observed", palette.accent, 0.6),
    )
    step = min(190.0, side.height * 0.27)
    for index, (figure, label, colour, start) in enumerate(notes):
        arrived = ease_out(phase(at, start, 0.6))
        top = side.y + index * step
        line = look.lettering.fitted(figure, look.display, 96, palette.ink, side.width, 44)
        line.draw(canvas, side.right - line.width, top + 84 + 30 * (1 - arrived), arrived)
        name = look.lettering.fitted(label, Face.STRONG, 42, colour, side.width, 28)
        name.draw(canvas, side.right - name.width, top + 134 + 30 * (1 - arrived), arrived)
    radius = min(118.0, side.width * 0.44)
    _draw_badge(canvas, look, evidence, (side.right - radius, side.y + 2 * step + radius + 14), radius, at)


def _draw_badge(
    canvas: skia.Canvas, look: Look, evidence: TrendEvidence, centre: tuple[float, float], radius: float, at: float
) -> None:
    """How many times; it pops in when both quantities stand, then breathes."""
    if not has_ratio(evidence):
        return
    grown = overshoot(phase(at, 1.9, 0.5)) * (1 + 0.035 * breath(at, 1.4))
    disc(canvas, centre, radius * grown, look.palette.second)
    if phase(at, 1.9, 0.5) < 0.3:
        return
    ink = look.palette.deep if _is_light(look.palette.second) else 0xFFFFFFFF
    line = look.lettering.fitted(ratio_text(evidence), look.display, radius * 0.78, ink, radius * 1.7, 24)
    line.draw(canvas, centre[0] - line.width / 2, centre[1] + line.cap / 2)


def _is_light(colour: int) -> bool:
    return sum((colour >> shift) & 0xFF for shift in (16, 8, 0)) > 330
