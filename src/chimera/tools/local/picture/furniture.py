"""What frames every beat: topic, progress, source and disclosure labels, and the headline of the beat."""

from collections.abc import Sequence

import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.beat_timing import Span
from chimera.tools.local.picture.brush import block, clipped, rect_of, stroke
from chimera.tools.local.picture.easing import ease_out, phase
from chimera.tools.local.picture.lettering import Line
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.palette import blend
from chimera.tools.local.picture.screen_text import on_screen
from chimera.tools.local.picture.stage_layout import Box
from chimera.tools.local.picture.typefaces import Face

LABEL_SIZE = 30
"""Source and disclosure: small, yet never under 28 pixels at 1080 across."""

_PROGRESS_HEIGHT = 8


def paint_labels(canvas: skia.Canvas, look: Look, topic: str, source: str, disclosure: str) -> None:
    """Topic, source label and disclosure; they stay for the whole video."""
    header, palette, lettering = look.layout.header, look.palette, look.lettering
    block(canvas, Box(header.x, header.y + 24, 12, header.height - 24), palette.accent, 6)
    title = lettering.fitted(on_screen(topic), Face.STRONG, 40, palette.ink, header.width - 30, 30)
    title.draw(canvas, header.x + 30, header.y + 24 + (header.height - 24 + title.cap) / 2)
    _paint_footer(canvas, look, on_screen(source), on_screen(disclosure))


def _paint_footer(canvas: skia.Canvas, look: Look, source: str, disclosure: str) -> None:
    footer, palette, lettering = look.layout.footer, look.palette, look.lettering
    side_by_side = footer.width > 1200
    ink = blend(palette.deep, palette.ink, 0.82)
    width = footer.width / 2 - 24 if side_by_side else footer.width
    note = lettering.fitted(disclosure, Face.TEXT, LABEL_SIZE, ink, width - 40, 28)
    label = lettering.fitted(source, Face.TEXT, LABEL_SIZE, ink, width, 28)
    label.draw(canvas, footer.x, footer.y + 28)
    pill = Box(footer.right - note.width - 40, footer.y - 6, note.width + 40, 46)
    if not side_by_side:
        pill = Box(footer.x, footer.y + 42, note.width + 40, 46)
    canvas.drawRoundRect(rect_of(pill), 23, 23, stroke(blend(palette.deep, palette.ink, 0.5), 2))
    note.draw(canvas, pill.x + 20, pill.centre_y + note.cap / 2)


def paint_progress(canvas: skia.Canvas, look: Look, spans: Sequence[Span], at: float) -> None:
    """One bar a beat along the top, filling as it is told."""
    header, palette = look.layout.header, look.palette
    gap = 10.0
    width = (header.width - gap * (len(spans) - 1)) / len(spans)
    for index, span in enumerate(spans):
        bar = Box(header.x + index * (width + gap), header.y, width, _PROGRESS_HEIGHT)
        block(canvas, bar, blend(palette.deep, palette.ink, 0.22), 4)
        told = phase(at, span.start, span.seconds)
        block(canvas, Box(bar.x, bar.y, bar.width * told, bar.height), palette.accent, 4)


class Headline:
    """The beat's headline: its words rise out of the line one after the other, then a mark draws itself."""

    def __init__(self, look: Look, text: str) -> None:
        box, layout = look.layout.headline, look.layout
        self._look = look
        self._boxed = look.variants.headline % 3 == 2
        self._barred = look.variants.headline % 3 == 1
        self._indent = 36.0 if self._barred else 0.0
        width = box.width - self._indent - (28 if self._boxed else 0)
        shown = on_screen(text, 48)
        self._lines = look.lettering.wrapped(
            shown, look.display, layout.headline_size, look.palette.ink, width, layout.headline_lines
        )
        self._size = min(line.size for line in self._lines)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines as set."""
        return self._lines

    def paint(self, canvas: skia.Canvas, at: float) -> None:
        """Draw it `at` seconds after its beat began."""
        box, step = self._look.layout.headline, self._size * 1.08
        tall = self._look.layout.width > self._look.layout.height
        height = step * len(self._lines)
        top = box.y + (max(0.0, (box.height - height) / 2) if tall else max(0.0, box.height - height - 16))
        self._paint_marks(canvas, Box(box.x, top, box.width, height), at)
        for index, line in enumerate(self._lines):
            self._paint_words(canvas, line, Box(box.x + self._indent, top + index * step, box.width, step), at, index)

    def _paint_marks(self, canvas: skia.Canvas, area: Box, at: float) -> None:
        palette, grown = self._look.palette, ease_out(phase(at, 0.25, 0.7))
        if self._barred:
            block(canvas, Box(area.x, area.y + 8, 12, (area.height - 8) * grown), palette.accent, 6)
        elif self._boxed:
            wide = self._lines[-1].width + 28
            last = Box(area.x, area.bottom - self._size * 1.05, wide * grown, self._size * 1.06)
            block(canvas, last, palette.accent, 10)
        else:
            block(canvas, Box(area.x, area.bottom + 6, 200 * grown, 10), palette.accent, 5)

    def _paint_words(self, canvas: skia.Canvas, line: Line, area: Box, at: float, row: int) -> None:
        look, boxed = self._look, self._boxed and row == len(self._lines) - 1
        colour = look.palette.on_accent if boxed else look.palette.ink
        whole = look.lettering.line(line.text, look.display, line.size, colour)
        x, baseline = area.x + (14 if boxed else 0), area.y + area.height * 0.82
        arrived = ease_out(phase(at, 0.02 + 0.12 * row, 0.55))
        if arrived >= 1:
            whole.draw(canvas, x, baseline)
            return
        with clipped(canvas, Box(area.x - 10, area.y - 8, area.width + 20, area.height + 8)):
            whole.draw(canvas, x, baseline + (1 - arrived) * area.height)
