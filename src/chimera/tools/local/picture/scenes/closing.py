"""CLOSING: the topic, the trend's figures once more, and the run of mentions under them.

Source and disclosure stand below, as on every beat; the call to action is the headline.
"""

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import TrendEvidence
from chimera.tools.local.picture.brush import block
from chimera.tools.local.picture.easing import ease_out, phase
from chimera.tools.local.picture.figures import figure_size
from chimera.tools.local.picture.lettering import Line
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import blend
from chimera.tools.local.picture.scenes.painter import BeatTime, Painter, Subject, count_text, has_ratio, ratio_text
from chimera.tools.local.picture.scenes.run_of_mentions import draw_run
from chimera.tools.local.picture.screen_text import on_screen
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face

_GAP = 20.0


def paint_closing(look: Look, subject: Subject) -> Painter:
    """Topic in large type, cards with the figures, the line below."""
    evidence = subject.evidence
    body, palette = look.layout.body, look.palette
    topic = look.lettering.wrapped(on_screen(subject.topic, 80), look.display, 128, palette.accent, body.width, 2)
    topic_height = sum(line.size * 1.06 for line in topic)
    figures = _figures(evidence)
    width = (body.width - _GAP * (len(figures) - 1)) / len(figures)
    cards_top = body.y + topic_height + 30
    tall = min(230.0, (body.bottom - cards_top) * 0.56)
    cards = [Box(body.x + index * (width + _GAP), cards_top, width, tall) for index in range(len(figures))]
    run_top = cards_top + tall + 44
    run = Box(body.x, run_top, body.width, body.bottom - run_top - 8)

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at
        _draw_topic(canvas, look, topic, at)
        light = now.spotlight([label for _, label in figures])
        for index, figure in enumerate(figures):
            arrived = ease_out(phase(at, 0.3 + 0.35 * index, 0.7))
            lit = light.weight(index)
            card = Box(cards[index].x, cards[index].y + 50 * (1 - arrived) - 14 * lit, width, tall)
            if arrived > 0:
                _draw_card(canvas, look, card, figure, lit)
        draw_run(canvas, look, evidence, run, at - 0.8)

    return paint


def _figures(evidence: TrendEvidence) -> tuple[tuple[str, str], ...]:
    communities = evidence.community_count
    figures = [(count_text(evidence.mentions), "post" if evidence.mentions == 1 else "posts")]
    if has_ratio(evidence):
        figures.append((ratio_text(evidence), "the usual"))
    if communities:
        figures.append((count_text(communities), "community" if communities == 1 else "communities"))
    return tuple(figures)


def _draw_topic(canvas: skia.Canvas, look: Look, lines: tuple[Line, ...], at: float) -> None:
    top = look.layout.body.y
    for index, line in enumerate(lines):
        arrived = ease_out(phase(at, 0.1 + 0.12 * index, 0.7))
        line.draw(canvas, look.layout.body.x - 60 * (1 - arrived), top + line.size * 0.84, arrived)
        top += line.size * 1.06


def _draw_card(canvas: skia.Canvas, look: Look, card: Box, figure: tuple[str, str], lit: float) -> None:
    palette = look.palette
    block(canvas, card, blend(blend(palette.deep, palette.ink, 0.14), palette.accent, lit), 26)
    text, label = figure
    ink, second = (
        blend(palette.ink, palette.on_accent, round(lit)),
        blend(palette.second, palette.on_accent, round(lit)),
    )
    size = min(figure_size(look, text, look.display, 124, card.width - 40), card.height * 0.56)
    shown = look.lettering.line(text, look.display, size, ink)
    shown.draw(canvas, card.centre_x - shown.width / 2, card.y + card.height * 0.54)
    line = look.lettering.fitted(label, Face.STRONG, 38, second, card.width - 24, 24)
    line.draw(canvas, card.centre_x - line.width / 2, card.y + card.height * 0.82)
    block(canvas, Box(card.x + 26, card.bottom - 14, (card.width - 52) * (1 - lit), 7), palette.accent, 3)
