"""The strip under the words of a tall video: the series' own columns, filling as the story is told.

A series that is mostly empty is shown added up, so that the strip climbs instead of standing bare.
"""

from collections.abc import Callable
from itertools import accumulate

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import block, clipped
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import blend
from chimera.tools.local.picture.stage_layout import Box

_COLUMNS_MAX = 60
_CLEAR_UNDER_FOOTER = 60

Skyline = Callable[[skia.Canvas, float], None]


def skyline(look: Look, evidence: TrendEvidence) -> Skyline:
    """A painter for how much of the video has passed, 0 to 1. Columns are to one scale."""
    layout, palette = look.layout, look.palette
    strip = Box(
        0,
        layout.footer.bottom + _CLEAR_UNDER_FOOTER,
        layout.width,
        layout.height - layout.footer.bottom - _CLEAR_UNDER_FOOTER,
    )
    sums = heights(_grouped([bucket.mentions for bucket in evidence.series]))
    top = max(sums, default=0)
    if strip.height < 120 or top == 0:
        return lambda *_: None
    pitch = strip.width / len(sums)
    bars = [
        Box(
            index * pitch + pitch * 0.12,
            strip.bottom - strip.height * total / top,
            pitch * 0.76,
            strip.height * total / top + 20,
        )
        for index, total in enumerate(sums)
    ]
    ahead, told = blend(palette.deep, palette.ink, 0.09), blend(palette.deep, palette.accent, 0.42)

    def paint(canvas: skia.Canvas, passed: float) -> None:
        for area, colour in (
            (Box(0, strip.y, strip.width * passed, strip.height), told),
            (Box(strip.width * passed, strip.y, strip.width * (1 - passed), strip.height), ahead),
        ):
            with clipped(canvas, area):
                for bar in bars:
                    block(canvas, bar, colour, 8)

    return paint


def heights(sums: list[int]) -> list[int]:
    """The sums themselves, or how they add up from the first busy column on where over half of them are 0."""
    busy = [index for index, total in enumerate(sums) if total]
    if not busy or 2 * len(busy) >= len(sums):
        return sums
    return list(accumulate(sums[busy[0] :]))


def _grouped(counts: list[int]) -> list[int]:
    """Neighbouring buckets summed until at most `_COLUMNS_MAX` are left."""
    each = max(1, -(-len(counts) // _COLUMNS_MAX))
    return [sum(counts[start : start + each]) for start in range(0, len(counts), each)]
