"""How budget lines, changes of limits and alerts look on a terminal and in a pipe."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from rich.cells import cell_len
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from chimera.cli.screen import GAP, visible
from chimera.contracts.budget import BudgetLine, BudgetNotice, LimitChange, LimitSet

_BAR_CELLS_MIN, _BAR_CELLS_MAX = 6, 24
_LINE_COLUMNS: tuple[tuple[str, Callable[[BudgetLine], str]], ...] = (
    ("period", lambda line: line.period.value),
    ("category", lambda line: line.category.value),
    ("limit", lambda line: f"{line.limit:.2f}" + ("*" if line.limit_origin == "person" else " ")),
    ("spent", lambda line: f"{line.spent:.2f}"),
    ("remaining", lambda line: f"{line.remaining:.2f}"),
)
#: Shown where they are not zero everywhere and the width allows, the first first.
_FURTHER_COLUMNS: tuple[tuple[str, Callable[[BudgetLine], Decimal]], ...] = (
    ("debt", lambda line: line.debt),
    ("carried", lambda line: line.carried),
    ("held", lambda line: line.held),
)


def print_budgets(lines: Sequence[BudgetLine], console: Console) -> None:
    """The lines as a table that never folds: what does not fit is left out and named below."""
    columns = {title: [cell(line) for line in lines] for title, cell in _LINE_COLUMNS}
    missing = []
    for title, amount in _FURTHER_COLUMNS:
        if any(amount(line) for line in lines):
            cells = [f"{amount(line):.2f}" if amount(line) else "-" for line in lines]
            missing += [] if _add(columns, title, cells, console.width) else [title]
    _add(columns, "used", [f"{used_percent(line)}%" for line in lines], console.width)
    if any(line.alerts for line in lines):
        _add(columns, "alerted", [f"{line.alerts[-1]}%" if line.alerts else "-" for line in lines], console.width)
    console.print(_table(lines, columns, console.width - _width(columns) - len(GAP)))
    if any(line.limit_origin == "person" for line in lines):
        console.print("* set by a person: `chimera budget history` tells by whom and why", highlight=False)
    if missing:
        console.print(f"Too narrow to show {' and '.join(missing)}: see --json", highlight=False)


def used_percent(line: BudgetLine) -> int:
    """How much of the limit is gone, in whole percent rounded down; debt can make it more than 100."""
    return int((line.spent + line.debt + line.carried) * 100 / line.limit)


def _add(columns: dict[str, list[str]], title: str, cells: list[str], width: int) -> bool:
    """Add a column if it fits beside the others."""
    wider = {**columns, title: cells}
    if _width(wider) > width:
        return False
    columns.update(wider)
    return True


def _width(columns: dict[str, list[str]]) -> int:
    widths = [max(cell_len(cell) for cell in (title, *cells)) for title, cells in columns.items()]
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _table(lines: Sequence[BudgetLine], columns: dict[str, list[str]], bar_room: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, len(GAP), 0, 0))
    for title in columns:
        table.add_column(title, justify="left" if title in {"period", "category"} else "right", no_wrap=True)
    bar_cells = min(bar_room, _BAR_CELLS_MAX)
    if bar_cells >= _BAR_CELLS_MIN:
        table.add_column("", no_wrap=True)
    for place, line in enumerate(lines):
        bar = [_bar(line, bar_cells)] if bar_cells >= _BAR_CELLS_MIN else []
        style = "bold" if line.category.value == "total" else ""
        table.add_row(*(cells[place] for cells in columns.values()), *bar, style=style)
    return table


def _bar(line: BudgetLine, cells: int) -> ProgressBar:
    return ProgressBar(total=100, completed=min(used_percent(line), 100), width=cells)


def print_history(changes: Sequence[LimitChange], console: Console) -> None:
    """Who changed which limit, when, from what to what, and why; the newest first."""
    if not changes:
        console.print("Nobody ever set a limit: the settings bind.")
        return
    for change in changes:
        to = "the setting" if change.limit is None else f"${change.limit:.2f}"
        line = Text.assemble(
            f"{change.changed_at:%Y-%m-%d %H:%M}{GAP}",
            (f"{change.period} {change.category}", "bold"),
            f"{GAP}${change.previous:.2f} to {to} (version {change.version}){GAP}by {visible(change.changed_by)}",
        )
        console.print(line, highlight=False)
        console.print(Text(f"{GAP}{visible(change.reason)}"))


def print_alerts(alerts: Sequence[BudgetNotice], console: Console) -> None:
    """The alerts, newest first."""
    if not alerts:
        console.print("No budget line has passed 50% yet, and nothing was overrun or paused.", highlight=False)
    for alert in alerts:
        style = "yellow" if alert.kind == "threshold" and alert.percent != 100 else "red"
        console.print(Text.assemble(f"{alert.created_at:%Y-%m-%d %H:%M}{GAP}", (visible(alert.message), style)))


def print_limit_set(done: LimitSet, console: Console) -> None:
    """What a change of a limit came to."""
    change = done.change
    by = "the setting binds again" if change.limit is None else f"set by {visible(change.changed_by)}"
    console.print(
        Text(
            f"{change.period.capitalize()} {change.category} limit: ${done.wanted:.2f}, {by} "
            f"(version {change.version}); it was ${change.previous:.2f}."
        )
    )
    if done.line_limit is not None and done.line_limit > done.wanted:
        console.print(
            Text(
                f"${done.line_limit:.2f} of this period is spent already: its line stands there, so nothing more "
                "fits until the period ends.",
                style="yellow",
            )
        )
