"""PostgreSQL killed with -9 in the middle of a batch, and its disk full: refused at worst, nothing half, on it goes."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.core.clock import FixedClock
from chimera.core.errors import EngineUnavailable
from chimera.storage.access import prepare_database
from chimera.storage.database import Database, open_database
from chimera.storage.engines.postgresql import Postgresql
from chimera.storage.engines.server import EmbeddedServer
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.treasury import Treasury
from factories_treasury import Office, open_office, register_spender
from spenders import recount

pytestmark = pytest.mark.engines

HOLD = timedelta(hours=1)
FILESYSTEM_MB = 160
ROUNDS_MAX = 400


@dataclass
class Saboteur:
    """Kills the server at the nth time of a step."""

    server: EmbeddedServer
    step: str = ""
    count: int = 0
    killed: list[int] = field(default_factory=list)

    def observe(self, step: str) -> None:
        if step != self.step:
            return
        self.count -= 1
        pid = self.server.status().pid
        if self.count == 0 and pid is not None:
            self.killed.append(pid)
            os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def a_server(home: Path) -> AsyncIterator[tuple[EmbeddedServer, str]]:
    server = EmbeddedServer(Postgresql(), home)
    lease = await asyncio.to_thread(server.join)
    try:
        access = await prepare_database(lease.url, lease.owner_url)
        yield server, access.application_url
    finally:
        await asyncio.to_thread(server.leave, lease)


def _treasury(office: Office, database: Database, saboteur: Saboteur) -> Treasury:
    return Treasury(
        database=database,
        redis=office.redis,
        clock=office.clock,
        key=office.key,
        cfo_agent_id=office.cfo,
        policy=SpendingPolicy(office.limit, office.hurdle_rate),
        observe=saboteur.observe,
    )


async def _requests(office: Office, database: Database, count: int) -> list[ApprovalRequest]:
    return [office.request("0.50", agent_id=await register_spender(database)) for _ in range(count)]


async def _ask(treasury: Treasury, requests: Sequence[ApprovalRequest]) -> list[Approval | BaseException]:
    return await asyncio.gather(
        *(treasury.decide(request, hold_for=HOLD) for request in requests), return_exceptions=True
    )


def _answered_or_refused(given: Sequence[Approval | BaseException]) -> int:
    refused = [answer for answer in given if not isinstance(answer, Approval)]
    assert all(isinstance(answer, EngineUnavailable) for answer in refused)
    return len(refused)


async def test_postgresql_killed_amid_batches_loses_nothing_that_was_answered(
    tmp_path: Path, clock: FixedClock
) -> None:
    async with a_server(tmp_path / "home") as (server, url), open_database(url) as database:
        office, saboteur = await open_office(database, clock), Saboteur(server)
        rows = 0
        async with _treasury(office, database, saboteur) as treasury:
            for count, step in enumerate(("locked", "copied", "charged", "committing", "committed"), start=1):
                requests = await _requests(office, database, 24)
                saboteur.step, saboteur.count = step, 1 + count % 2
                given = await _ask(treasury, requests)
                assert len(saboteur.killed) == count
                _answered_or_refused(given)
                lease = await asyncio.to_thread(server.join)
                lease.users.close()
                again = await _ask(treasury, requests)
                for _ in range(3):
                    again = await _ask(treasury, requests) if _answered_or_refused(again) else again
                assert _answered_or_refused(again) == 0
                assert all(one == two for one, two in zip(given, again, strict=True) if isinstance(one, Approval))
                rows += len(requests)
                counted = await recount(database)
                assert (counted.rows, counted.spent_cents, counted.held_cents) == (rows, rows * 50, rows * 50)
            assert (await treasury.verify()).problems == ()


@contextmanager
def a_small_filesystem(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None or os.geteuid() != 0:
        pytest.skip("a small filesystem can only be mounted by root")
    mounted = (
        subprocess.run(
            [mount, "-t", "tmpfs", "-o", f"size={FILESYSTEM_MB}m,mode=0755", "chimera-test", str(folder)],
            check=False,
            capture_output=True,
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("no filesystem may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=True)


def _fill(file: Path) -> None:
    """Take every block that is left."""
    with file.open("wb", buffering=0) as filler:
        for size in (1 << 20, 4096):
            try:
                while True:
                    filler.write(b"\x00" * size)
            except OSError:
                continue


async def test_with_a_full_disk_requests_are_refused_whole_until_there_is_room(
    tmp_path: Path, clock: FixedClock
) -> None:
    with a_small_filesystem(tmp_path / "small") as folder:
        async with a_server(folder / "home") as (server, url), open_database(url) as database:
            office = await open_office(database, clock)
            async with office.treasury(database) as treasury:
                filler = folder / "filler"
                asked, given = await _until_full(office, database, treasury, filler)
                filler.unlink()
                lease = await asyncio.to_thread(server.join)
                lease.users.close()
                again = await _ask(treasury, asked)
                for _ in range(5):
                    again = await _ask(treasury, asked) if _answered_or_refused(again) else again
                assert _answered_or_refused(again) == 0
                assert all(one == two for one, two in zip(given, again, strict=True) if isinstance(one, Approval))
                assert (await treasury.verify()).problems == ()
            counted = await recount(database)
            assert counted.rows == len(asked)


async def _until_full(
    office: Office, database: Database, treasury: Treasury, filler: Path
) -> tuple[list[ApprovalRequest], list[Approval | BaseException]]:
    """Ask until the disk is full and a batch is refused."""
    spenders = [await register_spender(database) for _ in range(64)]
    asked: list[ApprovalRequest] = []
    given: list[Approval | BaseException] = []
    await asyncio.to_thread(_fill, filler)
    for _ in range(ROUNDS_MAX):
        requests = [office.request("0.01", roi="1.0", agent_id=one, justification="x" * 2000) for one in spenders]
        answers = await _ask(treasury, requests)
        asked, given = asked + requests, given + answers
        if _answered_or_refused(answers):
            return asked, given
    raise AssertionError("the disk was never full")
