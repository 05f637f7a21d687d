"""Ways to lay out one dot a post: a grid, against what was expected, by community, by hour; pure geometry."""

import math
from dataclasses import dataclass

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import Point
from chimera.tools.local.picture.screen_text import length_of_time, moment, on_screen, one_decimal, posts
from chimera.tools.local.picture.stage_layout import Box

_DOTS_MAX = 420
_PITCH_MAX = 190.0
_ROWS_MAX = 6
_COLUMNS_MAX = 10
_NAME_HEIGHT = 46.0


@dataclass(frozen=True, slots=True)
class DotField:
    """A grid of dots; each stands for `posts_each` posts (the last one for what is left)."""

    centres: tuple[Point, ...]
    diameter: float
    posts_each: int
    columns: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A text of an arrangement: left edge, baseline, width allowed."""

    text: str
    x: float
    baseline: float
    width: float


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where every dot stands, how large the dots are, and what is written beside them.

    `expected` are the dots of what was expected, at least one; `expected_part` is how full the last of them is.
    """

    centres: tuple[Point, ...]
    diameter: float
    tags: tuple[Tag, ...] = ()
    expected: tuple[Point, ...] = ()
    expected_part: float = 1.0


def dot_field(mentions: int, box: Box) -> DotField:
    """The grid for this many posts that fills the box best; no dot lies outside it."""
    each = max(1, -(-mentions // _DOTS_MAX))
    count = -(-mentions // each)
    if count == 0:
        return DotField((), 0, 1, 1)
    columns = max(range(1, count + 1), key=lambda n: (min(box.width / n, box.height / -(-count // n)), n))
    rows = -(-count // columns)
    pitch = min(box.width / columns, box.height / rows, _PITCH_MAX)
    left = box.x + (box.width - pitch * columns) / 2 + pitch / 2
    top = box.y + (box.height - pitch * rows) / 2 + pitch / 2
    centres = tuple((left + (i % columns) * pitch, top + (i // columns) * pitch) for i in range(count))
    return DotField(centres, pitch * 0.72, each, columns)


def arrangements(evidence: TrendEvidence, box: Box) -> tuple[Arrangement, ...]:
    """The grid, then all the other ways this evidence can be laid out without rounding a number away."""
    field = dot_field(evidence.mentions, box)
    found: list[Arrangement | None] = [Arrangement(field.centres, field.diameter)]
    if field.centres:
        found.append(against_expected(evidence, field, box))
    if field.posts_each == 1 and field.centres:
        found += [by_hour(evidence, box), by_community(evidence, box)]
    return tuple(one for one in found if one is not None)


def against_expected(evidence: TrendEvidence, field: DotField, box: Box) -> Arrangement:
    """All dots to the right, and beside them the dots that were expected."""
    wanted = float(evidence.expected) / field.posts_each
    share = min(0.5, max(0.24, wanted / (wanted + len(field.centres))))
    left = Box(box.x, box.y + _NAME_HEIGHT, box.width * (share - 0.03), box.height - _NAME_HEIGHT)
    right = Box(box.x + box.width * (share + 0.03), left.y, box.width * (0.97 - share), left.height)
    came = dot_field(evidence.mentions, right)
    dots = min(max(1, math.ceil(wanted)), _DOTS_MAX)
    columns = max(1, int(left.width / (came.diameter / 0.72)))
    pitch = min(came.diameter / 0.72, left.height / -(-dots // columns), left.width / columns)
    ghosts = tuple((left.x + pitch * (i % columns + 0.5), left.y + pitch * (i // columns + 0.5)) for i in range(dots))
    tags = (
        Tag(f"{one_decimal(evidence.expected)} expected", left.x, box.y + 34, left.width),
        Tag(f"{posts(evidence.mentions)} came", right.x, box.y + 34, right.width),
    )
    top = min((y for _, y in came.centres), default=left.y) - came.diameter / 0.72 / 2
    lifted = tuple((x, y - (top - left.y)) for x, y in came.centres)
    return Arrangement(lifted, min(came.diameter, pitch * 0.72), tags, ghosts, min(1.0, wanted - (dots - 1)))


def by_hour(evidence: TrendEvidence, box: Box) -> Arrangement | None:
    """The dots stacked over the stretch of time they came in; None where the series does not count them all."""
    inside = [bucket for bucket in evidence.series if bucket.start >= evidence.window_start]
    filled = [index for index, bucket in enumerate(inside) if bucket.mentions]
    if sum(bucket.mentions for bucket in inside) != evidence.mentions or not filled:
        return None
    shown = inside[filled[0] : filled[-1] + 1]
    each = -(-len(shown) // _COLUMNS_MAX)
    sums = [sum(bucket.mentions for bucket in shown[start : start + each]) for start in range(0, len(shown), each)]
    tallest = max(sums)
    base = box.bottom - _NAME_HEIGHT
    step = min(box.width / len(sums), 170.0)
    pitch = min(step, (base - box.y) / tallest, 120.0)
    start = box.centre_x - step * len(sums) / 2
    centres = tuple(
        (start + step * (index + 0.5), base - pitch * (level + 0.5))
        for index, total in enumerate(sums)
        for level in range(total)
    )
    column = f"columns of {length_of_time(each * evidence.bucket_seconds)}"
    tags = (
        Tag(moment(shown[0].start), box.x, box.bottom - 4, box.width * 0.3),
        Tag(column, box.x + box.width * 0.34, box.bottom - 4, box.width * 0.32),
        Tag(f"to {moment(shown[-1].start)} UTC", box.x + box.width * 0.7, box.bottom - 4, box.width * 0.3),
    )
    return Arrangement(centres, pitch * 0.8, tags)


def by_community(evidence: TrendEvidence, box: Box) -> Arrangement | None:
    """A row of dots a community, largest first, the others together; None where the counts do not add up."""
    ranked = sorted((one for one in evidence.communities if one.mentions), key=lambda one: (-one.mentions, one.name))
    rest = evidence.mentions - sum(one.mentions for one in ranked)
    rows = [(on_screen(one.name, 60), one.mentions) for one in ranked]
    others = evidence.community_count - len(ranked)
    if rest < 0 or (rest == 0) != (others <= 0) or not rows:
        return None
    if len(rows) > _ROWS_MAX or rest:
        kept = rows[: _ROWS_MAX - 1]
        left = evidence.community_count - len(kept)
        rows = [*kept, (f"{left:,} more", evidence.mentions - sum(count for _, count in kept))]
    step = min(box.height / len(rows), 110.0)
    begin = box.x + box.width * 0.42
    pitch = min(step * 0.96, (box.right - begin) / max(count for _, count in rows))
    top = box.y + (box.height - step * len(rows)) / 2
    middles = [top + step * (index + 0.5) for index in range(len(rows))]
    centres = tuple(
        (begin + pitch * (place + 0.5), middle)
        for (_, count), middle in zip(rows, middles, strict=True)
        for place in range(count)
    )
    tags = tuple(
        Tag(name, box.x, middle + 14, box.width * 0.4) for (name, _), middle in zip(rows, middles, strict=True)
    )
    return Arrangement(centres, pitch * 0.76, tags)
