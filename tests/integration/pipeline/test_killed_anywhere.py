"""`chimera run` killed with -9 at any point of a piece is finished by the next one: paid once, published once."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from chimera.agents.artist.production import production_request_id
from chimera.platforms.local_channel.channel import post_id_of
from fundamentals.studio_process import StudioProcess

pytestmark = [pytest.mark.slow, pytest.mark.engines, pytest.mark.timeout(600)]
POINT_SECONDS_MAX = 120


class Watched:
    """What a studio has done about its newest piece, seen from outside through its files and rows."""

    def __init__(self, studio: StudioProcess) -> None:
        self.studio = studio
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        if self._connection is None:
            urls = dict(line.partition("=")[::2] for line in self.studio.run("env").out.split())
            self._connection = psycopg.connect(urls["DATABASE_URL"], autocommit=True)
        return self._connection.execute(query.encode(), values).fetchall()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def newest(self) -> UUID | None:
        found = self.rows("SELECT id FROM content_pipeline ORDER BY created_at DESC LIMIT 1")
        return found[0][0] if found else None

    def work(self, name: str) -> bool:
        return any((self.studio.home / "work" / str(self.newest())).glob(name))

    def channel(self, name: str) -> bool:
        piece = self.newest()
        return piece is not None and any((self.studio.home / "channel").glob(name.format(post_id_of(piece))))

    def in_stage(self, stage: str) -> bool:
        return bool(self.rows("SELECT 1 FROM content_pipeline WHERE id = %s AND stage = %s", self.newest(), stage))

    def money(self) -> list[str]:
        """The kinds of the ledger's rows about the newest piece's production, in order."""
        piece = self.newest()
        asked = production_request_id(piece) if piece else None
        return [kind for (kind,) in self.rows("SELECT kind FROM ledger WHERE request_id = %s ORDER BY seq", asked)]

    def begun(self) -> bool:
        return bool(self.rows("SELECT 1 FROM spend_hold WHERE submitted_at IS NOT NULL"))

    def held(self) -> tuple[int, int]:
        """How many holds are open, and how many budget lines hold something."""
        holds = self.rows("SELECT count(*) FROM spend_hold")
        lines = self.rows("SELECT count(*) FROM budget_tracking WHERE held_amount <> 0")
        return holds[0][0], lines[0][0]


POINTS: dict[str, Callable[[Watched], bool]] = {
    "2013-04-05 the brief is written": lambda seen: seen.in_stage("draft"),
    "2013-04-06 the money is approved": lambda seen: seen.money() == ["decision"],
    "2013-04-07 the voice speaks": lambda seen: seen.work("jobs/*/process.json"),
    "2013-04-08 the spending begins": lambda seen: seen.begun(),
    "2013-04-09 the picture is drawn": lambda seen: len(list(_jobs(seen))) == 3,
    "2013-04-10 the review begins": lambda seen: seen.in_stage("review"),
    "2013-04-11 the post is copied": lambda seen: seen.channel("*{}*"),
    "2013-04-12 the post stands": lambda seen: seen.channel("{}"),
    "2013-04-13 the money is settled": lambda seen: seen.money() == ["decision", "settle"],
}


def _jobs(seen: Watched) -> Iterator[Path]:
    return (seen.studio.home / "work" / str(seen.newest())).glob("jobs/*/process.json")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A studio whose engines outlive its commands, as after `chimera engines start`."""
    studio = StudioProcess(tmp_path_factory.mktemp("killed") / "home", [])
    assert studio.run("engines", "start").code == 0
    assert studio.run("ledger", "verify").code == 0, "the tables are made by the first command"
    watched = Watched(studio)
    yield watched
    watched.close()
    studio.run("engines", "stop", "--force")


@pytest.mark.parametrize("point", POINTS)
def test_the_next_run_pays_and_publishes_once(seen: Watched, point: str) -> None:
    earlier = seen.newest()
    command = ("run", "--quality", "draft", "--json", "--as-of", f"{point[:10]}T18:00Z")
    _kill_at(seen, seen.studio.start(*command), lambda: seen.newest() != earlier and POINTS[point](seen))
    killed = seen.newest()
    assert _processes_left(seen.studio.home) == []

    answer = seen.studio.run(*command)

    assert (answer.code, answer.document.get("content_id")) == (0, str(killed)), answer.said
    assert seen.newest() == killed
    assert seen.money() == ["decision", "settle"]
    assert seen.held() == (0, 0)
    assert seen.in_stage("published")
    assert seen.channel("{}")
    assert not list((seen.studio.home / "channel").glob(".incoming-*"))
    assert seen.studio.run("ledger", "verify", "--json").document["ok"]
    assert _processes_left(seen.studio.home) == []


def _kill_at(seen: Watched, process: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + POINT_SECONDS_MAX
    while not reached():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"the point was not reached: {process.communicate()}, {seen.newest()}")
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)


def _processes_left(home: Path) -> list[str]:
    """Tool processes of this home, once those that end with their parent had 10 seconds to do so."""
    deadline = time.monotonic() + 10
    while True:
        listed = subprocess.run(["ps", "-Ao", "args"], capture_output=True, text=True, check=True).stdout  # noqa: S607
        left = [line for line in listed.splitlines() if str(home) in line and "chimera.tools" in line]
        if not left or time.monotonic() > deadline:
            return left
