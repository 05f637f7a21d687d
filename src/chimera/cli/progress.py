"""Progress on stderr: bars on a terminal, a line a step otherwise, nothing with --json."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from chimera.core.progress import Progress, ProgressEvent, silent


@contextmanager
def shown_progress(*, as_json: bool) -> Iterator[Progress]:
    """The listener that fits where stderr goes."""
    if as_json:
        yield silent
    elif sys.stderr.isatty():
        with _bars() as listener:
            yield listener
    else:
        yield _Lines()


@contextmanager
def _bars() -> Iterator[Progress]:
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("[bold]{task.description:<9}"),
        BarColumn(bar_width=28),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}", markup=False),
    )
    with Bars(*columns, console=console) as bars:
        rows: dict[str, TaskID] = {}

        def listener(event: ProgressEvent) -> None:
            if event.step not in rows:
                rows[event.step] = bars.add_task(event.step, total=1.0, message="")
            bars.update(rows[event.step], completed=event.fraction, message=_one_line(event.message))

        yield listener


class _Lines:
    """One line when a step begins and one when it is done."""

    def __init__(self) -> None:
        self._begun: set[str] = set()

    def __call__(self, event: ProgressEvent) -> None:
        if event.fraction >= 1:
            sys.stderr.write(f"{event.step}: done, {_one_line(event.message)}\n")
        elif event.step not in self._begun:
            self._begun.add(event.step)
            sys.stderr.write(f"{event.step}: {_one_line(event.message)}\n")
        sys.stderr.flush()


def _one_line(message: str) -> str:
    return " ".join(message.split())[:100]
