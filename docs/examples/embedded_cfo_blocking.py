"""The same for a program without asyncio; `python embedded_cfo_blocking.py TOPIC [DATABASE_URL]`."""

import sys

from chimera.treasury import open_cfo


def main(topic: str, database_url: str | None = None) -> str:
    with open_cfo(database_url, limits={"daily": "50"}) as cfo:
        agent = cfo.register("my-researcher")
        with cfo.spending(agent, "0.30", "api_call", roi="3", why=f"Read up on {topic}") as hold:
            answer, cost = call_my_model(topic)
            hold.actual(cost)
        return answer


def call_my_model(topic: str) -> tuple[str, str]:
    """Stands for whatever your agent pays for: what came of it, and the dollars it really cost."""
    return f"What is known about {topic}.", "0.21"


if __name__ == "__main__":
    print(main(*sys.argv[1:3]))
