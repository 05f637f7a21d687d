"""Waits for a fault's moment: its pause, then until some piece is there, then a part of the moment's usual length."""

from collections.abc import Sequence
from dataclasses import dataclass

from chimera.bench.chaos.plan import Fault, Moment
from chimera.bench.chaos.sight import Lengths, PieceSeen

AIM_SECONDS_MAX = 10.0
"""A moment that does not come in this time is not waited for any longer: the fault strikes by chance."""
HIT_SECONDS_MAX = 20.0
"""A fault that finds nothing to hit in this time is passed over."""
_SHORT = frozenset({Moment.BRIEF, Moment.APPROVE, Moment.BEGIN, Moment.SETTLE, Moment.PUBLISH})
_SHORT_LOOK_SECONDS, _LOOK_SECONDS = 0.01, 0.1


@dataclass(frozen=True, slots=True)
class Strike:
    """Time to strike: at the process of `piece` (None: by chance); `met` tells whether the moment was there."""

    piece: PieceSeen | None
    met: bool


class Aim:
    """One fault's way to its moment; times are of one clock that only goes forward."""

    def __init__(self, fault: Fault, now: float) -> None:
        self.fault = fault
        self._from = now + fault.pause_seconds
        self._until = self._from + AIM_SECONDS_MAX
        self.give_up_at = self._from + HIT_SECONDS_MAX
        self._target: PieceSeen | None = None
        self._strike_at = self._until

    def look_again_seconds(self, now: float) -> float:
        """How soon to look again: a short step must not pass unseen."""
        if now < self._from:
            return min(_LOOK_SECONDS, max(0.001, self._from - now))
        if self._target is not None:
            return min(_LOOK_SECONDS, max(0.001, self._strike_at - now))
        return _SHORT_LOOK_SECONDS if self.fault.moment in _SHORT else _LOOK_SECONDS

    def look(self, now: float, pieces: Sequence[PieceSeen], lengths: Lengths) -> Strike | None:
        """The strike, once it is time."""
        if now < self._from:
            return None
        if self.fault.moment is Moment.ANYTIME:
            return Strike(None, True)
        if self._target is None:
            self._find(now, pieces, lengths)
        if now < self._strike_at:
            return None
        if self._target is None:
            return Strike(None, self.fault.moment is Moment.STARTING)
        still = next((seen for seen in pieces if seen.content_id == self._target.content_id), None)
        return Strike(still, still is not None and self.fault.moment in still.moments)

    def young(self, now: float, youngest_seconds: float | None, lengths: Lengths) -> None:
        """A process was started so many seconds ago; where that is the moment, it counts from there."""
        if self.fault.moment is Moment.STARTING and now >= self._from and youngest_seconds is not None:
            due = self.fault.fraction * lengths.usual(Moment.STARTING) - youngest_seconds
            if due > -1.0:
                self._strike_at = min(self._strike_at, now + max(0.0, due))

    def _find(self, now: float, pieces: Sequence[PieceSeen], lengths: Lengths) -> None:
        there = [seen for seen in pieces if self.fault.moment in seen.moments and seen.pids]
        if there:
            self._target = self.fault.choose(there)
            self._strike_at = now + self.fault.fraction * lengths.usual(self.fault.moment)
