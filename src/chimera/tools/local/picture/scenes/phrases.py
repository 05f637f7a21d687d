"""PHRASES: words said along with it, sized by how often, packed into rows."""

import math
from dataclasses import dataclass

import skia  # type: ignore[import-not-found]

from chimera.contracts.evidence import Share
from chimera.tools.local.picture.brush import block
from chimera.tools.local.picture.easing import overshoot, phase
from chimera.tools.local.picture.lettering import Line
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import blend, faded
from chimera.tools.local.picture.scenes.count import paint_count
from chimera.tools.local.picture.scenes.painter import BeatTime, Painter, Subject
from chimera.tools.local.picture.screen_text import on_screen, posts, whole
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face

_PHRASES_MAX = 9
_CELLS_MAX = 40
_GAP = 18.0
_PLATE_MARGINS = 68.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A phrase with its count on a plate; `order` is its rank."""

    word: Line
    count: Line
    box: Box
    order: int


def paint_phrases(look: Look, subject: Subject) -> Painter:
    """Plates that pop in by rank and float; without phrases, the count instead."""
    evidence = subject.evidence
    shares = sorted(evidence.phrases, key=lambda share: (-share.mentions, share.name))[:_PHRASES_MAX]
    if not shares:
        return paint_count(look, subject)
    body = look.layout.body
    tall = min(190.0, body.height * 0.3)
    placed = pack(look, tuple(shares), Box(body.x, body.y, body.width, body.height - tall))
    detail = Box(body.x, body.bottom - tall + 10, body.width, tall - 10)

    def paint(canvas: skia.Canvas, now: BeatTime) -> None:
        at = now.at
        stagger = min(0.32, (now.opening - 0.6) / len(placed))
        light = now.spotlight([share.name for share in shares[: len(placed)]])
        for plate in placed:
            grown = overshoot(phase(at, 0.1 + stagger * plate.order, 0.55))
            lit = light.weight(plate.order)
            if grown > 0:
                drift = 7 * math.sin(at * 1.5 + plate.order * 1.7)
                _draw_plate(canvas, look, plate, (grown * (1 + 0.06 * lit), lit), drift)
        for index, share in enumerate(shares[: len(placed)]):
            _draw_share(
                canvas, look, detail, (min(share.mentions, evidence.mentions), evidence.mentions), light.weight(index)
            )

    return paint


def _draw_share(canvas: skia.Canvas, look: Look, box: Box, part: tuple[int, int], weight: float) -> None:
    """How many of the posts carry the phrase: said, and as a bar filled to scale."""
    if weight <= 0.02:
        return
    palette, (carrying, mentions) = look.palette, part
    text = f"in {whole(carrying)} of {posts(mentions)}"
    line = look.lettering.fitted(text, Face.STRONG, min(64.0, box.height * 0.36), palette.ink, box.width, 30)
    line.draw(canvas, box.x, box.y + line.size, max(0.0, 2 * weight - 1))
    top = box.y + line.size * 1.45
    thick = min(64.0, box.bottom - top)
    if mentions <= _CELLS_MAX:
        pitch = min(box.width / max(1, mentions), 150.0)
        cells = [Box(box.x + pitch * index + 4, top, pitch - 8, thick) for index in range(mentions)]
    else:
        cells = [Box(box.x, top, box.width, thick)]
    for index, cell in enumerate(cells):
        block(canvas, cell, faded(palette.ink, 0.14 * weight), 12)
        filled = carrying / mentions if len(cells) == 1 < mentions else float(index < carrying)
        reach = cell.width * filled * phase(weight, 0.4 * index / len(cells), 0.6)
        block(canvas, Box(cell.x, cell.y, reach, cell.height), palette.second, 12)


def pack(look: Look, shares: tuple[Share, ...], body: Box) -> tuple[Placed, ...]:
    """Rows of plates centred in the body, as large as fit; the fewest mentions go when even the smallest do not."""
    for scale in (2.0, 1.7, 1.45, 1.25, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5):
        placed = _rows(look, shares, body, scale)
        if placed:
            return placed
    return pack(look, shares[:-1], body)


def _rows(look: Look, shares: tuple[Share, ...], body: Box, scale: float) -> tuple[Placed, ...]:
    largest = max(shares[0].mentions, 1)
    rows: list[list[tuple[Line, Line, float, float]]] = [[]]
    for share in shares:
        size = max(34.0, 104 * scale * math.sqrt(share.mentions / largest))
        count = look.lettering.line(whole(share.mentions), Face.STRONG, max(28.0, size * 0.42), look.palette.ink)
        room = body.width - count.width - _PLATE_MARGINS
        word = look.lettering.fitted(on_screen(share.name, 60), look.display, size, look.palette.ink, room, 34)
        width, height = word.width + count.width + _PLATE_MARGINS, word.size * 1.42
        used = sum(piece[2] + _GAP for piece in rows[-1])
        if rows[-1] and used + width > body.width:
            rows.append([])
        rows[-1].append((word, count, min(width, body.width), height))
    heights = [max(piece[3] for piece in row) for row in rows]
    total = sum(heights) + _GAP * (len(rows) - 1)
    if total > body.height - 16:
        return ()
    return _centred(rows, heights, Box(body.x, body.y + (body.height - total) / 2, body.width, total))


def _centred(rows: list[list[tuple[Line, Line, float, float]]], heights: list[float], area: Box) -> tuple[Placed, ...]:
    placed: list[Placed] = []
    top = area.y
    for row, tall in zip(rows, heights, strict=True):
        x = area.centre_x - (sum(piece[2] for piece in row) + _GAP * (len(row) - 1)) / 2
        for word, count, width, height in row:
            placed.append(Placed(word, count, Box(x, top + (tall - height) / 2, width, height), len(placed)))
            x += width + _GAP
        top += tall + _GAP
    return tuple(placed)


def _draw_plate(canvas: skia.Canvas, look: Look, plate: Placed, state: tuple[float, float], drift: float) -> None:
    """`state`: how far it has grown, and how far it stands out."""
    palette, box = look.palette, plate.box
    grown, lit = state
    canvas.save()
    canvas.translate(box.centre_x, box.centre_y + drift)
    if grown < 0.999 or grown > 1.001:
        canvas.scale(grown, grown)
    canvas.translate(-box.centre_x, -box.centre_y)
    block(canvas, box, blend(blend(palette.deep, palette.ink, 0.15), palette.accent, lit), box.height * 0.28)
    baseline = box.centre_y + plate.word.cap / 2
    ink = palette.on_accent if lit > 0.5 else palette.ink
    word = look.lettering.line(plate.word.text, look.display, plate.word.size, ink)
    count = look.lettering.line(plate.count.text, Face.STRONG, plate.count.size, ink)
    word.draw(canvas, box.x + 26, baseline)
    count.draw(canvas, box.x + 42 + plate.word.width, baseline)
    canvas.restore()
