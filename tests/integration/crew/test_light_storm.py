"""Processes of a light crew are killed again and again: every piece ends, and no late run writes behind a newer one."""

import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

import chimera
from chimera.core.errors import EngineUnavailable
from chimera.pipeline.durable.handing_in import hand_in

pytestmark = [pytest.mark.engines, pytest.mark.timeout(180)]
PROCESS = Path(__file__).parent / "crew_process.py"
SOURCE = Path(chimera.__file__).parent.parent
SECONDS_MAX = 90
PIECES, KILLS, PROCESSES = 12, 4, 2
STEPS = {"brief", "begin", "produce", "settle"}


class Crew:
    """So many processes on one database; a killed one is replaced at once."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._processes = [self._started() for _ in range(PROCESSES)]

    def kill(self, number: int) -> None:
        self._processes[number].kill()
        self._processes[number].wait()
        self._processes[number] = self._started()

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def _started(self) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        return subprocess.Popen([sys.executable, PROCESS, self._url], env=environment)


@pytest.fixture
def crew(database_url: str) -> Iterator[Crew]:
    opened = Crew(database_url)
    yield opened
    opened.close()


@pytest.fixture
def rows(owner_url: str) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield lambda query: connection.execute(query.encode()).fetchall()


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not reached():
        assert time.monotonic() < deadline, f"not within {SECONDS_MAX} s"
        time.sleep(0.05)


def test_every_piece_ends_and_no_older_run_writes_behind_a_newer(
    crew: Crew, database_url: str, rows: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    chance, pieces = random.Random(4), [uuid4() for _ in range(PIECES)]

    def written() -> int:
        return int(rows("SELECT count(*) FROM dead_letter")[0][0])

    until(lambda: _handed_in(database_url, pieces))
    for _ in range(KILLS):
        before = written()
        until(lambda least=before: written() >= least + chance.randrange(1, 6))  # type: ignore[misc]
        crew.kill(chance.randrange(PROCESSES))
    until(lambda: _succeeded(rows) == set(pieces))

    lines: dict[tuple[UUID, str], list[int]] = defaultdict(list)
    done: dict[UUID, set[str]] = defaultdict(set)
    for piece, name, fence in rows("SELECT task_id, queue, reason FROM dead_letter ORDER BY created_at"):
        lane, _, number = fence.partition(" ")
        lines[piece, lane].append(int(number))
        done[piece].add(name)
    assert all(done[piece] == STEPS for piece in pieces)
    assert all(earlier <= later for fences in lines.values() for earlier, later in pairwise(fences))


def _handed_in(database_url: str, pieces: list[UUID]) -> bool:
    """Possible once the first process has made the engine's tables."""
    try:
        hand_in(database_url, {piece: {} for piece in pieces})
    except EngineUnavailable:
        return False
    return True


def _succeeded(rows: Callable[[str], list[tuple[Any, ...]]]) -> set[UUID]:
    found = rows("SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'SUCCESS' AND name = 'content'")
    return {UUID(name) for (name,) in found}
