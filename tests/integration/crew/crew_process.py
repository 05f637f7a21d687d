"""A process of a light crew, for the tests to kill: its pieces are four steps that only write down that they ran.

Argument: the database's url. Every line goes through the database, under the fence of the run that writes it, into the
table of dead letters: `queue` is the step, `reason` the lane and the number of the fence.
"""

import asyncio
import sys

from chimera.core.clock import SystemClock
from chimera.core.identity import new_id
from chimera.core.vocabulary import Role
from chimera.pipeline.durable import Document, open_durable, queued, step
from chimera.pipeline.durable.process import run_of_task
from chimera.storage.database import Database, open_database

STEP_SECONDS = 0.05
CLOCK = SystemClock()


async def main(database_url: str) -> None:
    async with open_database(database_url) as database:

        async def write(name: str) -> Document:
            await asyncio.sleep(STEP_SECONDS)
            return await _written(database, name)

        async def body(_order: Document) -> Document:
            await step("brief", lambda: write("brief"))
            await step("begin", lambda: write("begin"))
            await queued("produce", Role.ARTIST, {})
            await step("settle", lambda: write("settle"))
            return {}

        async def queued_body(name: str, _given: Document) -> Document:
            return await step(name, lambda: write(name)) or {}

        async with open_durable(database, body, queued_body) as durable:
            await durable.host.lost.wait()


async def _written(database: Database, name: str) -> Document:
    fence = run_of_task.get().fence
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO dead_letter (id, queue, message, reason, task_id, created_at) "
            "VALUES (%s, %s, '', %s, %s, clock_timestamp())",
            (new_id(CLOCK), name, f"{fence.lane} {fence.number}", fence.content_id),
        )
    return {"fence": fence.number}


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
