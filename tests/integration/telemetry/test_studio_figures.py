"""What `/metrics` tells of the whole studio is what its tables hold, also while the database hangs."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from chimera.api.health import HealthCheck, Probes
from chimera.api.metrics import KEPT_SECONDS, StudioFamilies, studio_page
from chimera.core.clock import FixedClock
from chimera.core.vocabulary import ComponentHealth, Role
from chimera.security.decision_signature import key_id_of
from chimera.storage.database import Database, check_connection
from chimera.storage.records import ledger_key
from factories_treasury import open_office

pytestmark = pytest.mark.engines
LABELLED = tuple[str, frozenset[tuple[str, str]]]


def told(text: str) -> dict[LABELLED, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def named(name: str, **labels: str) -> LABELLED:
    return name, frozenset(labels.items())


async def test_money_and_the_ledger_are_told_as_the_tables_hold_them(database: Database, clock: FixedClock) -> None:
    office = await open_office(database, clock)
    treasury, page = office.treasury(database), studio_page(StudioFamilies(database, clock))
    held = await treasury.decide(office.request("15.00", roi="2.5"), hold_for=timedelta(minutes=5))
    assert held.approved
    await treasury.decide(office.request("10.00", roi="1.0"))
    first = told(await page())
    assert first[named("ledger_transactions_total", approved="true")] == 1
    assert first[named("ledger_transactions_total", approved="false")] == 1
    assert first[named("budget_spent_total", period="daily", category="api_call")] == 0
    assert first[named("chimera_budget_held_usd", period="daily", category="total")] == 15
    assert first[named("chimera_holds_open")] == 1
    assert first[named("chimera_holds_open_usd")] == 15

    await treasury.settle(held.request_id, Decimal("12.50"))
    clock.advance(timedelta(seconds=KEPT_SECONDS))
    second = told(await page())
    assert second[named("budget_spent_total", period="weekly", category="total")] == 12.5
    assert second[named("chimera_budget_remaining_usd", period="daily", category="total")] == 987.5
    assert second[named("chimera_holds_open")] == 0
    assert sum(second[named("ledger_transactions_total", approved=word)] for word in ("true", "false")) == 3


async def test_figures_are_kept_for_a_few_seconds(database: Database, clock: FixedClock) -> None:
    office = await open_office(database, clock)
    page = studio_page(StudioFamilies(database, clock))
    before = told(await page())
    await office.treasury(database).decide(office.request("15.00", roi="2.5"))
    assert told(await page())[named("ledger_transactions_total", approved="true")] == 0
    clock.advance(timedelta(seconds=KEPT_SECONDS))
    after = told(await page())
    assert after[named("ledger_transactions_total", approved="true")] == 1
    assert before[named("chimera_database_up")] == 1


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian package prometheus)")
async def test_promtool_has_nothing_to_say_about_the_whole_page(database: Database, clock: FixedClock) -> None:
    office = await open_office(database, clock)
    await office.treasury(database).decide(office.request("15.00", roi="2.5"))
    text = await studio_page(StudioFamilies(database, clock))()
    found = await asyncio.to_thread(
        subprocess.run, ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@asynccontextmanager
async def stopped_server() -> AsyncIterator[int]:
    """A server that is stopped (SIGSTOP): the kernel still takes connections, nobody ever answers."""
    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: taken.append(writer), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in taken:
            writer.close()
        server.close()


async def test_health_answers_in_time_and_says_so_while_the_database_hangs(clock: FixedClock) -> None:
    asked = 0

    async def well() -> bool:
        return True

    async def agents() -> dict[Role, int]:
        return {Role.SCOUT: 3}

    async with stopped_server() as port:

        async def database_answers() -> bool:
            nonlocal asked
            asked += 1
            return await check_connection(f"postgresql://u@127.0.0.1:{port}/x") > 0

        probes = Probes(database=database_answers, redis=well, mcp_layer=well, live_agents=agents)
        check = HealthCheck(probes, clock, seconds_max=0.2)
        async with asyncio.timeout(5):
            answers = [await check() for _ in range(3)]
            assert not await check.ready()
    assert {answer.status for answer in answers} == {ComponentHealth.UNHEALTHY}
    assert answers[0].components.redis is ComponentHealth.HEALTHY
    assert answers[0].components.agents == {Role.SCOUT: 3}
    assert asked == 1, "a question that hangs is not asked again beside it"


async def test_tools_that_take_their_time_are_not_known_yet_and_then_known(clock: FixedClock) -> None:
    may_answer, answered = asyncio.Event(), asyncio.Event()

    async def well() -> bool:
        return True

    async def slow() -> bool:
        await may_answer.wait()
        answered.set()
        return True

    async def agents() -> dict[Role, int]:
        return {}

    check = HealthCheck(Probes(database=well, redis=well, mcp_layer=slow, live_agents=agents), clock, seconds_max=0.05)
    assert (await check()).components.mcp_layer is ComponentHealth.DEGRADED
    may_answer.set()
    await answered.wait()
    assert (await check()).components.mcp_layer is ComponentHealth.HEALTHY


async def test_a_retired_key_of_the_cfo_degrades_the_studio(
    database: Database, owner_url: str, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    treasury = office.treasury(database)
    await treasury.decide(office.request("15.00", roi="2.5"))
    key_id = key_id_of(treasury.public_key)

    async def well() -> bool:
        return True

    async def agents() -> dict[Role, int]:
        return {}

    async def may_sign() -> bool:
        async with database.transaction() as connection:
            return not await ledger_key.is_retired(connection, key_id)

    probes = Probes(database=well, redis=well, mcp_layer=well, live_agents=agents, cfo_key=may_sign)
    assert (await HealthCheck(probes, clock)()).status is ComponentHealth.HEALTHY
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner:
        await owner.execute("UPDATE ledger_key SET last_seq = 0 WHERE last_seq IS NULL")
    assert (await HealthCheck(probes, clock)()).status is ComponentHealth.DEGRADED
    unreachable = replace(probes, database=_fails)
    assert (await HealthCheck(unreachable, clock)()).status is ComponentHealth.UNHEALTHY


async def _fails() -> bool:
    raise OSError("no route")
