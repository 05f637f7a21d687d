"""The ground everything stands on: a still gradient with a fine texture, and a slow movement over it."""

import math
import random
from collections.abc import Callable

import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.brush import disc, dots, ring, segment
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import blend

Movement = Callable[[skia.Canvas, float], None]


def paint_ground(canvas: skia.Canvas, look: Look) -> None:
    """The still part, drawn once a video."""
    width, height, palette = look.layout.width, look.layout.height, look.palette
    chance = random.Random(look.seed ^ 0xBAC4D)  # noqa: S311 (decoration, not a secret)
    canvas.clear(palette.deep)
    centre = skia.Point(width * chance.uniform(0.1, 0.9), height * chance.uniform(0.05, 0.4))
    shader = skia.GradientShader.MakeRadial(centre, max(width, height) * 0.8, [palette.lift, palette.deep])
    canvas.drawPaint(skia.Paint(Shader=shader, Dither=True))
    faint = blend(palette.deep, palette.ink, 0.07)
    if chance.random() < 0.5:
        dots(canvas, [(x, y) for x in range(36, int(width), 72) for y in range(36, int(height), 72)], 4, faint)
    else:
        for x in range(0, int(width) + 1, 120):
            segment(canvas, (x, 0), (x, height), faint, 1.5)
        for y in range(0, int(height) + 1, 120):
            segment(canvas, (0, y), (width, y), faint, 1.5)


def movement(look: Look) -> Movement:
    """The moving part, drawn on every frame `at` so many seconds of the video."""
    kinds = (_orbits, _rising, _ripple, _slants)
    return kinds[look.variants.backdrop % len(kinds)](look)


def _orbits(look: Look) -> Movement:
    width, height = look.layout.width, look.layout.height
    line, dot = _tints(look)
    centre = (width * 0.92, height * 0.16)

    def paint(canvas: skia.Canvas, at: float) -> None:
        for index, share in enumerate((0.28, 0.46, 0.66, 0.88)):
            radius = share * min(width, height) + 14 * math.sin(at * 0.7 + index)
            ring(canvas, centre, radius, line, 3)
            turn = at * (0.42 - 0.07 * index) + index * 1.9
            disc(canvas, (centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)), 10, dot)

    return paint


def _rising(look: Look) -> Movement:
    width, height = look.layout.width, look.layout.height
    line, dot = _tints(look)
    chance = random.Random(look.seed)  # noqa: S311 (decoration, not a secret)
    motes = [(chance.uniform(0, width), chance.uniform(0, height), chance.uniform(40, 120)) for _ in range(34)]

    def paint(canvas: skia.Canvas, at: float) -> None:
        for index, (x, y, speed) in enumerate(motes):
            top = (y - at * speed) % (height + 160) - 80
            segment(canvas, (x, top), (x, top + speed * 0.45), dot if index % 4 == 0 else line, 5)

    return paint


def _ripple(look: Look) -> Movement:
    width, height = look.layout.width, look.layout.height
    line, dot = _tints(look)
    columns = [x * width / 24 for x in range(25)]

    def paint(canvas: skia.Canvas, at: float) -> None:
        for row in range(4):
            level = height * (0.86 + 0.045 * row)
            wave = [(x, level + 26 * math.sin(x / width * 7 + at * 1.1 + row * 0.9)) for x in columns]
            dots(canvas, wave, 10 - row, dot if row == 0 else line)

    return paint


def _slants(look: Look) -> Movement:
    width, height = look.layout.width, look.layout.height
    line, dot = _tints(look)
    reach = width + height

    def paint(canvas: skia.Canvas, at: float) -> None:
        for index in range(9):
            x = (index * reach / 9 + at * (38 + 9 * (index % 3))) % reach - height * 0.35
            length = 190 + 60 * (index % 4)
            y = height * ((index * 0.37) % 1.0)
            segment(canvas, (x, y), (x + length * 0.5, y - length), dot if index % 3 == 0 else line, 6)

    return paint


def _tints(look: Look) -> tuple[int, int]:
    palette = look.palette
    return blend(palette.deep, palette.ink, 0.12), blend(palette.deep, palette.accent, 0.38)
