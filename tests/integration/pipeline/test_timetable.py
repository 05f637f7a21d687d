"""A piece goes out at its time: rescheduled, kept back, halted, killed or with a clock that jumps, and once."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from chimera.core.background import beside
from chimera.core.clock import FixedClock
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.core.vocabulary import Role, Stage
from chimera.pipeline import halting
from chimera.pipeline.halt import open_halt
from chimera.pipeline.planning import Planning
from chimera.pipeline.timetable import Timetable
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, publication_plan, trends
from chimera.storage.records.trends import TrendRecord
from factories_production import AS_OF, make_storyboard
from factories_workshop import OpenGate

SECONDS_MAX = 60
NEVER_SECONDS = 3600.0
HOUR = timedelta(hours=1)
PROCESS = Path(__file__).with_name("timetable_process.py")
LISTENING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


async def add_piece(database: Database) -> UUID:
    """A piece in stage review."""
    content_id, trend_id = uuid4(), uuid4()
    async with database.transaction() as connection:
        director = await agents.ensure(connection, Role.DIRECTOR, [], uuid4())
        await trends.insert(
            connection, TrendRecord(trend_id, "bitcoin", 40, Decimal(0), Decimal(2), [], {}, None, AS_OF)
        )
        await content_pipeline.insert_draft(
            connection, content_id, trend_id=trend_id, script="s", visual_prompts=[],
            metadata={"storyboard": make_storyboard().model_dump(mode="json")}, director_agent_id=director,
        )  # fmt: skip
        await content_pipeline.move(connection, content_id, before=Stage.DRAFT, after=Stage.REVIEW, at=AS_OF)
    return content_id


@pytest.fixture
async def piece(database: Database) -> UUID:
    return await add_piece(database)


@pytest.fixture
def planning(database: Database, clock: FixedClock) -> Planning:
    return Planning(database, clock, "ana")


@pytest.fixture
async def timetable(database: Database, clock: FixedClock) -> AsyncIterator[Timetable]:
    """Waiters that only a notice wakes."""
    opened = Timetable(database, clock, OpenGate(), NEVER_SECONDS)
    async with beside(opened.listen(database.url), "notices"):
        yield opened


def looking(database: Database, clock: FixedClock) -> Timetable:
    """Waiters that nobody wakes: they look every hundredth of a second at their clock."""
    return Timetable(database, clock, OpenGate(), 0.01)


async def heard(owner_url: str) -> None:
    """Until the server knows the listener, and the listener has looked for everybody once."""
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner:
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                row = await (
                    await owner.execute(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                        "AND query LIKE 'SELECT piece.id%' AND state = 'idle'"
                    )
                ).fetchone()
                if row and row[0]:
                    return
                await asyncio.sleep(0.05)


async def nothing_held(owner_url: str) -> None:
    """Until no transaction stands open, with one connection that listens."""
    query = (
        "SELECT count(*) FILTER (WHERE state LIKE 'idle in%'), count(*) FILTER (WHERE query LIKE 'SELECT piece.id%' "
        "AND state = 'idle') FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner:
        async with asyncio.timeout(SECONDS_MAX):
            while await (await owner.execute(query)).fetchone() != (0, 1):  # noqa: ASYNC110 - the server is looked at
                await asyncio.sleep(0.05)


async def state(database: Database, content_id: UUID) -> tuple[str, int]:
    async with database.transaction() as connection:
        plan = (await publication_plan.get_many(connection, [content_id]))[content_id]
    return plan.state, plan.version


async def waits(waiting: asyncio.Task[None]) -> bool:
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    return not done


async def test_a_piece_without_a_plan_goes_out_at_once_and_cannot_be_called_back(
    database: Database, timetable: Timetable, planning: Planning, piece: UUID
) -> None:
    await asyncio.wait_for(timetable.due(piece), SECONDS_MAX)
    assert await state(database, piece) == ("released", 1)
    with pytest.raises(Conflict, match="can't be called back"):
        await planning.unschedule(piece)


async def test_a_released_piece_is_due_again_after_a_kill(timetable: Timetable, piece: UUID) -> None:
    await asyncio.wait_for(timetable.due(piece), SECONDS_MAX)
    await asyncio.wait_for(timetable.due(piece), SECONDS_MAX)


async def test_a_planned_piece_waits_for_its_time(
    database: Database, planning: Planning, piece: UUID, clock: FixedClock
) -> None:
    await planning.schedule(piece, clock.now() + HOUR)
    waiting = asyncio.create_task(looking(database, clock).due(piece))
    clock.advance(HOUR - timedelta(seconds=1))
    assert await waits(waiting)
    clock.advance(timedelta(seconds=1))
    await asyncio.wait_for(waiting, SECONDS_MAX)
    assert await state(database, piece) == ("released", 2)


async def test_a_clock_that_is_set_back_makes_the_piece_wait_longer(
    database: Database, planning: Planning, piece: UUID, clock: FixedClock
) -> None:
    await planning.schedule(piece, clock.now() + HOUR)
    waiting = asyncio.create_task(looking(database, clock).due(piece))
    assert await waits(waiting)
    clock.advance(-3 * HOUR)
    assert await waits(waiting)
    clock.advance(3 * HOUR)
    assert await waits(waiting)
    clock.advance(HOUR)
    await asyncio.wait_for(waiting, SECONDS_MAX)


@pytest.mark.parametrize("first", [HOUR, timedelta(days=30)])
async def test_rescheduling_wakes_who_waits_at_once(
    timetable: Timetable, planning: Planning, piece: UUID, clock: FixedClock, owner_url: str, first: timedelta
) -> None:
    await planning.schedule(piece, clock.now() + first)
    waiting = asyncio.create_task(timetable.due(piece))
    await heard(owner_url)
    await planning.publish_now(piece)
    await asyncio.wait_for(waiting, SECONDS_MAX)


async def test_a_later_time_replaces_an_earlier_one(
    database: Database, planning: Planning, piece: UUID, clock: FixedClock
) -> None:
    timetable = looking(database, clock)
    await planning.schedule(piece, clock.now() + HOUR)
    async with beside(timetable.listen(database.url), "notices"):
        waiting = asyncio.create_task(timetable.due(piece))
        later = await planning.schedule(piece, clock.now() + 2 * HOUR)
        clock.advance(HOUR)
        assert await waits(waiting)
        assert await state(database, piece) == ("planned", later.version)
        clock.advance(HOUR)
        await asyncio.wait_for(waiting, SECONDS_MAX)


async def test_a_changed_plan_whose_notice_was_lost_is_found_by_looking(
    database: Database, planning: Planning, piece: UUID, clock: FixedClock, owner_url: str
) -> None:
    timetable = Timetable(database, clock, OpenGate(), 0.2)
    async with beside(timetable.listen(database.url), "notices"):
        await planning.unschedule(piece)
        waiting = asyncio.create_task(timetable.due(piece))
        await heard(owner_url)
        async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner:
            await owner.execute(
                "UPDATE publication_plan SET state = 'planned', publish_at = %s, version = version + 1", (clock.now(),)
            )
        await asyncio.wait_for(waiting, SECONDS_MAX)


async def test_a_piece_that_is_kept_back_waits_until_it_is_scheduled_again(
    timetable: Timetable, planning: Planning, piece: UUID, clock: FixedClock, owner_url: str
) -> None:
    await planning.unschedule(piece)
    waiting = asyncio.create_task(timetable.due(piece))
    await heard(owner_url)
    clock.advance(timedelta(days=10))
    assert await waits(waiting)
    await planning.schedule(piece, clock.now())
    await asyncio.wait_for(waiting, SECONDS_MAX)


async def test_many_pieces_wait_over_one_connection(
    database: Database, timetable: Timetable, planning: Planning, clock: FixedClock, owner_url: str
) -> None:
    pieces = [await add_piece(database) for _ in range(20)]
    for one in pieces:
        await planning.schedule(one, clock.now() + HOUR)
    waiting = [asyncio.create_task(timetable.due(one)) for one in pieces]
    await heard(owner_url)
    await nothing_held(owner_url)
    for one in pieces:
        await planning.publish_now(one)
    await asyncio.wait_for(asyncio.gather(*waiting), SECONDS_MAX)


async def test_a_halted_studio_releases_nothing_and_the_plan_may_still_change(
    database: Database, planning: Planning, piece: UUID, clock: FixedClock
) -> None:
    await halting.halt(database, clock, by="ana", reason="wait")
    async with open_halt(database.url) as halt:
        waiting = asyncio.create_task(Timetable(database, clock, halt, 0.01).due(piece))
        assert await waits(waiting)
        await planning.schedule(piece, clock.now() + HOUR)
        await halting.unhalt(database, clock, by="ana", reason="go")
        await asyncio.wait_for(halt.passed(), SECONDS_MAX)
        assert await waits(waiting)
        clock.advance(HOUR)
        await asyncio.wait_for(waiting, SECONDS_MAX)


async def test_a_piece_given_up_while_it_waits_does_not_go_out(
    database: Database, planning: Planning, piece: UUID, clock: FixedClock
) -> None:
    timetable = Timetable(database, clock, OpenGate(), 0.05)
    await planning.unschedule(piece)
    async with beside(timetable.listen(database.url), "notices"):
        waiting = asyncio.create_task(timetable.due(piece))
        async with database.transaction() as connection:
            await content_pipeline.move(connection, piece, before=Stage.REVIEW, after=Stage.FAILED, at=clock.now())
        with pytest.raises(Conflict, match="does not go out"):
            await asyncio.wait_for(waiting, SECONDS_MAX)


async def test_of_two_who_change_the_same_version_one_is_refused(
    planning: Planning, piece: UUID, clock: FixedClock
) -> None:
    first = await planning.schedule(piece, clock.now() + HOUR, over_version=0)
    with pytest.raises(Conflict, match="version 1, by ana"):
        await planning.schedule(piece, clock.now() + 2 * HOUR, over_version=0)
    second = await planning.unschedule(piece, over_version=first.version)
    with pytest.raises(Conflict, match=r"kept back now .version 2"):
        await planning.publish_now(piece, over_version=first.version)
    assert (second.state, second.publish_at) == ("cancelled", None)


async def test_a_version_of_a_plan_that_never_was_is_refused(planning: Planning, piece: UUID) -> None:
    with pytest.raises(Conflict, match="version 0"):
        await planning.publish_now(piece, over_version=3)


@pytest.mark.parametrize("off", [-timedelta(seconds=61), timedelta(days=367)])
async def test_a_time_past_or_more_than_a_year_ahead_is_refused(
    planning: Planning, piece: UUID, clock: FixedClock, off: timedelta
) -> None:
    with pytest.raises(ValidationFailed):
        await planning.schedule(piece, clock.now() + off)


async def test_a_time_without_its_zone_is_refused(planning: Planning, piece: UUID) -> None:
    with pytest.raises(ValidationFailed, match="zone"):
        await planning.schedule(piece, datetime(2026, 2, 6, 13, 0))  # noqa: DTZ001


async def test_what_is_out_failed_or_unknown_cannot_be_planned(
    database: Database, planning: Planning, piece: UUID, clock: FixedClock
) -> None:
    with pytest.raises(NotFound):
        await planning.publish_now(uuid4())
    async with database.transaction() as connection:
        await content_pipeline.move(connection, piece, before=Stage.REVIEW, after=Stage.PUBLISHED, at=clock.now())
    with pytest.raises(Conflict, match="published"):
        await planning.publish_now(piece)


async def test_whoever_releases_last_finds_the_plan_changed_and_looks_again(
    database: Database, planning: Planning, piece: UUID, clock: FixedClock
) -> None:
    """Many at once, while people reschedule: every plan that was accepted is kept, or the piece was released before."""
    await planning.schedule(piece, clock.now() + HOUR)
    clock.advance(HOUR)
    table = looking(database, clock)

    async def keep_back() -> bool:
        try:
            return (await planning.unschedule(piece)).state == "cancelled"
        except Conflict:
            return False

    waiting = [asyncio.create_task(table.due(piece)) for _ in range(4)]
    kept_back = await keep_back()
    assert await state(database, piece) == (("cancelled", 2) if kept_back else ("released", 2))
    if kept_back:
        await planning.publish_now(piece)
        async with beside(table.listen(database.url), "notices"):
            await asyncio.wait_for(asyncio.gather(*waiting), SECONDS_MAX)
    else:
        await asyncio.wait_for(asyncio.gather(*waiting), SECONDS_MAX)


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def test_a_process_killed_while_it_waits_leaves_its_piece_to_the_next_which_publishes_once(
    database: Database, piece: UUID, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    journal.touch()
    command = [sys.executable, str(PROCESS), database.url, str(journal), str(piece)]
    now = datetime.now(UTC)
    people = Planning(database, FixedClock(now), "ana")
    await people.schedule(piece, now + HOUR)
    killed = await asyncio.to_thread(subprocess.Popen, command, start_new_session=True)
    try:
        await asyncio.to_thread(until, lambda: "waiting" in journal.read_text())
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    await people.publish_now(piece)
    for _ in range(2):
        await asyncio.to_thread(subprocess.run, command, check=True, timeout=60)
    assert journal.read_text().split().count("published") == 1
