"""How much a run of the benchmark does."""

from dataclasses import dataclass

from chimera.bench.api.ground import FULL
from chimera.storage.scratch_volumes import Volumes


@dataclass(frozen=True, slots=True)
class Size:
    """`seconds` is how long decisions are asked for, by `connections` callers at once; each read is asked `reads`
    times, each question to the scout `questions` times."""

    rounds: int
    seconds: float
    bare_seconds: float
    connections: int
    volumes: Volumes
    reads: int
    posts: int
    questions: int
    starts: int


def full(rounds: int) -> Size:
    """Some minutes on two cores."""
    return Size(
        rounds=rounds,
        seconds=15.0,
        bare_seconds=5.0,
        connections=64,
        volumes=FULL,
        reads=60,
        posts=1_000_000,
        questions=10,
        starts=5,
    )


def quick(rounds: int) -> Size:
    """Everything small: to see that it works, not how fast it is."""
    return Size(
        rounds=rounds,
        seconds=1.0,
        bare_seconds=0.5,
        connections=16,
        volumes=Volumes(agents=50, trends=1_000, content=1_000, videos=1_000, ledger=2_000),
        reads=5,
        posts=20_000,
        questions=2,
        starts=2,
    )
