"""Captions burned into the picture: a solid box, white words, and the word being spoken on a bright ground."""

import unicodedata
from dataclasses import dataclass

import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.brush import block
from chimera.tools.local.picture.captions import Caption
from chimera.tools.local.picture.lettering import Line
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import caption_highlight
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face

_PADDING_ACROSS = 28
_LINE_STEP = 1.3


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word, where its left edge and its baseline are."""

    text: str
    x: float
    baseline: float
    width: float


@dataclass(frozen=True, slots=True)
class PlacedCaption:
    """A caption set in type: the box behind it and its words, in order."""

    size: float
    box: Box
    words: tuple[PlacedWord, ...]


class CaptionLayer:
    """Draws one caption at a time; a caption is set once and kept while it stands."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._placed: tuple[Caption, PlacedCaption] | None = None

    def place(self, caption: Caption) -> PlacedCaption:
        """Where everything of `caption` stands, inside the layout's caption area."""
        area, size = self._look.layout.captions, self._look.layout.caption_size
        widest = max(self._row_width(row, size) for row in self._rows(caption))
        room = area.width - 2 * _PADDING_ACROSS
        if widest > room:
            size = float(int(size * room / widest))
        rows = self._rows(caption)
        widest = min(max(self._row_width(row, size) for row in rows), room)
        step = size * _LINE_STEP
        height = step * len(rows) + size * 0.5
        box = Box(
            area.centre_x - widest / 2 - _PADDING_ACROSS,
            area.centre_y - height / 2,
            widest + 2 * _PADDING_ACROSS,
            height,
        )
        words: list[PlacedWord] = []
        for index, row in enumerate(rows):
            x = area.centre_x - self._row_width(row, size) / 2
            baseline = box.y + size * 0.25 + step * (index + 0.5) + size * 0.35
            words += self._placed_row(row, x, baseline, size)
        return PlacedCaption(size, box, tuple(words))

    def paint(self, canvas: skia.Canvas, caption: Caption, at_ms: float) -> None:
        """Draw `caption` with the word spoken `at_ms` marked."""
        if self._placed is None or self._placed[0] is not caption:
            self._placed = (caption, self.place(caption))
        placed, palette = self._placed[1], self._look.palette
        fill, ink = caption_highlight(palette)
        block(canvas, placed.box, palette.caption_box, 22)
        spoken = caption.spoken(at_ms)
        for index, word in enumerate(placed.words):
            active = index == spoken
            if active:
                mark = Box(word.x - 9, word.baseline - placed.size * 0.92, word.width + 18, placed.size * 1.2)
                block(canvas, mark, fill, 12)
            colour = ink if active else palette.caption_ink
            self._word(word.text, placed.size, placed.box.width, colour).draw(canvas, word.x, word.baseline)

    def _placed_row(self, row: list[str], x: float, baseline: float, size: float) -> list[PlacedWord]:
        """The row's words in the order they are said; a row that begins right-to-left runs to the left."""
        room = self._look.layout.captions.width - 2 * _PADDING_ACROSS
        leftwards = _runs_left(row)
        placed: list[PlacedWord] = []
        for text in reversed(row) if leftwards else row:
            width = self._word(text, size, room).width
            placed.append(PlacedWord(text, x, baseline, width))
            x += width + self._space(size)
        return placed[::-1] if leftwards else placed

    @staticmethod
    def _rows(caption: Caption) -> list[list[str]]:
        return [[word.text for word in line] for line in caption.lines]

    def _word(self, text: str, size: float, room: float, colour: int = 0xFFFFFFFF) -> Line:
        return self._look.lettering.fitted(text, Face.STRONG, size, colour, room, size)

    def _space(self, size: float) -> float:
        return size * 0.31

    def _row_width(self, row: list[str], size: float) -> float:
        room = self._look.layout.captions.width - 2 * _PADDING_ACROSS
        return sum(self._word(text, size, room).width for text in row) + self._space(size) * (len(row) - 1)


def _runs_left(row: list[str]) -> bool:
    """Whether the first character with a direction is right-to-left (Unicode Bidirectional Algorithm, rule P2)."""
    strong = (unicodedata.bidirectional(character) for text in row for character in text)
    return next((kind in {"R", "AL"} for kind in strong if kind in {"L", "R", "AL"}), False)
