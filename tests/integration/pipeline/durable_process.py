"""A process for the tests to kill: one workflow of two steps, each leaving a line in a journal when it runs.

Arguments: database url, journal file, content id, `hang` or `finish`. With `hang` the second step waits for ever.
"""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from chimera.pipeline.durable import Document, open_durable, step


async def main(database_url: str, journal: Path, content_id: UUID, ending: str) -> None:
    def note(line: str) -> None:
        with journal.open("a") as lines:
            lines.write(line + "\n")

    async def first() -> Document:
        note("first")
        return {"told": "once"}

    async def second() -> Document:
        note("second")
        if ending == "hang":
            await asyncio.Event().wait()
        return {"ended": True}

    async def body(order: Document) -> Document:
        told = await step("first", first)
        ended = await step("second", second)
        return {"order": order, "first": told, "second": ended}

    async with open_durable(database_url, body) as durable:
        left = [str(found) for found, _ in await durable.unfinished()]
        note(f"left {','.join(left) or 'nothing'}")
        await durable.start(content_id, {"piece": str(content_id)})
        note(f"result {await durable.result(content_id)}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), UUID(sys.argv[3]), sys.argv[4]))
