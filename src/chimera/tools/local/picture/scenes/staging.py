"""Moves that several scenes share: between two boxes or points, and the plate of light that goes from item to item."""

from collections.abc import Sequence

import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.acts import Move
from chimera.tools.local.picture.brush import Point, block
from chimera.tools.local.picture.stage_layout import Box


def lerp(one: float, other: float, done: float) -> float:
    """The value so far on the way from one to the other."""
    return one + (other - one) * done


def point_between(one: Point, other: Point, done: float) -> Point:
    """The point so far on the straight way."""
    return lerp(one[0], other[0], done), lerp(one[1], other[1], done)


def box_between(one: Box, other: Box, done: float) -> Box:
    """The box so far on the way: corner and size."""
    return Box(
        lerp(one.x, other.x, done),
        lerp(one.y, other.y, done),
        lerp(one.width, other.width, done),
        lerp(one.height, other.height, done),
    )


def draw_light(canvas: skia.Canvas, boxes: Sequence[Box], move: Move, colour: int, radius: float) -> None:
    """A plate behind the item that stands out; it slides to the next, and grows out of the middle of its first."""
    if move.before < 0 and move.after < 0:
        return
    start = boxes[move.before] if move.before >= 0 else _sliver(boxes[move.after])
    goal = boxes[move.after] if move.after >= 0 else _sliver(boxes[move.before])
    block(canvas, box_between(start, goal, move.done), colour, radius)


def _sliver(box: Box) -> Box:
    return Box(box.x, box.y, 0, box.height)
