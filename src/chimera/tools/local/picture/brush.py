"""Marks on a canvas in design units: filled and outlined shapes, clips; every mark is anti-aliased."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.stage_layout import Box

Point = tuple[float, float]


def rect_of(box: Box) -> skia.Rect:
    """The box as skia has it."""
    return skia.Rect.MakeXYWH(box.x, box.y, max(0.0, box.width), max(0.0, box.height))


def fill(colour: int) -> skia.Paint:
    """A paint that fills."""
    return skia.Paint(Color=colour, AntiAlias=True)


def stroke(colour: int, width: float, dashes: Sequence[float] = ()) -> skia.Paint:
    """A paint that draws lines with round ends; `dashes` are lengths on and off."""
    paint = skia.Paint(
        Color=colour,
        AntiAlias=True,
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
    )
    if dashes:
        paint.setPathEffect(skia.DashPathEffect.Make(list(dashes), 0.0))
    return paint


def block(canvas: skia.Canvas, box: Box, colour: int, radius: float = 0) -> None:
    """A filled rectangle with rounded corners."""
    if box.width > 0 and box.height > 0:
        held = min(radius, box.width / 2, box.height / 2)
        canvas.drawRoundRect(rect_of(box), held, held, fill(colour))


def disc(canvas: skia.Canvas, centre: Point, radius: float, colour: int) -> None:
    """A filled circle."""
    if radius > 0:
        canvas.drawCircle(centre[0], centre[1], radius, fill(colour))


def ring(canvas: skia.Canvas, centre: Point, radius: float, colour: int, width: float) -> None:
    """An outlined circle."""
    if radius > 0:
        canvas.drawCircle(centre[0], centre[1], radius, stroke(colour, width))


def segment(
    canvas: skia.Canvas, start: Point, end: Point, colour: int, width: float, dashes: Sequence[float] = ()
) -> None:
    """A straight line."""
    canvas.drawLine(start[0], start[1], end[0], end[1], stroke(colour, width, dashes))


def arc(canvas: skia.Canvas, centre: Point, radius: float, start: float, sweep: float, paint: skia.Paint) -> None:
    """Part of a circle; degrees clockwise from three o'clock."""
    around = skia.Rect.MakeXYWH(centre[0] - radius, centre[1] - radius, 2 * radius, 2 * radius)
    canvas.drawArc(around, start, sweep, False, paint)


def dots(canvas: skia.Canvas, centres: Iterable[Point], diameter: float, colour: int) -> None:
    """Many equal round dots in one call."""
    points = [skia.Point(x, y) for x, y in centres]
    if points:
        canvas.drawPoints(skia.Canvas.PointMode.kPoints_PointMode, points, stroke(colour, diameter))


def polyline(points: Sequence[Point]) -> skia.Path:
    """An open path through the points."""
    builder = skia.PathBuilder()
    builder.moveTo(*points[0])
    for point in points[1:]:
        builder.lineTo(*point)
    return builder.detach()


def polygon(points: Sequence[Point]) -> skia.Path:
    """A closed path through the points."""
    builder = skia.PathBuilder()
    builder.moveTo(*points[0])
    for point in points[1:]:
        builder.lineTo(*point)
    builder.close()
    return builder.detach()


@contextmanager
def clipped(canvas: skia.Canvas, box: Box) -> Iterator[None]:
    """Nothing drawn inside the `with` leaves the box."""
    canvas.save()
    canvas.clipRect(rect_of(box), skia.ClipOp.kIntersect, True)
    try:
        yield
    finally:
        canvas.restore()
