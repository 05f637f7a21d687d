"""The run of mentions as a small filled line, where the series is an accompaniment; added up where it is sparse."""

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import clipped, disc, fill, polygon, polyline, stroke
from chimera.tools.local.picture.easing import breath, ease_in_out, phase
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import faded
from chimera.tools.local.picture.skyline import heights
from chimera.tools.local.picture.stage_layout import Box


def draw_run(canvas: skia.Canvas, look: Look, evidence: TrendEvidence, box: Box, at: float) -> None:
    """Draw itself in 2.6 seconds, then beat at its last point; nothing with fewer than two buckets or no mentions."""
    counts = heights([bucket.mentions for bucket in evidence.series])
    top = max(counts, default=0)
    if len(counts) < 2 or top == 0 or box.height < 40:
        return
    step = box.width / (len(counts) - 1)
    points = [
        (box.x + index * step, box.bottom - box.height * 0.92 * count / top) for index, count in enumerate(counts)
    ]
    done = ease_in_out(phase(at, 0.2, 2.6))
    with clipped(canvas, Box(box.x - 12, box.y - 12, (box.width + 24) * done, box.height + 24)):
        under = polygon([*points, (box.right, box.bottom), (box.x, box.bottom)])
        canvas.drawPath(under, fill(faded(look.palette.second, 0.18)))
        canvas.drawPath(polyline(points), stroke(look.palette.second, 7))
    if done >= 1:
        disc(canvas, points[-1], 12 + 8 * breath(at, 1.2), look.palette.second)
