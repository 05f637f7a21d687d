"""How long a piece stood still after a fault: from the fault until a step of it was kept or a job of it went on."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from chimera.bench.chaos.plan import FaultKind
from chimera.bench.chaos.sight import PieceSeen


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from the fault until the piece was a living process's again (None where it never left), and went on."""

    kind: FaultKind
    content_id: UUID
    taken_over: float | None
    went_on: float


@dataclass(slots=True)
class _Struck:
    kind: FaultKind
    at: float
    wall_at: float
    kept: int
    lost_pids: frozenset[int]
    taken_over: float | None = None


class Recoveries:
    """What each struck piece did next. A piece that is struck again before it went on counts from the last time."""

    def __init__(self) -> None:
        self._open: dict[UUID, _Struck] = {}
        self.found: list[Recovery] = []
        self.struck_again = 0

    def strike(
        self, kind: FaultKind, at: tuple[float, float], pieces: Sequence[PieceSeen], lost_pids: Collection[int]
    ) -> None:
        """These pieces were struck; `at` is the moment by the monotonic and by the system's clock."""
        for piece in pieces:
            self.struck_again += piece.content_id in self._open
            self._open[piece.content_id] = _Struck(kind, at[0], at[1], piece.kept, frozenset(lost_pids))

    def watch(self, now: float, pieces: Iterable[PieceSeen], ended: Collection[UUID]) -> None:
        """Look at the pieces again; `ended` are those whose workflows have."""
        for piece in pieces:
            struck = self._open.get(piece.content_id)
            if struck is None:
                continue
            if struck.taken_over is None and struck.lost_pids and _is_held(piece, struck):
                struck.taken_over = now - struck.at
            if piece.kept > struck.kept or any(job.touched_at > struck.wall_at for job in piece.jobs if job.running):
                self._close(piece.content_id, now)
        for content_id in [content_id for content_id in self._open if content_id in ended]:
            self._close(content_id, now)

    def standing(self) -> tuple[UUID, ...]:
        """Pieces that never went on."""
        return tuple(self._open)

    def _close(self, content_id: UUID, now: float) -> None:
        struck = self._open.pop(content_id)
        self.found.append(Recovery(struck.kind, content_id, struck.taken_over, now - struck.at))


def _is_held(piece: PieceSeen, struck: _Struck) -> bool:
    return not piece.unclaimed and bool(piece.pids) and not piece.pids & struck.lost_pids


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of them does not pass; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 100) * len(ordered) // 100) - 1))]
