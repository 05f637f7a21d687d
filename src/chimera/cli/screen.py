"""Where commands print for people: the terminal at its width, a pipe wide enough for whole ids."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

PIPE_COLUMNS = 160
GAP = "  "
_WORDS_COLUMNS_MIN = 20


def screen() -> Console:
    """Standard output."""
    return Console() if sys.stdout.isatty() else Console(width=PIPE_COLUMNS)


def visible(words: str) -> str:
    """Somebody's words on one line, without characters that could steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in words)


@dataclass(frozen=True, slots=True)
class Row:
    """Short cells that are never cut, an id that stays whole, and words that may be cut."""

    cells: tuple[Text, ...]
    id: str
    words: str


def row_lines(titles: Sequence[str], rows: Sequence[Row], width: int) -> list[Text]:
    """Rows under their titles in `width` columns: on one line where id and words fit, on two otherwise.

    The last two titles are the id's and the words'. A title that begins with a space stands on the right.
    """
    cell_titles, (id_title, words_title) = titles[:-2], titles[-2:]
    widths = [
        max([cell_len(title.strip()), *(row.cells[place].cell_len for row in rows)])
        for place, title in enumerate(cell_titles)
    ]
    id_width = max([cell_len(id_title), *(len(row.id) for row in rows)])
    used = sum(widths) + len(GAP) * (len(widths) + 1) + id_width
    break_ = GAP if used + _WORDS_COLUMNS_MIN <= width else "\n" + GAP
    head = Row(tuple(Text(title.strip()) for title in cell_titles), id_title, words_title)
    lines = []
    for row in (head, *rows):
        cells = [_padded(cell, widths[place], titles[place]) for place, cell in enumerate(row.cells)]
        line = Text(GAP).join(cells) + Text(f"{break_}{row.id:<{id_width}}{GAP}")
        words = Text(visible(row.words))
        words.truncate(max(width - line_width(line), 0), overflow="ellipsis")
        lines.append(line + words)
    lines[0].stylize("bold")
    return lines


def line_width(text: Text) -> int:
    """The columns of its last line."""
    return cell_len(text.plain.rpartition("\n")[2])


def print_lines(lines: Sequence[Text], console: Console) -> None:
    """Lines that were made for the console's width."""
    for line in lines:
        console.print(line, no_wrap=True, overflow="ellipsis", highlight=False)


def _padded(cell: Text, width: int, title: str) -> Text:
    padded = cell.copy()
    padded.align("right" if title.startswith(" ") else "left", width)
    return padded
