"""A halted studio begins nothing and publishes nothing; what runs finishes, and the books are kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest

from chimera.contracts.order import ContentOrder
from chimera.core.background import beside
from chimera.core.clock import FixedClock
from chimera.core.errors import ChimeraError, StudioHalted, ToolFailed
from chimera.core.progress import ProgressEvent
from chimera.core.vocabulary import Stage
from chimera.pipeline import halting
from chimera.pipeline.durable import Durable
from chimera.pipeline.halt import Halt, open_halt
from chimera.storage.database import Database
from factories_treasury import open_office
from factories_workshop import Workshop, open_pieces, open_workshop

SECONDS_MAX = 30
NEVER_SECONDS = 3600.0


async def until_halted(halt: Halt) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not halt.halted():  # noqa: ASYNC110 - what a process knows is looked at
            await asyncio.sleep(0.01)


async def begin(database: Database, clock: FixedClock, reason: str = "fire drill") -> None:
    await halting.halt(database, clock, by="ana", reason=reason)


async def end(database: Database, clock: FixedClock) -> None:
    await halting.unhalt(database, clock, by="bea", reason="over")


async def test_nothing_passes_before_it_is_known_whether_the_studio_is_halted(database: Database) -> None:
    halt = Halt(database.url)
    assert halt.halted()
    with pytest.raises(StudioHalted, match="can't be read"):
        halt.require_free()


async def test_a_studio_that_was_never_halted_lets_everything_pass(database: Database) -> None:
    async with open_halt(database.url) as halt, asyncio.timeout(SECONDS_MAX):
        await halt.passed()
        halt.require_free()


async def test_a_notice_halts_and_frees_every_process_without_a_look(database: Database, clock: FixedClock) -> None:
    halts = [Halt(database.url, look_every_seconds=NEVER_SECONDS) for _ in range(2)]
    async with beside(halts[0].run(), "one"), beside(halts[1].run(), "another"):
        for halt in halts:
            await asyncio.wait_for(halt.passed(), SECONDS_MAX)
        await begin(database, clock)
        for halt in halts:
            await until_halted(halt)
        await end(database, clock)
        for halt in halts:
            await asyncio.wait_for(halt.passed(), SECONDS_MAX)


async def test_a_halt_whose_notice_was_lost_is_found_by_looking(
    database: Database, clock: FixedClock, owner_url: str
) -> None:
    halt = Halt(database.url, look_every_seconds=0.05)
    async with beside(halt.run(), "one"):
        await asyncio.wait_for(halt.passed(), SECONDS_MAX)
        await begin(database, clock)
        await until_halted(halt)
        async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner:
            await owner.execute("DELETE FROM studio_halt")
        await asyncio.wait_for(halt.passed(), SECONDS_MAX)


async def test_while_the_database_cannot_be_read_the_studio_counts_as_halted(
    database: Database, owner_url: str
) -> None:
    async with open_halt(database.url) as halt:
        async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner:
            await owner.execute("ALTER TABLE studio_halt RENAME TO studio_halt_away")
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'SELECT id, halted_by%'"
            )
            await until_halted(halt)
            await owner.execute("ALTER TABLE studio_halt_away RENAME TO studio_halt")
        await asyncio.wait_for(halt.passed(), SECONDS_MAX)


async def test_the_second_who_halts_changes_nothing_and_reads_the_first_ones_reason(
    database: Database, clock: FixedClock
) -> None:
    first = await halting.halt(database, clock, by="ana", reason="fire drill")
    second = await halting.halt(database, clock, by="bea", reason="me too")
    assert (first.halted, first.changed) == (second.halted, not second.changed) == (True, True)
    assert (second.by, second.reason) == ("ana", "fire drill")
    async with open_halt(database.url) as halt:
        with pytest.raises(StudioHalted, match=r"halted by ana .* fire drill. `chimera unhalt`"):
            halt.require_free()


async def test_ending_a_halt_is_told_with_who_and_why_and_can_be_repeated(
    database: Database, clock: FixedClock
) -> None:
    assert (await halting.unhalt(database, clock, by="bea", reason="no need")).since is None
    await begin(database, clock)
    ended = await halting.unhalt(database, clock, by="bea", reason="over")
    again = await halting.unhalt(database, clock, by="cem", reason="still over")
    assert (ended.halted, ended.changed, ended.by, ended.reason) == (False, True, "bea", "over")
    assert (again.changed, again.by) == (False, "bea")


async def test_whoever_follows_is_told_once_of_the_halt_and_once_of_its_end(
    database: Database, clock: FixedClock
) -> None:
    told: list[ProgressEvent] = []
    async with open_halt(database.url, told.append) as halt:
        await begin(database, clock)
        await until_halted(halt)
        await end(database, clock)
        await asyncio.wait_for(halt.passed(), SECONDS_MAX)
    assert [(event.step, event.fraction) for event in told] == [("halt", 0.0), ("halt", 1.0)]
    assert "halted by ana" in told[0].message


@pytest.fixture
async def shop(database: Database, clock: FixedClock) -> AsyncIterator[Workshop]:
    office = await open_office(database, clock)
    async with office.treasury(database) as treasury:
        yield await open_workshop(database, treasury, clock, office.spender)


@asynccontextmanager
async def working(shop: Workshop) -> AsyncIterator[tuple[Durable, Halt]]:
    """A process at work whose steps ask the studio's halt."""
    async with (
        asyncio.timeout(SECONDS_MAX),
        open_halt(shop.database.url) as halt,
        open_pieces(replace(shop, crew=replace(shop.crew, halt=halt))) as durable,
    ):
        yield durable, halt


async def start(shop: Workshop, durable: Durable) -> ContentOrder:
    order = shop.order()
    await durable.start(order.content_id, order.model_dump(mode="json"))
    return order


async def test_a_piece_stops_between_two_steps_and_goes_on_by_itself(shop: Workshop, clock: FixedClock) -> None:
    """The halt comes while it is produced: the production is finished and paid for, the review does not begin."""
    async with working(shop) as (durable, halt):
        halted = asyncio.Event()
        plain = shop.artist.produce

        async def produce(*given: object, **named: object) -> object:
            await begin(shop.database, clock)
            await until_halted(halt)
            halted.set()
            return await plain(*given, **named)  # type: ignore[arg-type]

        shop.artist.produce = produce  # type: ignore[method-assign, assignment]
        order = await start(shop, durable)
        await halted.wait()
        while (await shop.endings(order.content_id)) != ["settled"]:  # noqa: ASYNC110 - the row is looked at
            await asyncio.sleep(0.02)
        assert await shop.held() == 0
        assert await shop.stage(order.content_id) is Stage.GENERATING
        await end(shop.database, clock)
        assert (await durable.result(order.content_id))["stage"] == "published"
    assert shop.artist.produced == [1]


async def test_a_production_that_fails_while_the_studio_is_halted_leaves_no_money_held(
    shop: Workshop, clock: FixedClock
) -> None:
    async with working(shop) as (durable, halt):
        plain = shop.artist.open_work

        async def open_work(content_id: object) -> None:
            del content_id
            await begin(shop.database, clock)
            await until_halted(halt)
            raise ToolFailed("no room")

        shop.artist.open_work = open_work  # type: ignore[method-assign]
        order = await start(shop, durable)
        with pytest.raises(ChimeraError, match="no room"):
            await durable.result(order.content_id)
        shop.artist.open_work = plain  # type: ignore[method-assign]
    assert await shop.held() == 0
    assert await shop.stage(order.content_id) is Stage.FAILED


async def test_a_process_that_starts_in_a_halted_studio_goes_on_with_nothing_until_it_ends(
    shop: Workshop, clock: FixedClock
) -> None:
    await begin(shop.database, clock)
    async with working(shop) as (durable, _):
        order = await start(shop, durable)
    async with shop.database.transaction() as connection:
        rows = await (await connection.execute("SELECT count(*) AS n FROM content_pipeline")).fetchone()
    assert rows == {"n": 0}
    await end(shop.database, clock)
    async with working(shop) as (durable, _):
        assert (await durable.result(order.content_id))["stage"] == "published"
