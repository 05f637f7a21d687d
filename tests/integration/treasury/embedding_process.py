"""Another program with agents of its own under a shared cap; starts when told, and tells how many spent."""

import asyncio
import os
import sys
from datetime import UTC, datetime

from chimera.core.clock import FixedClock
from chimera.treasury import Agent, BudgetExceeded, EmbeddedCfo, open_cfo

AGENTS = 32


async def main(database_url: str, key_file: str, name: str, cap: str) -> None:
    clock = FixedClock(datetime(2026, 2, 6, 12, 0, tzinfo=UTC))
    async with open_cfo(database_url, limits={"daily": cap}, key_file=key_file, clock=clock) as cfo:
        agents = [await cfo.register(f"{name}-{number}") for number in range(AGENTS)]
        os.write(sys.stdout.fileno(), b"ready\n")
        await asyncio.to_thread(sys.stdin.readline)
        allowed = sum(await asyncio.gather(*(_spend(cfo, agent) for agent in agents)))
        os.write(sys.stdout.fileno(), f"{allowed}\n".encode())


async def _spend(cfo: EmbeddedCfo, agent: Agent) -> bool:
    try:
        async with cfo.spending(agent, "5.00", roi="2.5", why=f"A paper for {agent.name}") as hold:
            hold.actual("5.00")
    except BudgetExceeded:
        return False
    return True


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
