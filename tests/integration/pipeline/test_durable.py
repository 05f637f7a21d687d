"""A content workflow survives its process: kept steps are not run again, and somebody goes on with the rest."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

import chimera

pytestmark = pytest.mark.engines
SOURCE = Path(chimera.__file__).parent.parent
PROCESS = Path(__file__).parent / "durable_process.py"
PIECE = UUID("0190aaaa-0000-7000-8000-000000000001")
OTHER_PIECE = UUID("0190aaaa-0000-7000-8000-000000000002")
START_SECONDS_MAX = 30
FIRST_SLOT_LOCK = 0x43480000

Start = Callable[[UUID, str], subprocess.Popen[bytes]]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.touch()
    return path


@pytest.fixture
def start(database_url: str, journal: Path) -> Start:
    def begin(content_id: UUID, ending: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, PROCESS, database_url, journal, str(content_id), ending],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )

    return begin


def wait_for(journal: Path, line: str, process: subprocess.Popen[bytes], times: int = 1) -> None:
    """Poll the journal until `line` stands in it so many times; bounded."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while lines_of(journal).count(line) < times:
        assert process.poll() is None, f"ended before {line!r}: {journal.read_text()}"
        assert time.monotonic() < deadline, f"no {line!r} in {START_SECONDS_MAX} s"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)


def lines_of(journal: Path) -> list[str]:
    return journal.read_text().splitlines()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_next_process_goes_on_behind_the_last_kept_step(start: Start, journal: Path, how: signal.Signals) -> None:
    first = start(PIECE, "hang")
    wait_for(journal, "second", first)
    first.send_signal(how)
    first.wait(START_SECONDS_MAX)

    assert start(PIECE, "finish").wait(START_SECONDS_MAX) == 0
    assert lines_of(journal).count("first") == 1
    assert lines_of(journal).count("second") == 2
    assert f"left {PIECE}" in lines_of(journal)
    assert lines_of(journal)[-1].startswith("result {")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_piece_that_waits_between_two_steps_goes_on_behind_the_first(
    start: Start, journal: Path, how: signal.Signals
) -> None:
    waiting = start(PIECE, "wait")
    wait_for(journal, "between", waiting)
    waiting.send_signal(how)
    waiting.wait(START_SECONDS_MAX)
    assert start(PIECE, "finish").wait(START_SECONDS_MAX) == 0
    assert lines_of(journal).count("first") == lines_of(journal).count("second") == 1
    assert lines_of(journal)[-1].startswith("result {")


def test_what_an_earlier_version_left_is_begun_again_from_its_first_step(start: Start, journal: Path) -> None:
    earlier = start(PIECE, "earlier")
    wait_for(journal, "second", earlier)
    earlier.kill()
    earlier.wait(START_SECONDS_MAX)

    assert start(PIECE, "finish").wait(START_SECONDS_MAX) == 0
    assert f"left {PIECE}" in lines_of(journal)
    assert lines_of(journal).count("first") == lines_of(journal).count("second") == 2
    assert lines_of(journal)[-1].startswith("result {")


def test_a_living_process_of_an_earlier_version_keeps_its_piece(start: Start, journal: Path) -> None:
    earlier = start(PIECE, "earlier")
    wait_for(journal, "second", earlier)
    assert start(OTHER_PIECE, "finish").wait(START_SECONDS_MAX) == 0
    earlier.kill()
    earlier.wait(START_SECONDS_MAX)
    assert lines_of(journal).count("left nothing") == 2
    assert lines_of(journal).count("second") == 2


def test_a_live_process_keeps_its_piece(start: Start, journal: Path) -> None:
    at_work = start(PIECE, "hang")
    wait_for(journal, "second", at_work)
    assert start(OTHER_PIECE, "finish").wait(START_SECONDS_MAX) == 0
    at_work.kill()
    at_work.wait(START_SECONDS_MAX)
    assert f"left {PIECE}" not in lines_of(journal)
    assert lines_of(journal).count("second") == 2


def test_one_process_takes_over_from_two_killed_ones(start: Start, journal: Path) -> None:
    at_work = [start(PIECE, "hang")]
    wait_for(journal, "second", at_work[0])
    at_work.append(start(OTHER_PIECE, "hang"))
    wait_for(journal, "second", at_work[1], times=2)
    for process in at_work:
        process.kill()
        process.wait(START_SECONDS_MAX)

    assert start(PIECE, "finish").wait(START_SECONDS_MAX) == 0
    left = next(line for line in reversed(lines_of(journal)) if line.startswith("left "))
    assert {str(PIECE), str(OTHER_PIECE)} == set(left.removeprefix("left ").split(","))


def test_what_a_later_process_began_is_not_taken_for_left_behind(start: Start, journal: Path) -> None:
    looking = start(OTHER_PIECE, "look")
    wait_for(journal, "open", looking)
    at_work = start(PIECE, "hang")
    assert looking.wait(START_SECONDS_MAX) == 0
    at_work.kill()
    at_work.wait(START_SECONDS_MAX)
    assert lines_of(journal).count("left nothing") == 2
    assert lines_of(journal).count("second") == 1


def test_who_waits_for_a_piece_takes_it_over_when_its_process_dies(start: Start, journal: Path) -> None:
    at_work = start(PIECE, "hang")
    wait_for(journal, "second", at_work)
    waiting = start(PIECE, "finish")
    wait_for(journal, "open", waiting, times=2)
    at_work.kill()
    at_work.wait(START_SECONDS_MAX)
    assert waiting.wait(START_SECONDS_MAX) == 0
    assert lines_of(journal).count("first") == 1
    assert lines_of(journal)[-1].startswith("result {")


def test_a_process_that_lost_its_slot_stops(start: Start, journal: Path, owner_url: str) -> None:
    at_work = start(PIECE, "hang")
    wait_for(journal, "second", at_work)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("DELETE FROM executor_slot")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            (FIRST_SLOT_LOCK,),
        )
    assert at_work.wait(START_SECONDS_MAX) == 1
