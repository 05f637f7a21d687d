"""SENTIMENT: the mean tone of the posts on a gauge from -1 to 1, always with the size of the sample."""

import math

import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.brush import arc, block, disc, fill, segment, stroke
from chimera.tools.local.picture.easing import overshoot, phase
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import blend, faded
from chimera.tools.local.picture.scenes.painter import BeatTime, Painter, Subject, draw_label
from chimera.tools.local.picture.screen_text import posts
from chimera.tools.local.picture.stage_layout import Box

_STEPS = 36


def signed(value: float) -> str:
    """`+0.42`, `−0.10`, `0.00`, with a true minus."""
    text = f"{value:+.2f}".replace("-", "−")
    return "0.00" if text[1:] == "0.00" else text


def paint_sentiment(look: Look, subject: Subject) -> Painter:
    """The gauge fills, the needle swings to the mean and trembles there; without a sample there is no needle."""
    evidence = subject.evidence
    body, palette = look.layout.body, look.palette
    radius = min(body.width * 0.44, body.height * 0.53)
    centre = (body.centre_x, body.y + radius + 20)
    mean = float(evidence.sentiment.mean)
    sample = evidence.sentiment.sample_size
    note = f"from {posts(sample)}" if sample else "no posts to read the tone from"

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at
        move = now.cycle(3)
        _draw_scale(canvas, look, (centre, radius), phase(at, 0.1, 0.9))
        if sample:
            _draw_side(canvas, look, (centre, radius), mean, move.weight(1))
            tremble = 0.012 * math.sin(at * 3.1) * phase(at, 2.0, 1.0)
            _draw_needle(canvas, look, (centre, radius), mean * overshoot(phase(at, 0.5, 1.3)) + tremble)
            size = min(120.0, radius * 0.3)
            shown = signed(mean if at > 2 else mean * phase(at, 0.5, 1.3))
            line = look.lettering.line(shown, look.display, size, palette.ink)
            line.draw(canvas, centre[0] - line.width / 2, centre[1] + 30 + size * 0.86)
        draw_label(canvas, look, "mean tone, −1 to +1", (centre[0], body.bottom - 80, body.width), palette.ink, 42)
        _draw_sample(canvas, look, note, move.weight(2))

    return paint


def _draw_scale(canvas: skia.Canvas, look: Look, dial: tuple[tuple[float, float], float], done: float) -> None:
    centre, radius = dial
    palette = look.palette
    width = radius * 0.15
    for index in range(round(_STEPS * done)):
        share = (index + 0.5) / _STEPS
        cool, warm = palette.second, palette.accent
        colour = blend(cool, palette.muted, share * 2) if share < 0.5 else blend(palette.muted, warm, share * 2 - 1)
        paint = stroke(colour, width)
        paint.setStrokeCap(skia.Paint.kButt_Cap)
        arc(canvas, centre, radius - width / 2, 180 + 180 * index / _STEPS + 0.6, 180 / _STEPS - 1.2, paint)
    for text, x, anchor in (("negative", centre[0] - radius, 0.0), ("positive", centre[0] + radius, 1.0)):
        line = look.lettering.line(text, look.display, 34, palette.ink)
        line.draw(canvas, x - line.width * anchor, centre[1] + 50, done)


def _draw_side(
    canvas: skia.Canvas, look: Look, dial: tuple[tuple[float, float], float], mean: float, weight: float
) -> None:
    """The stretch from neutral to the end of the scale that the mean leans to, fanned out."""
    if weight <= 0.02:
        return
    (x, y), radius = dial
    inner = radius * 0.8
    around = skia.Rect.MakeXYWH(x - inner, y - inner, 2 * inner, 2 * inner)
    colour = look.palette.accent if mean >= 0 else look.palette.second
    canvas.drawArc(around, -90, math.copysign(90, mean) * weight, True, fill(faded(colour, 0.5)))


def _draw_sample(canvas: skia.Canvas, look: Look, note: str, weight: float) -> None:
    """The sample's size; a band opens behind it when it is its turn."""
    body, palette = look.layout.body, look.palette
    block(
        canvas,
        Box(body.centre_x - body.width * weight / 2, body.bottom - 66, body.width * weight, 70),
        palette.accent,
        26,
    )
    colour = blend(palette.muted, palette.on_accent, round(weight))
    draw_label(canvas, look, note, (body.centre_x, body.bottom - 18, body.width - 40), colour, 42)


def _draw_needle(canvas: skia.Canvas, look: Look, dial: tuple[tuple[float, float], float], value: float) -> None:
    centre, radius = dial
    turn = math.pi * (1 - (max(-1.0, min(1.0, value)) + 1) / 2)
    tip = (centre[0] + radius * 0.78 * math.cos(turn), centre[1] - radius * 0.78 * math.sin(turn))
    segment(canvas, centre, tip, look.palette.ink, 14)
    disc(canvas, centre, 30, look.palette.ink)
    disc(canvas, centre, 12, faded(look.palette.deep, 1.0))
