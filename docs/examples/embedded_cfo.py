"""Another program's agents under Chimera's caps, in ten lines; `python embedded_cfo.py TOPIC [DATABASE_URL]`."""

import asyncio
import sys

from chimera.treasury import open_cfo


async def main(topic: str, database_url: str | None = None) -> str:
    async with open_cfo(database_url, limits={"daily": "50"}) as cfo:
        agent = await cfo.register("my-researcher")
        async with cfo.spending(agent, "0.30", "api_call", roi="3", why=f"Read up on {topic}") as hold:
            answer, cost = await call_my_model(topic)
            hold.actual(cost)
        return answer


async def call_my_model(topic: str) -> tuple[str, str]:
    """Stands for whatever your agent pays for: what came of it, and the dollars it really cost."""
    return f"What is known about {topic}.", "0.21"


if __name__ == "__main__":
    print(asyncio.run(main(*sys.argv[1:3])))
