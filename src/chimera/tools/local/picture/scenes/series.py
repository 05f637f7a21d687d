"""SERIES: mentions over time against the baseline, drawing itself, with the peak marked; as a line or as columns."""

from dataclasses import dataclass

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import (
    Point,
    block,
    clipped,
    disc,
    fill,
    polygon,
    polyline,
    ring,
    segment,
    stroke,
)
from chimera.tools.local.picture.easing import breath, ease_in_out, ease_out, phase
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import faded
from chimera.tools.local.picture.scenes.count import paint_count
from chimera.tools.local.picture.scenes.painter import BeatTime, Painter, Subject
from chimera.tools.local.picture.screen_text import moment, one_decimal, posts
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face

_COLUMNS_MAX = 64


@dataclass(frozen=True, slots=True)
class Plot:
    """The series as points inside a box; heights to one scale for mentions and expectation."""

    box: Box
    mentions: tuple[Point, ...]
    expected: tuple[Point, ...]
    peak: int
    top: float


def plot(evidence: TrendEvidence, box: Box) -> Plot:
    """Buckets at equal distances from left to right; the largest value reaches the top of the box."""
    series = evidence.series
    top = max([1.0, *(float(b.mentions) for b in series), *(float(b.expected) for b in series)])
    step = box.width / max(1, len(series) - 1)
    start = box.x if len(series) > 1 else box.centre_x
    mentions = tuple((start + i * step, box.bottom - box.height * b.mentions / top) for i, b in enumerate(series))
    expected = tuple(
        (start + i * step, box.bottom - box.height * float(b.expected) / top) for i, b in enumerate(series)
    )
    peak = max(range(len(series)), key=lambda i: (series[i].start == evidence.peak_start, series[i].mentions))
    return Plot(box, mentions, expected, peak, top)


def paint_series(look: Look, subject: Subject) -> Painter:
    """The chart; without any bucket, the count instead."""
    evidence = subject.evidence
    if not evidence.series:
        return paint_count(look, subject)
    body = look.layout.body
    chart = plot(evidence, Box(body.x + 14, body.y + 96, body.width - 28, body.height - 96 - 70))
    as_columns = (look.variants.series % 2 == 1 and len(evidence.series) <= _COLUMNS_MAX) or len(evidence.series) == 1

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at
        drawing = min(3.6, max(1.4, now.seconds * 0.5))
        done = ease_in_out(phase(at, 0.3, drawing))
        _draw_axes(canvas, look, evidence, chart, at)
        reveal = Box(chart.box.x - 14, chart.box.y - 20, (chart.box.width + 28) * done, chart.box.height + 24)
        if as_columns:
            _draw_columns(canvas, look, chart, done)
        else:
            with clipped(canvas, reveal):
                _draw_line(canvas, look, chart)
            _draw_head(canvas, look, chart, done, at)
        _draw_expected(canvas, look, chart, phase(at, 0.1, 0.8))
        _draw_peak(canvas, look, evidence, chart, at - 0.3 - drawing)

    return paint


def _draw_axes(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, chart: Plot, at: float) -> None:
    palette, box = look.palette, chart.box
    grown = ease_out(phase(at, 0.0, 0.7))
    for share in (0.0, 0.5, 1.0):
        level = box.bottom - box.height * share
        segment(
            canvas, (box.x, level), (box.x + box.width * grown, level), faded(palette.ink, 0.16 if share else 0.45), 3
        )
    for share in (0.5, 1.0):
        value = look.lettering.line(one_decimal(chart.top * share), Face.TEXT, 30, palette.muted)
        value.draw(canvas, box.x, box.bottom - box.height * share - 8, grown)
    first, last = evidence.series[0].start, evidence.series[-1].start
    begin = look.lettering.fitted(moment(first), Face.TEXT, 34, palette.muted, box.width * 0.45, 28)
    begin.draw(canvas, box.x, box.bottom + 62)
    if len(evidence.series) > 1:
        end = look.lettering.fitted(f"{moment(last)} UTC", Face.TEXT, 34, palette.muted, box.width * 0.45, 28)
        end.draw(canvas, box.right - end.width, box.bottom + 62)


def _draw_line(canvas: skia.Canvas, look: Look, chart: Plot) -> None:
    palette, box = look.palette, chart.box
    under = [*chart.mentions, (chart.mentions[-1][0], box.bottom), (chart.mentions[0][0], box.bottom)]
    shade = fill(palette.accent)
    shade.setShader(
        skia.GradientShader.MakeLinear(
            [skia.Point(0, box.y), skia.Point(0, box.bottom)], [faded(palette.accent, 0.5), faded(palette.accent, 0.04)]
        )
    )
    canvas.drawPath(polygon(under), shade)
    canvas.drawPath(polyline(chart.mentions), stroke(palette.accent, 8))


def _draw_columns(canvas: skia.Canvas, look: Look, chart: Plot, done: float) -> None:
    count = len(chart.mentions)
    pitch = chart.box.width / max(count, 4)
    for index, (_, y) in enumerate(chart.mentions):
        grown = ease_out(phase(done * (count + 6), index, 6))
        x = chart.box.x + pitch * index if count >= 4 else chart.box.centre_x + pitch * (index - count / 2)
        height = (chart.box.bottom - y) * grown
        colour = look.palette.second if index == chart.peak else look.palette.accent
        block(canvas, Box(x + pitch * 0.1, chart.box.bottom - height, pitch * 0.8, height), colour, 6)


def _draw_head(canvas: skia.Canvas, look: Look, chart: Plot, done: float, at: float) -> None:
    """The point of the pen: it runs along the line, and then beats at its end."""
    place = done * (len(chart.mentions) - 1)
    index = min(int(place), len(chart.mentions) - 2)
    (x0, y0), (x1, y1) = chart.mentions[index], chart.mentions[index + 1]
    share = place - index
    head = (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
    disc(canvas, head, 13 + 5 * breath(at, 0.9), look.palette.accent)
    ring(canvas, head, 20 + 14 * breath(at, 0.9), faded(look.palette.accent, 0.5), 4)


def _draw_expected(canvas: skia.Canvas, look: Look, chart: Plot, done: float) -> None:
    palette, box = look.palette, chart.box
    level = (
        list(chart.expected)
        if len(chart.expected) > 1
        else [(box.x, chart.expected[0][1]), (box.right, chart.expected[0][1])]
    )
    with clipped(canvas, Box(box.x - 8, box.y - 20, (box.width + 16) * ease_in_out(done), box.height + 30)):
        canvas.drawPath(polyline(level), stroke(palette.muted, 5, (4, 14)))
    name = look.lettering.line("expected", Face.TEXT, 36, palette.muted)
    x, y = (box.right - name.width - 80 if _peaks_early(chart) else box.x), look.layout.body.y
    segment(canvas, (x, y + 30), (x + 60, y + 30), palette.muted, 5, (4, 14))
    name.draw(canvas, x + 80, y + 42)


def _peaks_early(chart: Plot) -> bool:
    """Whether the peak stands in the left half, so that the legend goes to the right."""
    return chart.mentions[chart.peak][0] < chart.box.centre_x


def _draw_peak(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, chart: Plot, at: float) -> None:
    arrived = ease_out(phase(at, 0.0, 0.6))
    if arrived <= 0:
        return
    palette, (x, y) = look.palette, chart.mentions[chart.peak]
    text = f"peak: {posts(evidence.peak_mentions)}, {moment(evidence.peak_start)}"
    line = look.lettering.fitted(text, Face.STRONG, 38, palette.on_accent, chart.box.width * 0.7, 28)
    width = line.width + 40
    body = look.layout.body
    legend = chart.box.width * 0.28
    leftmost, rightmost = (body.x, body.right - legend) if _peaks_early(chart) else (body.x + legend, body.right)
    left = max(min(x - width / 2, rightmost - width), leftmost)
    tag = Box(left, max(body.y - 6, y - 96 + 24 * (1 - arrived)), width * arrived, 62)
    segment(canvas, (x, tag.bottom), (x, y), palette.accent, 4)
    ring(canvas, (x, y), 14 + 10 * breath(at, 1.1), palette.second, 6)
    block(canvas, tag, palette.accent, 14)
    if arrived > 0.6:
        with clipped(canvas, tag):
            line.draw(canvas, tag.x + 20, tag.centre_y + line.cap / 2)
