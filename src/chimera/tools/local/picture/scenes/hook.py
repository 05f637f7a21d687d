"""HOOK: the ratio or the count as the first thing seen, over a drawing of how the mentions ran."""

import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.brush import disc, ring
from chimera.tools.local.picture.easing import breath, ease_out, phase
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import faded
from chimera.tools.local.picture.scenes.painter import (
    BeatTime,
    Painter,
    Subject,
    count_text,
    draw_centred_figure,
    draw_label,
    has_ratio,
    ratio_text,
)
from chimera.tools.local.picture.scenes.run_of_mentions import draw_run
from chimera.tools.local.picture.screen_text import length_of_time, one_decimal, posts
from chimera.tools.local.picture.stage_layout import Box

_HEAD_START = 0.45
"""Seconds of movement already done on the first frame, so that a video never opens on an empty picture."""


def paint_hook(look: Look, subject: Subject) -> Painter:
    """The number, what it is a number of, and the run of mentions below it."""
    evidence = subject.evidence
    body, palette = look.layout.body, look.palette
    figure_box = Box(body.x, body.y, body.width, body.height * 0.42)
    wave_box = Box(body.x, body.y + body.height * 0.68, body.width, body.height * 0.32)
    window = length_of_time(evidence.timeframe_seconds)
    as_ratio = has_ratio(evidence)
    one = evidence.mentions == 1
    lead = "times the usual" if as_ratio else f"post{'' if one else 's'} in {window}"
    detail = f"{one_decimal(evidence.expected)} expected"
    if as_ratio:
        detail = f"{posts(evidence.mentions)} in {window}; {detail}"
    final = ratio_text(evidence) if as_ratio else count_text(evidence.mentions)

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at + _HEAD_START
        done = ease_out(phase(at, 0.0, 1.5))
        shown = ratio_text(evidence, done) if as_ratio else count_text(evidence.mentions, done)
        _pulse(canvas, look, figure_box, at)
        baseline = draw_centred_figure(canvas, look, shown, final, (figure_box, 330, palette.accent))
        draw_label(canvas, look, lead, (body.centre_x, baseline + 72, body.width), palette.ink, 54)
        if phase(at, 1.2, 0.1) > 0:
            draw_label(canvas, look, detail, (body.centre_x, baseline + 126, body.width), palette.muted, 38)
        draw_run(canvas, look, evidence, wave_box, at)

    return paint


def _pulse(canvas: skia.Canvas, look: Look, box: Box, at: float) -> None:
    """Rings that leave the number, one every 1.6 seconds; or a slow halo."""
    centre = (box.centre_x, box.centre_y)
    if look.variants.hook % 2 == 0:
        for lag in (0.0, 0.8):
            out = ((at + lag) % 1.6) / 1.6
            ring(canvas, centre, 150 + out * box.width * 0.32, faded(look.palette.second, 0.5 * (1 - out)), 5)
        return
    for index in range(12):
        spread = box.width * (0.30 + 0.16 * breath(at + index * 0.35, 2.4))
        spot = skia.Point(spread, 0)
        turned = skia.Matrix.RotateDeg(index * 30 + at * 9).mapXY(spot.fX, spot.fY)
        disc(canvas, (centre[0] + turned.fX, centre[1] + turned.fY * 0.3), 9, faded(look.palette.second, 0.7))
