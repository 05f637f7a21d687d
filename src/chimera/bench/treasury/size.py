"""How much a run of the benchmark does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """`decisions` is how many are timed at each number in flight, `seconds` how long each open loop lasts."""

    rounds: int
    batches: int
    in_flight: tuple[tuple[int, int], ...]
    arrivals_per_second: tuple[int, ...]
    seconds: float
    one_by_one: int
    repeated: int
    tight: int


def full(rounds: int) -> Size:
    """Some minutes on two cores."""
    return Size(
        rounds=rounds,
        batches=40,
        in_flight=((1, 1_000), (256, 40_000), (1_000, 40_000), (10_000, 60_000)),
        arrivals_per_second=(100, 1_000),
        seconds=10.0,
        one_by_one=500,
        repeated=4_000,
        tight=4_000,
    )


def quick(rounds: int) -> Size:
    """Everything once and small: to see that it works, not how fast it is."""
    return Size(
        rounds=rounds,
        batches=4,
        in_flight=((1, 20), (256, 1_024), (1_000, 2_000), (10_000, 10_000)),
        arrivals_per_second=(100, 1_000),
        seconds=0.5,
        one_by_one=20,
        repeated=500,
        tight=1_000,
    )
