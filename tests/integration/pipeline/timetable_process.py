"""A process for the tests to kill: one workflow that waits for its time, then leaves a line in a journal.

Arguments: database url, journal file, content id.
"""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from chimera.core.clock import SystemClock
from chimera.pipeline.durable import Document, open_durable, step
from chimera.pipeline.halt import open_halt
from chimera.pipeline.timetable import open_timetable
from chimera.storage.database import open_database


async def main(database_url: str, journal: Path, content_id: UUID) -> None:
    def note(line: str) -> None:
        with journal.open("a") as lines:
            lines.write(line + "\n")

    async def publish() -> Document:
        note("published")
        return {}

    clock = SystemClock()
    async with (
        open_database(database_url) as database,
        open_halt(database_url) as halt,
        open_timetable(database, clock, halt) as timetable,
    ):

        async def body(order: Document) -> Document:
            note("waiting")
            await timetable.due(content_id)
            await step("publish", publish)
            return order

        async with open_durable(database, body) as durable:
            await durable.start(content_id, {})
            await durable.result(content_id)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), UUID(sys.argv[3])))
