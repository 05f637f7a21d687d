"""Numbers that count up without jumping sideways: every digit stands in a cell as wide as the widest one."""

import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.typefaces import Face

_DIGITS = "0123456789"


def figure_width(look: Look, text: str, face: Face, size: float) -> float:
    """How wide `text` stands with its digits in equal cells, in design units."""
    return sum(_cell(look, character, face, size) for character in text)


def figure_size(look: Look, text: str, face: Face, size: float, width: float) -> float:
    """The size, at most `size`, at which `text` is no wider than `width`."""
    wide = figure_width(look, text, face, size)
    return size if wide <= width else float(int(size * width / wide))


def draw_settled(
    canvas: skia.Canvas, look: Look, text: str, face: Face, size: float, colour: int, x: float, baseline: float
) -> float:
    """Draw `text` kerned, as it stands once the counting is over; answers its width."""
    line = look.lettering.line(text, face, size, colour)
    line.draw(canvas, x, baseline)
    return line.width


def draw_figure(
    canvas: skia.Canvas, look: Look, text: str, face: Face, size: float, colour: int, x: float, baseline: float
) -> None:
    """Draw `text` from its left edge `x`."""
    for character in text:
        cell = _cell(look, character, face, size)
        line = look.lettering.line(character, face, size, colour)
        line.draw(canvas, x + (cell - line.width) / 2, baseline)
        x += cell


def _cell(look: Look, character: str, face: Face, size: float) -> float:
    if character in _DIGITS:
        return max(look.lettering.line(digit, face, size, 0xFFFFFFFF).width for digit in _DIGITS)
    return look.lettering.line(character, face, size, 0xFFFFFFFF).width
