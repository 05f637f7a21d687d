"""The chaos bench's one document: what was done to the crew, what came of its pieces, and what is not as it must be."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chimera.bench.chaos.plan import FaultKind, Moment
from chimera.bench.chaos.recovery import Recovery, percentile
from chimera.contracts.contract import Contract
from chimera.contracts.contract import Moment as When

PieceEnd = Literal["published", "failed", "waits_for_person", "lost"]
Count = Annotated[int, Field(ge=0)]


class Violation(Contract):
    """Something that must never be. `content_id` names the piece, if it is about one."""

    code: str
    message: str
    content_id: UUID | None


class FaultDone(Contract):
    """One fault. `met` tells whether its moment was there when it struck; `hit` names what it struck."""

    number: int
    kind: FaultKind
    moment: Moment
    met: bool
    hit: str
    pieces: Count
    at_seconds: float


class FaultCount(Contract):
    """How many faults of a kind struck at a moment, and how many of them met it."""

    kind: FaultKind
    moment: Moment
    done: Count
    met: Count


class RecoveryTimes(Contract):
    """Seconds after a fault of this kind. `taken_over`: until another process had the piece, where its own was lost;
    `went_on`: until a step of it was kept or a job of it told something."""

    kind: str
    pieces: Count
    taken_over_p50: float | None
    taken_over_p95: float | None
    went_on_p50: float | None
    went_on_p95: float | None
    went_on_max: float | None


class EndedPiece(Contract):
    """What came of one ordered piece; `reason` where it failed."""

    content_id: UUID
    end: PieceEnd
    reason: str | None


class ChaosReport(Contract):
    """`seed` and `kills` repeat the same faults in the same order. Sound if `violations` is empty."""

    begun_at: When
    seconds: float
    cores: int
    load_average_1m: float
    seed: int
    kills: Count
    hosts: Count
    pieces_in_flight: Count
    real_voice: bool
    faults: tuple[FaultDone, ...]
    counts: tuple[FaultCount, ...]
    passed_over: Count
    left_out: Count
    starts: Count
    exits_by_themselves: dict[str, int]
    pieces: tuple[EndedPiece, ...]
    ends: dict[PieceEnd, int]
    recoveries: tuple[RecoveryTimes, ...]
    answered: Count
    struck_again: Count
    rest_seconds: float
    end_seconds: tuple[float, ...]
    ledger_entries: Count
    tasks: dict[str, int]
    violations: tuple[Violation, ...]


def counts_of(faults: Sequence[FaultDone]) -> tuple[FaultCount, ...]:
    """Faults by kind and moment."""
    done = Counter((fault.kind, fault.moment) for fault in faults)
    met = Counter((fault.kind, fault.moment) for fault in faults if fault.met)
    order = sorted(done, key=lambda key: (list(FaultKind).index(key[0]), list(Moment).index(key[1])))
    return tuple(FaultCount(kind=key[0], moment=key[1], done=done[key], met=met[key]) for key in order)


def recoveries_of(found: Sequence[Recovery]) -> tuple[RecoveryTimes, ...]:
    """By kind of fault, and of all kinds together."""
    kinds = [kind for kind in FaultKind if any(item.kind is kind for item in found)]
    rows = [_times(kind.value, [item for item in found if item.kind is kind]) for kind in kinds]
    return (*rows, _times("all", found)) if found else ()


def _times(name: str, found: Sequence[Recovery]) -> RecoveryTimes:
    taken = [item.taken_over for item in found if item.taken_over is not None]
    went = [item.went_on for item in found]
    return RecoveryTimes(
        kind=name,
        pieces=len(found),
        taken_over_p50=_short(percentile(taken, 0.5)),
        taken_over_p95=_short(percentile(taken, 0.95)),
        went_on_p50=_short(percentile(went, 0.5)),
        went_on_p95=_short(percentile(went, 0.95)),
        went_on_max=_short(max(went, default=None)),
    )


def _short(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
