"""SERIES: mentions over time against the baseline: the whole, then the busy stretch close, then bucket by bucket."""

import math

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import block, clipped, fill, polygon, polyline, ring, segment, stroke
from chimera.tools.local.picture.easing import breath, ease_in_out, ease_out, phase
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import faded
from chimera.tools.local.picture.scenes.count import paint_count
from chimera.tools.local.picture.scenes.painter import BeatTime, Painter, Subject
from chimera.tools.local.picture.scenes.series_plot import Plot, between, busy_window, plot, whole_window
from chimera.tools.local.picture.screen_text import moment, one_decimal, posts, whole
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face

_COLUMNS_MAX = 120
_COUNTED_COLUMNS_MAX = 26
_SWEEP_SECONDS = 1.9
_WHOLE, _CLOSE, _SWEEP = 0, 1, 2


def paint_series(look: Look, subject: Subject) -> Painter:
    """The chart; without any bucket, the count instead."""
    evidence = subject.evidence
    if not evidence.series:
        return paint_count(look, subject)
    body = look.layout.body
    box = Box(body.x + 14, body.y + 96, body.width - 28, body.height - 96 - 70)
    count = len(evidence.series)
    as_columns = count == 1 or (count <= _COLUMNS_MAX and (look.variants.series % 2 == 1 or _is_sparse(evidence)))
    far, near = whole_window(evidence), busy_window(evidence)

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at
        drawing = max(0.5, now.opening - 0.5)
        done = ease_in_out(phase(at, 0.15, drawing))
        move = now.cycle(3)
        chart = plot(evidence, box, between(far, near, move.weight(_CLOSE) + move.weight(_SWEEP)))
        _draw_axes(canvas, look, evidence, chart, at)
        swept = phase(now.into_act, 0.1, _SWEEP_SECONDS) if move.after == _SWEEP else 1.0
        with clipped(canvas, Box(box.x - 14, box.y - 60, (box.width + 28) * done, box.height + 64)):
            if as_columns:
                _draw_columns(canvas, look, evidence, chart, done)
            else:
                _draw_line(canvas, look, chart)
            _draw_expected(canvas, look, chart)
            if move.after == _SWEEP:
                _draw_swept(canvas, look, evidence, chart, swept)
        _draw_legend(canvas, look, chart)
        if move.after != _SWEEP:
            _draw_peak(canvas, look, evidence, chart, at - 0.1 - drawing)

    return paint


def _is_sparse(evidence: TrendEvidence) -> bool:
    """Whether most buckets are empty, so that a line through them would only show needles."""
    return 2 * sum(1 for bucket in evidence.series if bucket.mentions) < len(evidence.series)


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
    window = chart.window
    first = evidence.series[max(0, math.ceil(window.first))].start
    last = evidence.series[min(len(evidence.series) - 1, math.floor(window.last))].start
    begin = look.lettering.fitted(moment(first), Face.TEXT, 34, palette.muted, box.width * 0.32, 28)
    begin.draw(canvas, box.x, box.bottom + 62)
    if len(evidence.series) > 1:
        end = look.lettering.fitted(f"{moment(last)} UTC", Face.TEXT, 34, palette.muted, box.width * 0.32, 28)
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


def _draw_columns(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, chart: Plot, done: float) -> None:
    count, width = len(chart.mentions), min(chart.pitch * 0.82, chart.box.width / 4)
    counted = chart.window.buckets <= _COUNTED_COLUMNS_MAX
    for index, (x, y) in enumerate(chart.mentions):
        if not chart.box.x - width <= x <= chart.box.right + width:
            continue
        grown = ease_out(phase(done * (count + 6), index, 6))
        column = _column(chart, x, y, width, grown)
        block(canvas, column, look.palette.second if index == chart.peak else look.palette.accent, 8)
        if counted and evidence.series[index].mentions and index != chart.peak:
            figure = look.lettering.line(whole(evidence.series[index].mentions), look.display, 40, look.palette.ink)
            figure.draw(canvas, x - figure.width / 2, column.y - 12)


def _column(chart: Plot, x: float, y: float, width: float, grown: float = 1.0) -> Box:
    height = (chart.box.bottom - y) * grown
    return Box(x - width / 2, chart.box.bottom - height, width, height)


def _draw_swept(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, chart: Plot, swept: float) -> None:
    """A playhead runs over the stretch in sight, and says of each bucket when it began and what it holds."""
    palette, box, window = look.palette, chart.box, chart.window
    x = box.x + box.width * swept
    block(canvas, Box(box.x, box.y, x - box.x, box.height), faded(palette.second, 0.26))
    segment(canvas, (x, box.y), (x, box.bottom), palette.second, 8)
    index = math.floor(window.first + swept * window.buckets)
    bucket = evidence.series[max(0, min(len(evidence.series) - 1, index))]
    text = f"{moment(bucket.start)}: {posts(bucket.mentions)}"
    line = look.lettering.fitted(text, Face.STRONG, 42, palette.on_accent, box.width * 0.7, 28)
    width = line.width + 40
    tag = Box(max(box.x, min(x - width / 2, box.right - width)), box.y - 56, width, 64)
    block(canvas, tag, palette.accent, 14)
    line.draw(canvas, tag.x + 20, tag.centre_y + line.cap / 2)


def _draw_expected(canvas: skia.Canvas, look: Look, chart: Plot) -> None:
    box, level = chart.box, list(chart.expected)
    if len(level) == 1:
        level = [(box.x, level[0][1]), (box.right, level[0][1])]
    canvas.drawPath(polyline(level), stroke(look.palette.muted, 5, (4, 14)))


def _draw_legend(canvas: skia.Canvas, look: Look, chart: Plot) -> None:
    """What the dashes are, between the two moments under the chart."""
    name = look.lettering.line("expected", Face.TEXT, 34, look.palette.muted)
    x, y = chart.box.centre_x - (name.width + 76) / 2, chart.box.bottom + 62
    segment(canvas, (x, y - 11), (x + 60, y - 11), look.palette.muted, 5, (4, 14))
    name.draw(canvas, x + 76, y)


def _draw_peak(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, chart: Plot, at: float) -> None:
    arrived = ease_out(phase(at, 0.0, 0.6))
    if arrived <= 0:
        return
    palette, (x, y) = look.palette, chart.mentions[chart.peak]
    text = f"peak: {posts(evidence.peak_mentions)}, {moment(evidence.peak_start)}"
    line = look.lettering.fitted(text, Face.STRONG, 38, palette.on_accent, chart.box.width * 0.7, 28)
    width = line.width + 40
    body = look.layout.body
    left = max(min(x - width / 2, body.right - width), body.x)
    tag = Box(left, max(body.y + 20, y - 96 + 24 * (1 - arrived)), width * arrived, 62)
    segment(canvas, (x, tag.bottom), (x, y), palette.accent, 4)
    ring(canvas, (x, y), 14 + 10 * breath(at, 1.1), palette.second, 6)
    block(canvas, tag, palette.accent, 14)
    if arrived > 0.6:
        with clipped(canvas, tag):
            line.draw(canvas, tag.x + 20, tag.centre_y + line.cap / 2)
