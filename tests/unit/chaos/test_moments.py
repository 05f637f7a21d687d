"""What an onlooker makes of a piece's rows: which step runs, when to strike, and when the piece went on."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest

from chimera.bench.chaos.aim import AIM_SECONDS_MAX, Aim
from chimera.bench.chaos.plan import Fault, FaultKind, Moment
from chimera.bench.chaos.recovery import Recoveries, percentile
from chimera.bench.chaos.sight import Job, Lengths, PieceSeen, moment_of, pieces_of
from chimera.storage.piece_watch import WorkflowSeen

PIECE = UUID("0190aaaa-0000-7000-8000-000000000001")
BEFORE = ["crew", "brief", "attempts", "approve", "begin"]


def workflow(steps: Sequence[str], part: str = "", pid: int | None = 7, status: str = "PENDING") -> WorkflowSeen:
    return WorkflowSeen(f"{PIECE}{part}", status, pid, "slot-0/x", tuple(steps))


def seen(*moments: Moment, pids: Sequence[int] = (7,), kept: int = 100, jobs: tuple[Job, ...] = ()) -> PieceSeen:
    return PieceSeen(PIECE, frozenset(moments), frozenset(pids), kept, jobs, unclaimed=not pids)


def fault(moment: Moment, fraction: float = 0.5, pause: float = 0.0) -> Fault:
    return Fault(1, FaultKind.KILL_HOST, moment, fraction, 0.0, pause, 1.0)


@pytest.mark.parametrize(
    ("steps", "moment"),
    [
        ([], Moment.BRIEF),
        (["crew"], Moment.BRIEF),
        (["crew", "brief"], Moment.APPROVE),
        (BEFORE[:-1], Moment.BEGIN),
        (BEFORE, Moment.PRODUCE),
        ([*BEFORE, "content/artist"], None),
        ([*BEFORE, "content/artist", "DBOS.getResult"], Moment.SETTLE),
        ([*BEFORE, "content/artist", "DBOS.getResult", "settle"], Moment.REVIEW),
    ],
)
def test_what_runs_follows_from_the_last_kept_step(steps: list[str], moment: Moment | None) -> None:
    assert moment_of(workflow(steps)) is moment


def test_a_step_that_went_to_a_queue_runs_where_its_own_workflow_does(tmp_path: Path) -> None:
    found = pieces_of(
        [workflow([*BEFORE, "content/artist"]), workflow([], part="/produce/1.1", pid=9)], work_folder=tmp_path
    )
    assert [(piece.moments, piece.pids) for piece in found] == [(frozenset({Moment.PRODUCE}), frozenset({7, 9}))]


def test_a_moment_is_struck_after_its_part_of_the_usual_length() -> None:
    lengths, aim = Lengths(), Aim(fault(Moment.REVIEW), now=10.0)
    assert aim.look(10.0, [], lengths) is None
    assert aim.look(11.0, [seen(Moment.REVIEW)], lengths) is None
    strike = aim.look(11.0 + 0.5 * lengths.usual(Moment.REVIEW), [seen(Moment.REVIEW)], lengths)
    assert strike is not None
    assert strike.met


def test_a_moment_that_does_not_come_is_struck_by_chance() -> None:
    aim = Aim(fault(Moment.REVIEW, pause=2.0), now=0.0)
    assert aim.look(1.0, [seen(Moment.REVIEW)], Lengths()) is None, "the pause comes first"
    strike = aim.look(2.0 + AIM_SECONDS_MAX, [], Lengths())
    assert strike is not None
    assert not strike.met


def test_lengths_are_learned_from_what_was_not_disturbed() -> None:
    lengths = Lengths()
    lengths.watch(0.0, [seen(Moment.REVIEW)])
    lengths.watch(9.0, [])
    assert lengths.usual(Moment.REVIEW) == 9.0
    lengths.watch(10.0, [seen(Moment.REVIEW)])
    lengths.forget([PIECE])
    lengths.watch(11.0, [])
    assert lengths.usual(Moment.REVIEW) == 9.0


def test_a_piece_has_recovered_when_a_step_of_it_is_kept_by_another_process() -> None:
    recoveries = Recoveries()
    recoveries.strike(FaultKind.KILL_HOST, (100.0, 5000.0), [seen(kept=100)], [7])
    recoveries.watch(101.0, [seen(kept=100)], ())
    recoveries.watch(103.0, [seen(kept=100, pids=[8])], ())
    recoveries.watch(105.0, [seen(kept=200, pids=[8])], ())
    (found,) = recoveries.found
    assert (found.taken_over, found.went_on) == (3.0, 5.0)


def test_a_job_that_tells_something_is_going_on() -> None:
    recoveries = Recoveries()
    recoveries.strike(FaultKind.KILL_JOB, (100.0, 5000.0), [seen()], [])
    recoveries.watch(101.0, [seen(jobs=(Job(Moment.VOICE, True, 4999.0, 3),))], ())
    assert recoveries.found == []
    recoveries.watch(102.0, [seen(jobs=(Job(Moment.VOICE, True, 5001.5, 4),))], ())
    assert [(found.taken_over, found.went_on) for found in recoveries.found] == [(None, 2.0)]


def test_a_piece_that_ended_has_recovered() -> None:
    recoveries = Recoveries()
    recoveries.strike(FaultKind.FLUSH_REDIS, (0.0, 0.0), [seen()], [])
    recoveries.watch(4.0, [], {PIECE})
    assert recoveries.standing() == ()


def test_percentiles_are_values_that_were_seen() -> None:
    assert percentile([], 0.5) is None
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile(list(map(float, range(1, 101))), 0.95) == 95.0
