"""Three `chimera worker` processes on one database: one is killed for good, or PostgreSQL is; every piece is made."""

import time
from collections.abc import Callable

import pytest

from chimera.bench.chaos.plan import Moment
from chimera.bench.chaos.processes import Place
from chimera.bench.chaos.run import ChaosSize, Trial, open_trial
from chimera.bench.chaos.sight import PieceSeen
from chimera.core.progress import silent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
PIECES = 3
AT_WORK_SECONDS_MAX = 180
TAKEOVER_SECONDS_MAX = 30
"""What the crew promises: by then whatever a dead process left has another one."""
LOOK_SECONDS = 0.1


def wait_until(there: Callable[[], bool], seconds: float) -> None:
    """Look again and again; bounded."""
    until = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < until, f"not there in {seconds} s"
        time.sleep(LOOK_SECONDS)


def producing(trial: Trial) -> PieceSeen | None:
    """A piece whose video is being made."""
    return next((piece for piece in trial.storm.look() if Moment.VIDEO in piece.moments and piece.pids), None)


def producer(trial: Trial) -> Place:
    """The process that makes a piece's video, once there is one: the tool server of the job is its child."""
    found: list[Place] = []

    def seen() -> bool:
        if producing(trial) is not None:
            found.extend(place for place in trial.processes.running() if trial.processes.jobs(place))
        return bool(found)

    wait_until(seen, AT_WORK_SECONDS_MAX)
    return found[0]


def kill_for_good(trial: Trial, place: Place) -> int | None:
    """Kill -9 the process, and start none in its place; answers its number."""
    pid = place.pid
    trial.processes.kill(place)
    trial.processes.places.remove(place)
    place.database.close()
    place.redis.close()
    return pid


def test_a_killed_worker_s_pieces_finish_in_the_others_in_time_and_once() -> None:
    with open_trial(ChaosSize(kills=0, seed=3, pieces=PIECES, hosts=3), silent) as trial:
        trial.storm.gather()
        gone = kill_for_good(trial, producer(trial))
        wait_until(
            lambda: not any(piece.unclaimed or gone in piece.pids for piece in trial.storm.look()),
            TAKEOVER_SECONDS_MAX,
        )
        outcome = trial.end()
    assert outcome.violations == ()
    assert [(piece.stage, piece.posts) for piece in outcome.pieces] == [("published", 1)] * PIECES


def test_postgresql_killed_and_started_in_the_middle_of_a_piece_costs_nothing_twice() -> None:
    with open_trial(ChaosSize(kills=0, seed=5, pieces=PIECES, hosts=3), silent) as trial:
        trial.storm.gather()
        producer(trial)
        assert trial.ground.postgresql.kill(0.0) is not None
        trial.ground.postgresql.settle()
        outcome = trial.end()
    assert outcome.violations == ()
    assert [(piece.stage, piece.posts) for piece in outcome.pieces] == [("published", 1)] * PIECES
    assert [sorted(row.kind for row in piece.rows) for piece in outcome.pieces] == [["decision", "settle"]] * PIECES
