"""The faults one after the other, with the crew kept at work meanwhile; then the wait until everything is at rest."""

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from chimera.bench.chaos.aim import Aim, Strike
from chimera.bench.chaos.ordering import Orders
from chimera.bench.chaos.plan import Fault, FaultKind, Moment
from chimera.bench.chaos.recovery import Recoveries
from chimera.bench.chaos.report import FaultDone
from chimera.bench.chaos.sight import Lengths, PieceSeen, pieces_of
from chimera.bench.chaos.strikes import Strikes
from chimera.core.progress import Progress, ProgressEvent
from chimera.storage.piece_watch import Onlooker

GATHER_SECONDS_MAX = 120.0
MINUTES_MAX = 240.0
ANSWER_SECONDS = 15.0
"""How often somebody answers what waits for a person's word about money, once the storm is over."""
REST_SECONDS_MAX = 900.0
"""How long unfinished pieces may take to end once nothing disturbs them any more."""
AIMS_AT_ONCE = 2
"""So many faults look for their moments at the same time."""
_REST_LOOK_SECONDS = 0.25


@dataclass
class Storm:
    """One storm over one crew; `done` are the faults that struck."""

    strikes: Strikes
    orders: Orders
    onlooker: Onlooker
    work_folder: Path
    in_flight: int
    progress: Progress
    answer: Callable[[], int]
    done: list[FaultDone] = field(default_factory=list)
    passed_over: int = 0
    left_out: int = 0
    answered: int = 0
    recoveries: Recoveries = field(default_factory=Recoveries)
    _lengths: Lengths = field(default_factory=Lengths)
    _ended: set[UUID] = field(default_factory=set)
    _pieces: tuple[PieceSeen, ...] = ()
    _began_at: float = field(default_factory=time.monotonic)

    @property
    def ordered(self) -> Collection[UUID]:
        return tuple(self.orders.ordered)

    def gather(self) -> None:
        """Wait until the first pieces are at work, so that the first faults find something."""
        until = time.monotonic() + GATHER_SECONDS_MAX
        while time.monotonic() < until:
            self._look(order=True)
            if any(piece.moments for piece in self._pieces):
                return
            time.sleep(_REST_LOOK_SECONDS)

    def rage(self, faults: Sequence[Fault], minutes_max: float = MINUTES_MAX) -> None:
        """Let the faults strike in their order, each at its moment, with pieces in flight all the while.

        A kill that found nothing to hit is made up for by that of a process. After `minutes_max` the rest is left out.
        """
        until = time.monotonic() + 60 * minutes_max
        waiting, aims = deque(faults), list[Aim]()
        while (waiting or aims) and time.monotonic() < until:
            while waiting and len(aims) < AIMS_AT_ONCE:
                aims.append(Aim(waiting.popleft(), time.monotonic()))
            now = self._look(order=True)
            for aim in tuple(aims):
                aim.young(now, self._youngest_seconds(now), self._lengths)
                strike = aim.look(now, self._pieces, self._lengths)
                if strike is not None and self._struck(aim.fault, strike, len(self.done) / len(faults)):
                    aims.remove(aim)
                elif now > aim.give_up_at:
                    aims.remove(aim)
                    self.passed_over += 1
                    if aim.fault.kind.kills:
                        waiting.append(replace(aim.fault, kind=FaultKind.KILL_HOST, moment=Moment.ANYTIME))
            time.sleep(min((aim.look_again_seconds(now) for aim in aims), default=0.0))
        self.left_out = len(waiting) + len(aims)

    def look(self) -> tuple[PieceSeen, ...]:
        """Keep the crew going, and see what is under way; orders nothing."""
        self._look(order=False)
        return self._pieces

    def come_to_rest(self) -> float:
        """Disturb nothing any more, and wait until every piece has ended; answers how long that took, in seconds."""
        began_at = time.monotonic()
        self.strikes.undo_all()
        self.progress(ProgressEvent("rest", 0.0, "waiting for what is under way"))
        answer_at = began_at + ANSWER_SECONDS
        while time.monotonic() - began_at < REST_SECONDS_MAX:
            now = self._look(order=False)
            if now > answer_at:
                self.answered += self.answer()
                answer_at = time.monotonic() + ANSWER_SECONDS
            if not self.orders.busy and len(self._ended) == len(self.ordered):
                break
            time.sleep(_REST_LOOK_SECONDS)
        seconds = time.monotonic() - began_at
        self.progress(ProgressEvent("rest", 1.0, f"{len(self._ended)} of {len(self.ordered)} ended in {seconds:.0f} s"))
        return seconds

    def _look(self, *, order: bool) -> float:
        """Keep the crew going, and see where everything is; answers when."""
        now = time.monotonic()
        self.strikes.undo_due(now)
        self.strikes.processes.keep()
        workflows = self.onlooker.unfinished()
        if workflows is None:
            return now
        self._pieces = pieces_of(workflows, self.work_folder)
        self._ended |= self.onlooker.ended([piece for piece in self.ordered if piece not in self._ended]) or set()
        self._lengths.watch(now, self._pieces)
        self.recoveries.watch(now, self._pieces, self._ended)
        missing = self.in_flight - (len(self.ordered) - len(self._ended))
        if order and not self.orders.busy and missing > 0:
            self.orders.order(missing)
        return now

    def _struck(self, fault: Fault, strike: Strike, share: float) -> bool:
        at = (time.monotonic(), time.time())
        hit = self.strikes.strike(fault, strike.piece, self._pieces)
        if hit is None:
            return False
        self.recoveries.strike(fault.kind, at, hit.pieces, hit.lost_pids)
        self._lengths.forget(piece.content_id for piece in hit.pieces)
        self.progress(ProgressEvent("faults", share, self._told(fault, strike)))
        self.done.append(
            FaultDone(
                number=fault.number,
                kind=fault.kind,
                moment=fault.moment,
                met=strike.met,
                hit=hit.told,
                pieces=len(hit.pieces),
                at_seconds=round(at[0] - self._began_at, 2),
            )
        )
        return True

    def _youngest_seconds(self, now: float) -> float | None:
        started = [place.started_at for place in self.strikes.processes.running()]
        return now - max(started) if started else None

    def _told(self, fault: Fault, strike: Strike) -> str:
        moment = f"{fault.moment}{'' if strike.met else ', by chance'}"
        return f"{fault.number} {fault.kind} ({moment}); {len(self._ended)} of {len(self.ordered)} pieces ended"
