"""How much a run of the benchmark does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """`hints` and `tasks` are how many no-ops are timed at once, `beside_redis` how many of dramatiq's.

    `per_second` and `latency_seconds` are the open loop's; hosted agents run `settle_seconds` before they are weighed.
    """

    rounds: int
    hints: int
    beside_redis: int
    tasks: int
    per_second: int
    latency_seconds: float
    backlog: int
    high_tasks: int
    agents: tuple[int, ...]
    settle_seconds: float
    queue_tasks: int
    queue_agents: int
    workflows: int
    pieces: int
    soak_minutes: float


def full(rounds: int, pieces: int, soak_minutes: float) -> Size:
    """Some minutes on two cores."""
    return Size(
        rounds=rounds,
        hints=50_000,
        beside_redis=10_000,
        tasks=20_000,
        per_second=100,
        latency_seconds=20.0,
        backlog=100_000,
        high_tasks=100,
        agents=(10_000, 100_000),
        settle_seconds=3.0,
        queue_tasks=1_000,
        queue_agents=10_000,
        workflows=300,
        pieces=pieces,
        soak_minutes=soak_minutes,
    )


def quick(rounds: int, pieces: int, soak_minutes: float) -> Size:
    """Everything small: to see that it works, not how fast it is."""
    return Size(
        rounds=rounds,
        hints=1_000,
        beside_redis=200,
        tasks=500,
        per_second=100,
        latency_seconds=1.0,
        backlog=1_000,
        high_tasks=10,
        agents=(100, 1_000),
        settle_seconds=0.2,
        queue_tasks=50,
        queue_agents=100,
        workflows=5,
        pieces=pieces,
        soak_minutes=soak_minutes,
    )
