"""A process for the tests to kill: one workflow of two steps, each leaving a line in a journal when it runs.

Arguments: database url, journal file, content id, `hang`, `earlier`, `wait`, `finish` or `look`. With `hang` the second
step waits for ever, with `earlier` too, in a program of the version before this one, and with `wait` the workflow waits
for ever between its steps; `look` starts nothing, and tells what is unfinished once another process is in its second
step.
"""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from chimera.pipeline import host
from chimera.pipeline.durable import Document, engine, open_durable, step, takeover
from chimera.storage.database import open_database

LOOKS_MAX = 300


async def hang(really: bool) -> None:
    if really:
        await asyncio.Event().wait()


def told(journal: Path, line: str) -> bool:
    return line in journal.read_text().splitlines()


async def there(journal: Path, line: str) -> None:
    for _ in range(LOOKS_MAX):
        if told(journal, line):
            return
        await asyncio.sleep(0.1)


async def main(database_url: str, journal: Path, content_id: UUID, ending: str) -> None:
    def note(line: str) -> None:
        with journal.open("a") as lines:
            lines.write(line + "\n")

    async def first() -> Document:
        note("first")
        return {"told": "once"}

    async def second() -> Document:
        note("second")
        await hang(ending in {"hang", "earlier"})
        return {"ended": True}

    async def body(order: Document) -> Document:
        begun = await step("first", first)
        note("between")
        await hang(ending == "wait")
        ended = await step("second", second)
        return {"order": order, "first": begun, "second": ended}

    if ending == "earlier":
        for module in (host, engine, takeover):
            vars(module)["APPLICATION_VERSION"] = takeover.EARLIER_VERSIONS[0]
    async with open_database(database_url) as database, open_durable(database, body) as durable:
        note("open")
        if ending == "look":
            await there(journal, "second")
        left = [str(found) for found, _ in await durable.unfinished()]
        note(f"left {','.join(left) or 'nothing'}")
        if ending == "look":
            return
        await durable.start(content_id, {"piece": str(content_id)})
        note(f"result {await durable.result(content_id)}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), UUID(sys.argv[3]), sys.argv[4]))
