"""Whole programs with the CFO inside: the documented examples, a shared cap to the cent, and whose limits bind."""

import asyncio
import os
import subprocess
import sys
import threading
from asyncio.subprocess import PIPE, Process
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

import chimera
from chimera.core.clock import FixedClock
from chimera.core.errors import Conflict, EngineUnavailable, Forbidden, ValidationFailed
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, Role
from chimera.storage.database import Database
from chimera.storage.records import agents
from chimera.treasury import BlockingCfo, BudgetExceeded, open_cfo
from chimera.treasury.limits import LimitWish, set_limit
from factories_treasury import open_office, register_spender

pytestmark = pytest.mark.engines

EXAMPLES = Path(chimera.__file__).parents[2] / "docs" / "examples"
PROGRAM = Path(__file__).with_name("embedding_process.py")
SECONDS_MAX = 60
CAP = "300.00"


def run_example(name: str, topic: str, database_url: str, home: Path) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), topic, database_url],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS_MAX,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "CHIMERA_HOME": str(home)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_the_documented_examples_run_on_a_new_database_and_share_its_books(
    empty_database_url: str, tmp_path: Path
) -> None:
    assert run_example("embedded_cfo.py", "tides", empty_database_url, tmp_path) == "What is known about tides."
    assert (
        run_example("embedded_cfo_blocking.py", "dunes", empty_database_url, tmp_path) == "What is known about dunes."
    )
    with open_cfo(empty_database_url, limits={"daily": 50}, home=tmp_path) as cfo:
        assert spent(cfo) == Decimal("0.42")
        assert cfo.unsettled() == ()


def spent(cfo: BlockingCfo) -> Decimal:
    return next(line.spent for line in cfo.budgets() if line.category is BudgetCategory.TOTAL)


async def start_program(database_url: str, key_file: Path, name: str) -> Process:
    """The program with its agents registered, waiting for a line to begin."""
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        *(str(PROGRAM), database_url, str(key_file), name, CAP),
        stdin=PIPE,
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert program.stdout is not None
    assert await program.stdout.readline() == b"ready\n"
    return program


async def spendings_allowed(program: Process) -> int:
    told, _ = await program.communicate(b"\n")
    return int(told)


async def test_two_programs_and_a_studio_share_one_cap_to_the_cent(
    database: Database, database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    """96 spendings of $5 against a cap of $300: 60 fit, whoever comes first."""
    office = await open_office(database, clock)
    office.set_total(BudgetPeriod.DAILY, CAP)
    key_file = tmp_path / "cfo.pem"
    key_file.touch(0o600)
    key_file.write_text(bytes(office.key).hex())
    spenders = [await register_spender(database) for _ in range(8)]
    requests = [office.request("5.00", agent_id=agent) for _ in range(4) for agent in spenders]
    async with asyncio.timeout(SECONDS_MAX), office.treasury(database) as treasury:
        programs = [await start_program(database_url, key_file, name) for name in ("north", "south")]
        async with asyncio.TaskGroup() as together:
            told = [together.create_task(spendings_allowed(program)) for program in programs]
            answers = [together.create_task(treasury.decide(request)) for request in requests]
        report, spending = await treasury.verify(), await treasury.spending()
    assert sum(answer.result().approved for answer in answers) + sum(allowed.result() for allowed in told) == 60
    assert [program.returncode for program in programs] == [0, 0]
    assert (report.ok, report.problems, report.approved_usd) == (True, (), Decimal(CAP))
    assert (spending.open_holds, spending.debt_usd) == (0, Decimal(0))


async def test_a_program_that_joins_takes_no_more_than_the_books_allow(
    database: Database, database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    office = await open_office(database, clock)
    office.set_total(BudgetPeriod.DAILY, "50.00")
    (tmp_path / "cfo.pem").touch(0o600)
    (tmp_path / "cfo.pem").write_text(bytes(office.key).hex())
    async with office.treasury(database) as treasury:
        await treasury.decide(office.request("1.00"))
    with pytest.raises(Conflict, match=r"daily is \$60.00 here, and \$50.00 in the books"):
        async with open_cfo(database_url, limits={"daily": 60}, key_file=tmp_path / "cfo.pem", clock=clock):
            pytest.fail("opened")
    async with open_cfo(database_url, limits={"daily": 20}, key_file=tmp_path / "cfo.pem", clock=clock) as cfo:
        limits = {(line.period, line.category): line.limit for line in await cfo.budgets()}
        assert limits[BudgetPeriod.DAILY, BudgetCategory.TOTAL] == 20
        agent = await cfo.register("late")
        with pytest.raises(BudgetExceeded):
            async with cfo.spending(agent, "19.01", roi="3", why="Only 19 are left"):
                pytest.fail("entered")


async def test_a_limit_by_a_person_binds_the_program_too(
    database: Database, database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    wish = LimitWish(BudgetPeriod.DAILY, BudgetCategory.TOTAL, Decimal("5.00"), "Ada", "A careful week", 0)
    async with database.transaction() as connection:
        await set_limit(connection, wish, lambda _period, _category: Decimal(1000), clock)
    async with open_cfo(database_url, limits={"daily": 60}, home=tmp_path, clock=clock) as cfo:
        with pytest.raises(BudgetExceeded):
            async with cfo.spending(await cfo.register("eager"), "5.01", roi="3", why="More than five"):
                pytest.fail("entered")


async def test_another_key_than_the_ledgers_signs_nothing(database_url: str, clock: FixedClock, tmp_path: Path) -> None:
    for name in ("mine", "other"):
        async with open_cfo(database_url, limits={"daily": 50}, key_file=tmp_path / f"{name}.pem", clock=clock) as cfo:
            block = cfo.spending(await cfo.register(name), "0.30", roi="3", why="Summarise a paper")
            if name == "mine":
                async with block as hold:
                    hold.actual("0.30")
            else:
                with pytest.raises(Forbidden, match="not the ledger's current one"):
                    await block.__aenter__()


async def test_another_programs_agent_is_none_of_the_studios(
    database: Database, database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    async with open_cfo(database_url, limits={"daily": 50}, home=tmp_path, clock=clock) as cfo:
        agent = await cfo.register("my-researcher")
        assert agent == await cfo.register("my-researcher")
        with pytest.raises(ValidationFailed):
            await cfo.register(" ")
    async with database.transaction() as connection:
        assert await agents.ensure(connection, Role.WORKER, [], uuid4()) != agent.id


def test_threads_of_a_program_without_asyncio_share_one_cap(
    database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    with open_cfo(database_url, limits={"daily": 50}, home=tmp_path, clock=clock) as cfo:

        def spend(number: int) -> bool:
            try:
                agent = cfo.register(f"agent {number}")
                with cfo.spending(agent, "2.50", roi="2.5", why=f"Paper {number}") as hold:
                    hold.actual("2.50")
            except BudgetExceeded:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(spend, range(32))) == 20
        assert spent(cfo) == Decimal("50.00")


def test_a_blocking_block_that_fails_keeps_its_money_until_it_is_settled(
    database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    with open_cfo(database_url, limits={"daily": 50}, home=tmp_path, clock=clock) as cfo:
        agent = cfo.register("my-researcher")
        with pytest.raises(KeyboardInterrupt) as stopped, cfo.spending(agent, "0.30", roi="3", why="A paper") as hold:
            raise KeyboardInterrupt
        assert "cfo.settle(" in stopped.value.__notes__[0]
        assert [kept.request_id for kept in cfo.unsettled()] == [hold.request_id]
        cfo.settle(hold.request_id, "0.20")
        assert spent(cfo) == Decimal("0.20")
        with pytest.raises(RuntimeError), cfo.spending(agent, "0.30", roi="3", why="A book") as other:
            raise RuntimeError
        cfo.void(other.request_id, "the vendor says it never came in")
        assert spent(cfo) == Decimal("0.20")


def test_a_database_that_is_not_there_is_told_in_both_forms_and_leaves_no_thread(tmp_path: Path) -> None:
    threads = threading.active_count()
    with (
        pytest.raises(EngineUnavailable, match="can't be reached"),
        open_cfo("postgresql://nobody@127.0.0.1:1/none", limits={"daily": 50}, home=tmp_path),
    ):
        pytest.fail("opened")
    for thread in threading.enumerate():
        if thread.name.startswith("embedded-cfo"):
            thread.join(5)
    assert threading.active_count() == threads
    with pytest.raises(ValidationFailed, match="no limit"), open_cfo(limits={"yearly": 1}, home=tmp_path):
        pytest.fail("opened")


@pytest.mark.slow
def test_without_a_url_the_homes_own_postgresql_is_started_and_stopped(tmp_path: Path) -> None:
    for run in range(2):
        with open_cfo(limits={"daily": 50}, home=tmp_path) as cfo:
            with cfo.spending(cfo.register("my-researcher"), "0.30", roi="3", why=f"Paper {run}") as hold:
                hold.actual("0.21")
            assert spent(cfo) == Decimal("0.21") * (run + 1)


KILLED = """
import os, sys
from chimera.treasury import open_cfo
with open_cfo(sys.argv[1], limits={"daily": 50}) as cfo:
    with cfo.spending(cfo.register("my-researcher"), "0.30", roi="3", why="A paper"):
        os._exit(9)
"""


def test_a_program_that_dies_in_its_block_leaves_the_money_counted(database_url: str, tmp_path: Path) -> None:
    died = subprocess.run(
        [sys.executable, "-c", KILLED, database_url],
        check=False,
        timeout=SECONDS_MAX,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "CHIMERA_HOME": str(tmp_path)},
    )
    assert died.returncode == 9
    with open_cfo(database_url, limits={"daily": 50}, home=tmp_path) as cfo:
        (kept,) = cfo.unsettled()
        assert (kept.agent_id, spent(cfo)) == (cfo.register("my-researcher").id, Decimal("0.30"))
        cfo.settle(kept.request_id, "0.25")
        assert spent(cfo) == Decimal("0.25")
