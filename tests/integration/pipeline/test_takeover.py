"""Several processes on one database: what a dead or stopped one leaves is finished by the others, and nothing twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

import chimera
from chimera.pipeline.host import LEASE_SECONDS

pytestmark = [pytest.mark.engines, pytest.mark.timeout(240)]
SOURCE = Path(chimera.__file__).parent.parent
PROCESS = Path(__file__).parent / "crew_process.py"
SECONDS_MAX = 60
TAKEOVER_SECONDS_MAX = 30
EVERY = "artist,worker"

Process = subprocess.Popen[bytes]
Start = Callable[..., Process]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.touch()
    return path


@pytest.fixture
def start(database_url: str, journal: Path) -> Iterator[Start]:
    started: list[Process] = []

    def begin(roles: str, seconds: float, *pieces: UUID) -> Process:
        before = count(journal, "open")
        process = subprocess.Popen(
            [sys.executable, PROCESS, database_url, journal, roles, str(seconds), *map(str, pieces)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        started.append(process)
        wait_until(lambda: count(journal, "open") > before)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait(SECONDS_MAX)


def lines(journal: Path, *words: str) -> list[str]:
    return [line for line in journal.read_text().splitlines() if line.split()[: len(words)] == list(words)]


def count(journal: Path, *words: str) -> int:
    return len(lines(journal, *words))


def wait_until(there: Callable[[], bool], seconds: float = SECONDS_MAX) -> None:
    """Poll; bounded."""
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, f"not there in {seconds} s"
        time.sleep(0.05)


def finished(owner_url: str, pieces: list[UUID]) -> bool:
    with psycopg.connect(owner_url) as connection:
        ended = connection.execute(
            "SELECT count(*) FROM dbos.workflow_status WHERE name = 'content' AND status = 'SUCCESS' "
            "AND workflow_uuid = ANY(%s)",
            ([str(piece) for piece in pieces],),
        ).fetchone()
    return ended is not None and ended[0] == len(pieces)


def test_a_killed_process_s_pieces_finish_in_the_others(start: Start, journal: Path, owner_url: str) -> None:
    pieces = [uuid4() for _ in range(6)]
    processes = [start(EVERY, 0.5, *pieces[at : at + 2]) for at in (0, 2, 4)]
    wait_until(lambda: any(f"produce {pieces[0]}" in line for line in lines(journal, "begin")))
    processes[0].kill()
    killed_at = time.monotonic()
    wait_until(lambda: finished(owner_url, pieces))
    assert time.monotonic() - killed_at < TAKEOVER_SECONDS_MAX + 2 * len(pieces)
    assert count(journal, "end", "publish") == len(pieces)


def test_a_stopped_process_is_taken_over_and_does_nothing_twice(start: Start, journal: Path, owner_url: str) -> None:
    piece = uuid4()
    stopped = start(EVERY, 2.0, piece)
    wait_until(lambda: count(journal, "begin", "produce") == 1)
    stopped.send_signal(signal.SIGSTOP)
    start(EVERY, 0.1)
    wait_until(lambda: finished(owner_url, [piece]), LEASE_SECONDS + TAKEOVER_SECONDS_MAX)
    stopped.send_signal(signal.SIGCONT)
    assert stopped.wait(SECONDS_MAX) == 3
    assert count(journal, "lost") == 1
    assert (count(journal, "end", "produce"), count(journal, "end", "publish")) == (1, 1)


def test_a_drained_process_ends_its_steps_and_leaves_the_rest(start: Start, journal: Path, owner_url: str) -> None:
    piece = uuid4()
    ending = start(EVERY, 1.0, piece)
    wait_until(lambda: count(journal, "begin", "produce") == 1)
    ending.send_signal(signal.SIGTERM)
    assert ending.wait(SECONDS_MAX) == 0
    assert count(journal, "drained", "True") == 1
    assert (count(journal, "end", "produce"), count(journal, "begin", "publish")) == (1, 0)
    start(EVERY, 0.1)
    wait_until(lambda: finished(owner_url, [piece]))
    assert count(journal, "begin", "produce") == 1


def test_a_step_is_done_where_its_role_is_kept(start: Start, journal: Path, owner_url: str) -> None:
    piece = uuid4()
    artist, worker = start("artist", 0.1), start("worker", 0.1)
    start("", 0.1, piece)
    wait_until(lambda: finished(owner_url, [piece]))
    assert [line.split()[-1] for line in lines(journal, "end", "produce")] == [str(artist.pid)]
    assert [line.split()[-1] for line in lines(journal, "end", "publish")] == [str(worker.pid)]
