"""HOOK: the ratio or the count as the first thing seen, over a drawing of how the mentions ran."""

from dataclasses import replace

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import block, clipped, disc, ring
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
    ratio_label,
    ratio_text,
)
from chimera.tools.local.picture.scenes.run_of_mentions import draw_run
from chimera.tools.local.picture.screen_text import length_of_time, one_decimal, posts
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face

_HEAD_START = 0.45
"""Seconds of movement already done on the first frame, so that a video never opens on an empty picture."""


def paint_hook(look: Look, subject: Subject) -> Painter:
    """The number, what it is a number of, and the run of mentions below it."""
    evidence = subject.evidence
    body, palette = look.layout.body, look.palette
    figure_box = Box(body.x, body.y, body.width, body.height * 0.42)
    wave_box = Box(body.x, body.y + body.height * 0.68, body.width, body.height * 0.32)
    facts = _facts(evidence)
    window = length_of_time(evidence.timeframe_seconds)
    as_ratio = has_ratio(evidence)
    one = evidence.mentions == 1
    lead = ratio_label(evidence) if as_ratio else f"post{'' if one else 's'} in {window}"
    detail = f"{one_decimal(evidence.expected)} expected"
    if as_ratio:
        detail = f"{posts(evidence.mentions)} in {window}; {detail}"
    final = ratio_text(evidence) if as_ratio else count_text(evidence.mentions)

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at + _HEAD_START
        done = ease_out(phase(at, 0.0, 1.5))
        shown = ratio_text(evidence, done) if as_ratio else count_text(evidence.mentions, done)
        move = now.cycle(1 + len(facts))
        _pulse(canvas, look, figure_box, at)
        baseline = draw_centred_figure(canvas, look, shown, final, (figure_box, 330, palette.accent))
        draw_label(canvas, look, lead, (body.centre_x, baseline + 72, body.width), palette.ink, 54)
        if phase(at, 1.2, 0.1) > 0:
            draw_label(canvas, look, detail, (body.centre_x, baseline + 126, body.width), palette.muted, 38)
        if move.weight(0) > 0:
            rise = wave_box.height * (1 - move.weight(0))
            with clipped(canvas, Box(body.x - 20, wave_box.y - 20, body.width + 40, wave_box.height + 20)):
                draw_run(canvas, look, evidence, replace(wave_box, y=wave_box.y + rise), at)
        for index, fact in enumerate(facts, 1):
            _draw_fact(canvas, look, wave_box, fact, (move.weight(index), index % 2 == 1))

    return paint


def _facts(evidence: TrendEvidence) -> tuple[tuple[str, str], ...]:
    """Figures that take the place of the run of mentions, each with what it is a figure of."""
    found = [(count_text(evidence.mentions), f"post{'' if evidence.mentions == 1 else 's'} in all")]
    if evidence.community_count > 1:
        found.append((count_text(evidence.community_count), "communities"))
    return tuple(found)


def _draw_fact(canvas: skia.Canvas, look: Look, box: Box, fact: tuple[str, str], state: tuple[float, bool]) -> None:
    """A band that grows from its left edge, figure and label in it. `state`: how far, and whether in the accent."""
    weight, accented = state
    if weight <= 0.02:
        return
    palette = look.palette
    band = Box(box.x, box.y + 6, box.width * weight, box.height - 12)
    figure, label = fact
    ground, ink = (palette.accent, palette.on_accent) if accented else (palette.ink, palette.deep)
    with clipped(canvas, band):
        block(canvas, band, ground, 34)
        size = min(150.0, box.height * 0.72)
        number = look.lettering.fitted(figure, look.display, size, ink, box.width * 0.5, 40)
        name = look.lettering.fitted(label, Face.STRONG, 62, ink, box.width * 0.46, 30)
        left = box.centre_x - (number.width + name.width + 34) / 2
        number.draw(canvas, left, box.centre_y + number.cap / 2)
        name.draw(canvas, left + number.width + 34, box.centre_y + name.cap / 2)


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
