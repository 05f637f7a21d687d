"""TIMELINE: first seen, peak, now, on a line that draws itself."""

from datetime import datetime, timedelta

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import disc, ring, segment
from chimera.tools.local.picture.easing import breath, ease_out, overshoot, phase
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import faded
from chimera.tools.local.picture.scenes.painter import BeatTime, Painter, Subject
from chimera.tools.local.picture.scenes.staging import draw_light
from chimera.tools.local.picture.screen_text import length_of_time, moment, posts
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face


def milestones(evidence: TrendEvidence) -> tuple[tuple[datetime, str, str], ...]:
    """Moment, name and note of each milestone, oldest first."""
    found = (
        (evidence.first_seen, "First seen", "in this source"),
        (evidence.peak_start, "Peak", f"{posts(evidence.peak_mentions)} in {length_of_time(evidence.bucket_seconds)}"),
        (evidence.as_of, "As of", posts(evidence.mentions) + " in the window"),
    )
    first = evidence.first_seen
    return tuple(sorted(found, key=lambda milestone: first if _holds(evidence, milestone[0]) else milestone[0]))


def _holds(evidence: TrendEvidence, start: datetime) -> bool:
    """Whether the stretch of time that begins at `start` is the one in which the first post came."""
    return start <= evidence.first_seen < start + timedelta(seconds=evidence.bucket_seconds)


def paint_timeline(look: Look, subject: Subject) -> Painter:
    """The line runs down from one milestone to the next; each opens as the line arrives."""
    evidence = subject.evidence
    body, palette = look.layout.body, look.palette
    stops = milestones(evidence)
    step = body.height / len(stops)
    rail = body.x + 40
    rows = [Box(body.x + 84, body.y + step * index + 6, body.width - 84, step - 12) for index in range(len(stops))]
    levels = [body.y + step * (index + 0.5) for index in range(len(stops))]

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at
        pace = max(0.3, min(0.7, (now.opening - 0.6) / 2))
        light = now.spotlight([name for _, name, _ in stops])
        draw_light(canvas, rows, light, faded(palette.accent, 0.34), 30)
        reach = levels[0] + (levels[-1] - levels[0]) * phase(at, 0.4, pace * 2)
        segment(canvas, (rail, levels[0]), (rail, levels[-1]), faded(palette.ink, 0.18), 8)
        segment(canvas, (rail, levels[0]), (rail, reach), palette.accent, 8)
        _draw_traveller(canvas, look, (rail, levels[0], levels[-1]), at - 0.4 - 2 * pace)
        for index, (when, name, note) in enumerate(stops):
            opened = phase(at, 0.25 + pace * index, 0.6)
            if opened > 0:
                row, lit = Box(body.x + 110, levels[index] - step / 2, body.width - 130, step), light.weight(index)
                _draw_stop(canvas, look, row, (moment(when) + " UTC", name, note), (opened, lit))
                colour = palette.second if name == "Peak" else palette.accent
                disc(canvas, (rail, levels[index]), (24 + 12 * lit) * overshoot(opened), colour)
                swell = 34 + 12 * lit + 8 * breath(at + index * 0.5, 1.5)
                ring(canvas, (rail, levels[index]), swell, faded(palette.ink, 0.4), 4)

    return paint


def _draw_traveller(canvas: skia.Canvas, look: Look, rail: tuple[float, float, float], at: float) -> None:
    """After the line stands, a spark keeps running down it."""
    if at > 0:
        x, top, bottom = rail
        disc(canvas, (x, top + (bottom - top) * ((at * 0.4) % 1.0)), 11, look.palette.ink)


def _draw_stop(
    canvas: skia.Canvas, look: Look, row: Box, texts: tuple[str, str, str], state: tuple[float, float]
) -> None:
    """`state`: how far it has opened, and how far the light is on it."""
    palette, arrived = look.palette, ease_out(state[0])
    quiet, named = (palette.ink, palette.ink) if state[1] > 0.5 else (palette.muted, palette.second)
    when, name, note = texts
    size = min(76.0, row.height * 0.36)
    label = look.lettering.fitted(name, Face.STRONG, size * 0.56, named, row.width, 28)
    figure = look.lettering.fitted(when, look.display, size, palette.ink, row.width, 40)
    detail = look.lettering.fitted(note, Face.TEXT, max(34.0, size * 0.52), quiet, row.width, 28)
    shift = 50 * (1 - arrived)
    label.draw(canvas, row.x + shift, row.centre_y - size * 0.56, arrived)
    figure.draw(canvas, row.x + shift, row.centre_y + size * 0.34, arrived)
    detail.draw(canvas, row.x + shift, row.centre_y + size * 1.02, arrived)
