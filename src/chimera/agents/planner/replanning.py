"""What follows when the try of a slot failed: a table from the error's code to the next move. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chimera.agents.planner.cadence import Slot
from chimera.agents.planner.channel import OrderedTask, Progress, next_day
from chimera.core.vocabulary import TaskState

TRIES_MAX = 4
PAUSE_MIN = timedelta(seconds=10)
PAUSE_MAX = timedelta(hours=1)
_PAUSES_IN_A_SLOT = 8


class Move(StrEnum):
    """`scan`: look again; `choose`: another of the trends found; `hold`: a person is asked; `give_up`: no piece."""

    SCAN = "scan"
    CHOOSE = "choose"
    HOLD = "hold"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Next:
    """`counts` says whether giving up is a failure of the channel's, or nobody's fault."""

    move: Move
    reason: str
    not_before: datetime | None = None
    counts: bool = True


ANOTHER_TREND = frozenset({"QUALITY_FAILED", "SAFETY_BLOCKED", "ROI_TOO_LOW", "APPROVAL_REJECTED", "FORBIDDEN"})
WITHOUT_REMEDY = frozenset({"VALIDATION_FAILED"})
NOBODYS_FAULT = frozenset({"NO_TRENDS", "BUDGET_EXCEEDED", "SPEND_PAUSED", "CANCELLED"})


def after_failure(progress: Progress, slot: Slot, now: datetime, answered_at: datetime | None) -> Next:
    """The next move for a slot whose last try failed.

    | failed with | next |
    |---|---|
    | nothing rising | look again after a pause, with a timeframe twice as long |
    | quality, safety, return, a person's no | another trend of the same scan |
    | the budget | the next day's beginning, if the slot lasts until then |
    | spending paused, anything else that may pass | the same again after a pause |
    | all that rises waits for a person | hold until he has answered, then choose again |
    | an objective that can't work, a task or piece that was called off | give up |

    After `TRIES_MAX` tries, or where the next would begin after the slot, it is given up.
    """
    failed = progress.failure
    if failed is None:
        raise ValueError("no try of this slot failed")
    planned = _planned(failed, progress, slot, now, answered_at)
    if planned.move in {Move.HOLD, Move.GIVE_UP}:
        return planned
    counts = failed.code not in NOBODYS_FAULT
    if progress.attempt >= TRIES_MAX:
        return Next(Move.GIVE_UP, f"{_told(failed)}; {TRIES_MAX} tries are enough", counts=counts)
    if planned.not_before is not None and planned.not_before >= slot.ends:
        return Next(Move.GIVE_UP, f"{_told(failed)}; the slot ends before it could be tried again", counts=counts)
    return planned


def _planned(failed: OrderedTask, progress: Progress, slot: Slot, now: datetime, answered_at: datetime | None) -> Next:
    ended_at, code = failed.ended_at or failed.created_at, failed.code or ""
    again = Move.CHOOSE if progress.scan else Move.SCAN
    if code in WITHOUT_REMEDY:
        return Next(Move.GIVE_UP, _told(failed))
    if failed.state is TaskState.CANCELLED or code == "CANCELLED":
        return Next(Move.GIVE_UP, _told(failed), counts=False)
    if code == "WAITS_FOR_HUMAN":
        if answered_at is not None and answered_at > ended_at:
            return Next(again, "a person has decided about a trend", now)
        return Next(Move.HOLD, f"{_told(failed)}: `chimera review list`", counts=False)
    if code in ANOTHER_TREND:
        return Next(again, f"{_told(failed)}: another trend", now)
    if code == "BUDGET_EXCEEDED":
        return Next(again, f"{_told(failed)}: after the day's end", next_day(ended_at))
    pause = min(PAUSE_MAX, max(PAUSE_MIN, (slot.ends - slot.at) / _PAUSES_IN_A_SLOT))
    if code == "NO_TRENDS":
        return Next(Move.SCAN, f"{_told(failed)}: later, over a longer time", ended_at + pause)
    return Next(again, f"{_told(failed)}: once more later", ended_at + pause)


def _told(failed: OrderedTask) -> str:
    return f"{failed.kind}: {failed.reason or failed.code or 'it failed'}"
