"""Lines of type: shaped (kerning, right-to-left), measured, fitted to a width, drawn; layouts are kept for reuse."""

from collections import OrderedDict
from dataclasses import dataclass

import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.palette import faded
from chimera.tools.local.picture.typefaces import Face, Typefaces

_KEPT_LINES_MAX = 1500
_UNBOUNDED = 1e6
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """One shaped line. `ascent` is from its top to the baseline; `cap` the height of its capitals."""

    text: str
    size: float
    width: float
    height: float
    ascent: float
    paragraph: skia.textlayout.Paragraph

    @property
    def cap(self) -> float:
        return self.size * 0.7

    def draw(self, canvas: skia.Canvas, x: float, baseline: float, opacity: float = 1.0) -> None:
        """Draw with the left edge at `x`, standing on `baseline`."""
        if opacity <= 0.01 or not self.text:
            return
        top = baseline - self.ascent
        if opacity >= 0.99:
            self.paragraph.paint(canvas, x, top)
            return
        around = skia.Rect.MakeXYWH(
            x - self.size * 0.2, top - self.size * 0.2, self.width + self.size * 0.4, self.height * 1.4
        )
        canvas.saveLayerAlpha(around, round(255 * opacity))
        self.paragraph.paint(canvas, x, top)
        canvas.restore()


class Lettering:
    """Sets lines with one set of typefaces."""

    def __init__(self, typefaces: Typefaces) -> None:
        self._typefaces = typefaces
        self._kept: OrderedDict[tuple[str, Face, float, int], Line] = OrderedDict()

    def line(self, text: str, face: Face, size: float, colour: int) -> Line:
        """`text` on one line; what no typeface can show is left out, and a dash stands for nothing at all."""
        key = (text, face, size, colour)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = self._shape(text, face, size, colour)
        self._kept[key] = made
        if len(self._kept) > _KEPT_LINES_MAX:
            self._kept.popitem(last=False)
        return made

    def fitted(self, text: str, face: Face, size: float, colour: int, width: float, size_min: float = 0) -> Line:
        """`text` no wider than `width`: smaller, down to `size_min` (else three fifths), then cut with an ellipsis."""
        line = self.line(text, face, size, colour)
        if line.width <= width:
            return line
        smallest = size_min or size * 0.6
        line = self.line(text, face, max(smallest, float(int(size * width / line.width))), colour)
        while line.width > width and line.size > smallest:
            line = self.line(text, face, max(smallest, line.size - 1), colour)
        return line if line.width <= width else self._cut(text, face, line, colour, width)

    def wrapped(
        self, text: str, face: Face, size: float, colour: int, width: float, lines_max: int
    ) -> tuple[Line, ...]:
        """`text` in at most `lines_max` lines no wider than `width`, in the largest size up to `size` that does it."""
        smallest = size * 0.5
        while size > smallest:
            rows = self._broken(text, face, size, colour, width)
            if len(rows) <= lines_max and all(self.line(row, face, size, colour).width <= width for row in rows):
                return tuple(
                    self.line(row, face, size, colour) for row in self._evened(rows, face, size, colour, width)
                )
            size = max(smallest, size * 0.94)
        rows = self._broken(text, face, size, colour, width)
        if len(rows) > lines_max:
            rows = [*rows[: lines_max - 1], " ".join(rows[lines_max - 1 :])]
        return tuple(self.fitted(row, face, size, colour, width, size) for row in rows)

    def _broken(self, text: str, face: Face, size: float, colour: int, width: float) -> list[str]:
        rows: list[str] = []
        for word in text.split() or [_NOTHING]:
            trial = f"{rows[-1]} {word}" if rows else word
            if rows and self.line(trial, face, size, colour).width <= width:
                rows[-1] = trial
            else:
                rows.append(word)
        return rows

    def _evened(self, rows: list[str], face: Face, size: float, colour: int, width: float) -> list[str]:
        """The same number of rows with the narrowest widest row, so that no word is left alone on the last."""
        text, best = " ".join(rows), rows
        for step in range(1, 13):
            trial = self._broken(text, face, size, colour, width * (1 - 0.04 * step))
            if len(trial) > len(rows):
                break
            best = trial
        return best if all(self.line(row, face, size, colour).width <= width for row in best) else rows

    def _cut(self, text: str, face: Face, like: Line, colour: int, width: float) -> Line:
        kept, cut = 0, len(text)
        while cut - kept > 1:
            middle = (kept + cut) // 2
            if self._shape(text[:middle].rstrip() + "…", face, like.size, colour).width <= width:
                kept = middle
            else:
                cut = middle
        return self.line(text[:kept].rstrip() + "…", face, like.size, colour)

    def _shape(self, text: str, face: Face, size: float, colour: int) -> Line:
        usable = self._typefaces.shapeable(text, face)
        shown = usable.text or _NOTHING
        style = skia.textlayout.TextStyle()
        style.setFontFamilies(list(usable.families))
        style.setFontSize(size)
        style.setColor(faded(colour, 1.0))
        page = skia.textlayout.ParagraphStyle()
        page.setTextStyle(style)
        builder = skia.textlayout.ParagraphBuilder.make(page, self._typefaces.collection, self._typefaces.unicode)
        builder.pushStyle(style)
        builder.addText(shown)
        paragraph = builder.Build()
        paragraph.layout(_UNBOUNDED)
        return Line(shown, size, paragraph.LongestLine, paragraph.Height, paragraph.AlphabeticBaseline, paragraph)
