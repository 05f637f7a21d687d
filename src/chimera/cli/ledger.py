"""`chimera ledger verify|show`: prove that the books agree, or list them."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number as Between

from chimera.bootstrap.ledger_log import verify_studio_ledger
from chimera.bootstrap.studio import open_studio
from chimera.cli.books import print_entries, print_report
from chimera.cli.document import print_json
from chimera.cli.failure import EXIT_FAILURE
from chimera.cli.ledger_log import read_bounded
from chimera.cli.options import Json, Limit
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock
from chimera.security.signed_note import NOTE_BYTES_MAX

Before = Annotated[
    int | None, Parameter(name="--before", validator=Between(gte=1), help="Only rows before this sequence number.")
]
FromCheckpoint = Annotated[
    Path | None, Parameter(help="A signed checkpoint kept elsewhere: the ledger must still begin with what it tells.")
]


async def verify(*, from_checkpoint: FromCheckpoint = None, json: Json = False) -> None:
    """Check every signature, row, sequence number, checkpoint and budget line of the ledger.

    Only the CFO's public key of this home, and earlier ones kept in its keys/retired folder, are trusted.
    Ends with exit code 1 if anything is wrong.
    """
    note = None if from_checkpoint is None else read_bounded(from_checkpoint, NOTE_BYTES_MAX)
    async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
        report = await verify_studio_ledger(studio, note)
    if json:
        print_json(report.model_dump(mode="json"))
    else:
        print_report(report)
    if not report.ok:
        raise SystemExit(EXIT_FAILURE)


async def show(*, limit: Limit = 20, before: Before = None, json: Json = False) -> None:
    """List the newest rows of the ledger; with --json whole, as they can be checked offline."""
    async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
        entries = await studio.treasury.entries(limit, before)
    if json:
        print_json({"entries": [entry.model_dump(mode="json") for entry in entries]})
    else:
        print_entries(entries)
