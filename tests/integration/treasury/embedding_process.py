"""Another program with agents of its own under a shared cap; prints how many spendings it was allowed."""

import asyncio
import sys
from datetime import UTC, datetime

from chimera.core.clock import FixedClock
from chimera.treasury import BudgetExceeded, EmbeddedCfo, open_cfo

AGENTS = 32


async def main(database_url: str, key_file: str, name: str, cap: str) -> None:
    clock = FixedClock(datetime(2026, 2, 6, 12, 0, tzinfo=UTC))
    async with open_cfo(database_url, limits={"daily": cap}, key_file=key_file, clock=clock) as cfo:
        spent = await asyncio.gather(*(_spend(cfo, f"{name}-{number}") for number in range(AGENTS)))
    print(sum(spent))  # noqa: T201 - what the test reads


async def _spend(cfo: EmbeddedCfo, name: str) -> bool:
    try:
        agent = await cfo.register(name)
        async with cfo.spending(agent, "5.00", roi="2.5", why=f"A paper for {name}") as hold:
            hold.actual("5.00")
    except BudgetExceeded:
        return False
    return True


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
