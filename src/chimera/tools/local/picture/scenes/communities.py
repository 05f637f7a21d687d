"""COMMUNITIES: where it was said, as ranked bars or lollipops."""

from datetime import datetime

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import Share, TrendEvidence
from chimera.tools.local.picture.brush import block, disc, segment
from chimera.tools.local.picture.easing import breath, ease_out, phase
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import blend, faded
from chimera.tools.local.picture.scenes.count import paint_count
from chimera.tools.local.picture.scenes.painter import BeatTime, Painter, Subject, count_text
from chimera.tools.local.picture.scenes.staging import draw_light
from chimera.tools.local.picture.screen_text import moment, on_screen
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face

_ROWS_MAX = 6


def ranked(shares: tuple[Share, ...]) -> tuple[Share, ...]:
    """The largest, first by mentions, then by name, so that ties never change places."""
    return tuple(sorted(shares, key=lambda share: (-share.mentions, share.name))[:_ROWS_MAX])


def paint_communities(look: Look, subject: Subject) -> Painter:
    """Bars to one scale; without communities, the count instead."""
    evidence = subject.evidence
    rows = ranked(evidence.communities)
    if not rows:
        return paint_count(look, subject)
    body = look.layout.body
    note = f"{evidence.community_count:,} communit{'y' if evidence.community_count == 1 else 'ies'} in all"
    step = min((body.height - 70) / len(rows), 150.0)
    top = body.y + (body.height - 70 - step * len(rows)) / 2
    places = [Box(body.x, top + index * step, body.width, step) for index in range(len(rows))]
    largest = max(rows[0].mentions, 1)
    firsts = first_posts(evidence)

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at
        stagger = min(0.35, max(0.05, (now.opening - 0.8) / len(rows)))
        light = now.spotlight([share.name for share in rows])
        lamps = [Box(place.x - 18, place.y - 4, place.width + 36, place.height - 8) for place in places]
        draw_light(canvas, lamps, light, faded(look.palette.accent, 0.34), 26)
        for index, share in enumerate(rows):
            grown = ease_out(phase(at, 0.1 + stagger * index, 0.9))
            _draw_row(canvas, look, share, places[index], (share.mentions / largest, grown, at - index * 0.3))
        arrived = ease_out(phase(at, 0.4 + stagger * len(rows), 0.6))
        notes = [note, *(firsts.get(share.name, note) for share in rows)]
        for index, text in enumerate(notes):
            line = look.lettering.fitted(text, Face.TEXT, 40, look.palette.muted, body.width, 28)
            line.draw(canvas, body.x, body.bottom - 12, arrived * light.opacity(index - 1))

    return paint


def first_posts(evidence: TrendEvidence) -> dict[str, str]:
    """For each community with a post among those kept in the evidence, when the earliest of these was posted."""
    found: dict[str, datetime] = {}
    for post in evidence.top_posts:
        found[post.community] = min(post.created_at, found.get(post.community, post.created_at))
    return {name: f"{on_screen(name, 60)}: a post at {moment(at)} UTC" for name, at in found.items()}


def _draw_row(canvas: skia.Canvas, look: Look, share: Share, row: Box, state: tuple[float, float, float]) -> None:
    """`state`: the bar's share of the longest, how far it has grown, seconds for the glint that passes along it."""
    part, grown, at = state
    if grown <= 0:
        return
    palette = look.palette
    text_size = min(52.0, row.height * 0.44)
    thick = min(40.0, row.height * 0.26)
    baseline = row.y + text_size * 0.95
    count = look.lettering.line(count_text(share.mentions, grown), look.display, text_size * 1.15, palette.ink)
    name = look.lettering.fitted(
        on_screen(share.name), Face.STRONG, text_size, palette.ink, row.width - count.width - 40, 28
    )
    name.draw(canvas, row.x + 40 * (1 - grown), baseline, grown)
    count.draw(canvas, row.right - count.width, baseline)
    bar = Box(row.x, baseline + text_size * 0.34, row.width * part * grown, thick)
    rail = Box(row.x, bar.y, row.width, thick)
    if look.variants.communities % 2 == 0:
        block(canvas, rail, faded(palette.ink, 0.10), thick / 2)
        block(canvas, Box(bar.x, bar.y, max(bar.width, thick), thick), palette.accent, thick / 2)
        glint = (at * 0.45) % 1.6
        if grown >= 1 and glint < 1 and bar.width > 4 * thick:
            bright = blend(palette.accent, palette.second, 0.75)
            block(canvas, Box(bar.x + (bar.width - 2 * thick) * glint, bar.y, 2 * thick, thick), bright, thick / 2)
        return
    centre = bar.y + thick / 2
    segment(canvas, (row.x + 4, centre), (row.right - 4, centre), faded(palette.ink, 0.12), 4)
    segment(canvas, (row.x + 4, centre), (row.x + max(4.0, bar.width - thick * 0.6), centre), palette.accent, 8)
    swell = 1 + 0.14 * breath(at, 1.3)
    disc(canvas, (row.x + max(bar.width - thick * 0.6, thick * 0.6), centre), thick * 0.6 * swell, palette.second)
