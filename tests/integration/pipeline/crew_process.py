"""A process of the crew for the tests to stop and kill: pieces of light steps, heavy ones on their queues.

Arguments: database url, journal file, roles (comma-separated), seconds a heavy step takes, content ids to begin. A
heavy step leaves `begin STEP ID PID` in the journal, and its effect, `end STEP ID PID`, inside a transaction under its
fence. It ends on SIGTERM, which drains.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from uuid import UUID

from chimera.core.clock import SystemClock
from chimera.core.vocabulary import Role
from chimera.pipeline.durable import Document, open_durable, queued, step
from chimera.pipeline.host import open_host
from chimera.storage.database import open_database


async def main(database_url: str, journal: Path, roles: str, seconds: float, content_ids: list[UUID]) -> None:
    def note(line: str) -> None:
        with journal.open("a") as lines:
            lines.write(f"{line} {os.getpid()}\n")

    async def body(order: Document) -> Document:
        given = {"piece": order["piece"]}
        made = await queued("produce", Role.ARTIST, given)
        return await queued("publish", Role.WORKER, {**given, **made})

    async def heavy(name: str, given: Document) -> Document:
        async def work() -> Document:
            note(f"begin {name} {given['piece']}")
            await asyncio.sleep(seconds)
            async with database.transaction():
                note(f"end {name} {given['piece']}")
            return {name: os.getpid()}

        return await step(name, work) or {}

    kept = frozenset(Role(role) for role in roles.split(",") if role)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with (
        open_database(database_url) as database,
        open_host(database_url, SystemClock(), kept) as host,
        open_durable(database, body, heavy, host=host) as durable,
    ):
        note(f"open {host.slot}")
        for content_id in content_ids:
            await durable.start(content_id, {"piece": str(content_id)})
        ends = {asyncio.create_task(stop.wait()), asyncio.create_task(host.lost.wait())}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in ends:
            task.cancel()
        if host.lost.is_set():
            note("lost")
            sys.exit(3)
        note(f"drained {await durable.drain(10.0)}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]), [UUID(x) for x in sys.argv[5:]]))
