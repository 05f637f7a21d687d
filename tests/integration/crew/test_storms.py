"""The real crew at work on its engines, and one thing after another goes wrong: nothing is lost, doubled or left."""

import signal
import time
from collections.abc import Callable

import pytest

from chimera.bench.chaos.plan import Fault, FaultKind, Moment, draw_faults
from chimera.bench.chaos.processes import END_SECONDS_MAX
from chimera.bench.chaos.run import ChaosSize, Outcome, Trial, open_trial
from chimera.core.progress import silent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
STARTS_SECONDS_MAX = 180


def faults(kind: FaultKind, *moments: Moment) -> list[Fault]:
    """One of this kind at each of these moments, in its middle; what is cut stays cut for six seconds."""
    return [Fault(number, kind, moment, 0.5, 0.5, 0.0, 6.0) for number, moment in enumerate(moments, start=1)]


def outcome_of(pieces: int, storm: Callable[[Trial], object], hosts: int = 2) -> Outcome:
    """What so many pieces come to when `storm` goes over the crew that makes them."""
    with open_trial(ChaosSize(kills=0, seed=pieces, pieces=pieces, hosts=hosts), silent) as trial:
        trial.storm.gather()
        storm(trial)
        return trial.end()


@pytest.mark.parametrize(
    ("kind", "moments"),
    [
        (FaultKind.STOP_HOST, (Moment.VIDEO,)),
        (FaultKind.STOP_HOST, (Moment.REVIEW,)),
        (FaultKind.KILL_POSTGRESQL, (Moment.PRODUCE, Moment.REVIEW)),
        (FaultKind.KILL_VALKEY, (Moment.PRODUCE, Moment.REVIEW)),
        (FaultKind.FLUSH_REDIS, (Moment.PRODUCE, Moment.REVIEW)),
        (FaultKind.CUT_POSTGRESQL, (Moment.PRODUCE, Moment.REVIEW)),
        (FaultKind.CUT_REDIS, (Moment.PRODUCE, Moment.REVIEW)),
        (FaultKind.SILENCE, (Moment.PRODUCE, Moment.REVIEW)),
        (FaultKind.KILL_TOOLS, (Moment.VOICE, Moment.VIDEO)),
    ],
)
def test_work_resumes_and_nothing_happens_twice(kind: FaultKind, moments: tuple[Moment, ...]) -> None:
    outcome = outcome_of(2, lambda trial: trial.storm.rage(faults(kind, *moments)))
    assert outcome.violations == ()
    assert {piece.stage for piece in outcome.pieces} == {"published"}


def test_a_dozen_kills_at_every_kind_of_moment() -> None:
    outcome = outcome_of(4, lambda trial: trial.storm.rage(draw_faults(12, 12)), hosts=3)
    assert outcome.violations == ()


def test_a_job_that_always_dies_fails_its_piece_and_not_the_others() -> None:
    """The poison is a piece whose jobs are killed whenever they are seen."""
    poisoned = []

    def poison(trial: Trial) -> None:
        victim = min(trial.storm.ordered)
        poisoned.append(victim)
        until = time.monotonic() + STARTS_SECONDS_MAX
        while victim in {piece.content_id for piece in trial.storm.look()} and time.monotonic() < until:
            for piece in trial.storm.look():
                if piece.content_id == victim:
                    for job in piece.jobs:
                        trial.processes.kill_process(job.pid if job.running else None)
            time.sleep(0.05)

    outcome = outcome_of(3, poison)
    ends = {piece.content_id: (piece.stage, piece.error) for piece in outcome.pieces}
    assert outcome.violations == ()
    assert ends[poisoned[0]][0] == "failed"
    assert "lost" in str(ends[poisoned[0]][1])
    assert [stage for piece, (stage, _) in ends.items() if piece not in poisoned] == ["published", "published"]


def test_a_process_told_to_stop_at_work_ends_in_time_and_others_finish_its_pieces() -> None:
    codes: list[int] = []

    def stop(trial: Trial) -> None:
        until = time.monotonic() + STARTS_SECONDS_MAX
        while not any(Moment.VIDEO in piece.moments for piece in trial.storm.look()):
            assert time.monotonic() < until
            time.sleep(0.1)
        victim = trial.processes.of(next(iter(_at(trial, Moment.VIDEO))))
        assert victim is not None
        assert victim.process is not None
        asked_at = time.monotonic()
        victim.process.send_signal(signal.SIGTERM)
        codes.append(victim.process.wait(END_SECONDS_MAX + 5))
        assert time.monotonic() - asked_at <= END_SECONDS_MAX + 1

    outcome = outcome_of(2, stop)
    assert codes == [0]
    assert outcome.violations == ()
    assert {piece.stage for piece in outcome.pieces} == {"published"}


def _at(trial: Trial, moment: Moment) -> list[int]:
    """Processes that have a piece at this moment; the one that produces it has the newest workflow of it."""
    return [
        pid
        for piece in trial.storm.look()
        if moment in piece.moments
        for pid in sorted(piece.pids)
        if trial.processes.of(pid)
    ]
