"""`chimera content watch`: what pieces in flight are doing, until they end."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

from chimera.bootstrap.studio import Studio
from chimera.cli.options import Json
from chimera.cli.studio import studio_of_environment
from chimera.contracts.progress import PieceWatch
from chimera.pipeline.watching import watched

LOOK_EVERY_SECONDS = 0.5
_BAR_COLUMNS = 24
ContentId = Annotated[UUID | None, Parameter(help="A content id; without one, every piece in flight.")]


async def watch(content_id: ContentId = None, /, *, json: Json = False) -> None:
    """Show what pieces are doing, until they are published, failed or wait for a person's review; or Ctrl-C.

    With --json, a line a piece whenever it changes.
    """
    async with studio_of_environment() as studio:
        if json:
            await _lines(studio, content_id)
        else:
            await _bars(studio, content_id)


async def _lines(studio: Studio, content_id: UUID | None) -> None:
    told: dict[UUID, PieceWatch] = {}
    wanted = None if content_id is None else [content_id]
    while True:
        pieces = await watched(studio.database, studio.redis, wanted)
        for piece in pieces:
            if told.get(piece.content_id) != piece:
                sys.stdout.write(piece.model_dump_json() + "\n")
                sys.stdout.flush()
        told = {piece.content_id: piece for piece in pieces}
        if all(piece.at_rest for piece in pieces):
            return
        wanted = list(told)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def _bars(studio: Studio, content_id: UUID | None) -> None:
    wanted = None if content_id is None else [content_id]
    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            pieces = await watched(studio.database, studio.redis, wanted)
            live.update(_table(pieces), refresh=True)
            if all(piece.at_rest for piece in pieces):
                break
            wanted = [piece.content_id for piece in pieces]
            await asyncio.sleep(LOOK_EVERY_SECONDS)
    if not pieces:
        sys.stderr.write("No piece is in flight.\n")


def _table(pieces: Sequence[PieceWatch]) -> Table:
    table = Table(show_header=False, box=None)
    for piece in pieces:
        progress = piece.progress
        done = 1.0 if piece.at_rest else progress.fraction if progress else 0.0
        step = piece.stage if piece.at_rest or progress is None else progress.step
        message = "" if piece.at_rest or progress is None else progress.message
        bar = ProgressBar(total=1.0, completed=done, width=_BAR_COLUMNS)
        table.add_row(str(piece.content_id)[:8], f"[bold]{step}[/]", bar, escape(piece.title), escape(message))
    return table
