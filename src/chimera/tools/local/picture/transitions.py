"""How one beat gives way to the next: bands of colour sweep over the middle of the frame while the picture changes."""

from collections.abc import Callable

import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.brush import block, clipped, disc, fill, polygon
from chimera.tools.local.picture.easing import ease_in_out
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.stage_layout import Box

HALF_SECONDS = 0.3
Sweep = Callable[[skia.Canvas, float], None]


def transition(look: Look) -> Sweep:
    """A painter for a fraction of the way, 0 to 1; at 0.5 it hides everything between header and captions."""
    kinds = (_slanted_bands, _shutters, _iris)
    return kinds[look.variants.transition % len(kinds)](look)


def middle(look: Look) -> Box:
    """The part of the frame that changes with the beat."""
    layout = look.layout
    top = layout.header.bottom + 14
    return Box(0, top, layout.width, layout.captions.y - 14 - top)


def _slanted_bands(look: Look) -> Sweep:
    area, palette = middle(look), look.palette
    slant = area.height * 0.22
    travel = area.width + 2 * slant

    def paint(canvas: skia.Canvas, done: float) -> None:
        with clipped(canvas, area):
            for lag, colour in ((0.0, palette.second), (0.08, palette.accent), (0.16, palette.deep)):
                inside = min(1.0, max(0.0, (done - lag) / 0.68))
                front = ease_in_out(min(1.0, inside * 2)) * travel - slant
                back = ease_in_out(max(0.0, inside * 2 - 1)) * travel - slant
                edges = [(back + slant, area.y), (front + slant, area.y), (front, area.bottom), (back, area.bottom)]
                canvas.drawPath(polygon(edges), fill(colour))

    return paint


def _shutters(look: Look) -> Sweep:
    area, palette = middle(look), look.palette
    count = 8 if look.layout.width > look.layout.height else 5
    width = area.width / count

    def paint(canvas: skia.Canvas, done: float) -> None:
        for index in range(count):
            inside = min(1.0, max(0.0, (done - 0.05 * index / count * 4) / 0.8))
            shut = ease_in_out(min(1.0, inside * 2))
            opened = ease_in_out(max(0.0, inside * 2 - 1))
            colour = palette.accent if index % 2 == 0 else palette.second
            top = area.y + area.height * opened
            block(canvas, Box(index * width - 0.5, top, width + 1, area.y + area.height * shut - top), colour)

    return paint


def _iris(look: Look) -> Sweep:
    area, palette = middle(look), look.palette
    reach = (area.width**2 + area.height**2) ** 0.5 / 2 + 20
    centre = (area.centre_x, area.centre_y)

    def paint(canvas: skia.Canvas, done: float) -> None:
        with clipped(canvas, area):
            if done <= 0.5:
                disc(canvas, centre, reach * ease_in_out(done * 2), palette.second)
                disc(canvas, centre, reach * ease_in_out(max(0.0, done * 2 - 0.25) / 0.75), palette.accent)
                return
            hole = skia.PathBuilder()
            hole.addCircle(centre[0], centre[1], max(0.1, reach * ease_in_out(done * 2 - 1)))
            hole.addRect(skia.Rect.MakeXYWH(area.x, area.y, area.width, area.height))
            hole.setFillType(skia.PathFillType.kEvenOdd)
            canvas.drawPath(hole.detach(), fill(palette.accent))

    return paint
