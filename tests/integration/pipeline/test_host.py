"""A process holds one slot, tells the others that it lives, and is found out when it does not."""

import asyncio
from uuid import UUID

import psycopg
import pytest

from chimera.core.clock import SystemClock
from chimera.core.errors import EngineUnavailable
from chimera.core.vocabulary import Role
from chimera.pipeline.host import APPLICATION_VERSION, open_host
from chimera.storage.database import Database
from chimera.storage.records import executor_slot

SECONDS_MAX = 30
CLOCK = SystemClock()
NOBODY: frozenset[Role] = frozenset()


async def living(database: Database) -> frozenset[UUID]:
    async with database.transaction() as connection:
        return await executor_slot.living(connection, CLOCK.now())


async def test_a_host_lives_from_its_opening_to_its_end(database: Database) -> None:
    async with open_host(database.url, CLOCK, frozenset({Role.ARTIST})) as host:
        assert await living(database) == {host.id}
    assert await living(database) == frozenset()


async def test_every_host_has_a_slot_of_its_own_and_sees_the_others(database: Database) -> None:
    async with open_host(database.url, CLOCK, NOBODY) as first, open_host(database.url, CLOCK, NOBODY) as second:
        assert first.slot != second.slot
        assert (await first.others()).alive == {second.executor_id: APPLICATION_VERSION}
        assert (await second.others()).live(first.executor_id)


async def test_a_slot_is_taken_again_under_another_name(database: Database) -> None:
    async with open_host(database.url, CLOCK, NOBODY) as first:
        pass
    async with open_host(database.url, CLOCK, NOBODY) as second:
        assert (first.slot, second.slot) == (0, 0)
        assert first.executor_id != second.executor_id


async def test_many_processes_start_at_once_and_none_waits_for_another(database: Database) -> None:
    async with asyncio.timeout(SECONDS_MAX), asyncio.TaskGroup() as group:
        started, go = asyncio.Barrier(21), asyncio.Event()

        async def one() -> int:
            async with open_host(database.url, CLOCK, NOBODY) as host:
                await started.wait()
                await go.wait()
                return host.slot

        tasks = [group.create_task(one()) for _ in range(20)]
        await started.wait()
        go.set()
    assert sorted(task.result() for task in tasks) == list(range(20))


async def end_lease(owner_url: str, host_id: UUID) -> None:
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await connection.execute(
            "UPDATE executor_slot SET lease_until = now() - interval '1 second' WHERE host_id = %s", (host_id,)
        )


async def test_a_host_whose_lease_is_over_is_ended_by_the_next_that_looks(database: Database, owner_url: str) -> None:
    async with open_host(database.url, CLOCK, NOBODY) as stopped, open_host(database.url, CLOCK, NOBODY) as looking:
        await end_lease(owner_url, stopped.id)
        assert not (await looking.others()).alive
        assert await living(database) == {looking.id}
        with pytest.raises(EngineUnavailable):
            await stopped.others()
        async with asyncio.timeout(SECONDS_MAX):
            await stopped.lost.wait()
        assert not looking.lost.is_set()


async def test_a_slow_host_that_nobody_missed_goes_on(database: Database, owner_url: str) -> None:
    async with open_host(database.url, CLOCK, NOBODY) as slow:
        await end_lease(owner_url, slow.id)
        async with asyncio.timeout(SECONDS_MAX):
            while slow.id not in await living(database):  # noqa: ASYNC110 - the next renewal is awaited
                await asyncio.sleep(0.1)
        assert not slow.lost.is_set()


async def test_a_process_of_a_version_without_leases_counts_as_living(database: Database) -> None:
    async with (
        open_host(database.url, CLOCK, NOBODY) as host,
        await psycopg.AsyncConnection.connect(database.url, autocommit=True) as earlier,
    ):
        assert await executor_slot.try_lock(earlier, 5)
        others = await host.others()
        assert others.live("slot-5")
        assert others.of_version("content-2")
        assert not others.live("slot-6")


async def test_a_host_whose_session_was_cut_goes_on_in_its_slot(database: Database, owner_url: str) -> None:
    async with open_host(database.url, CLOCK, NOBODY) as cut:
        async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner:
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                (executor_slot.LOCK_BASE + cut.slot,),
            )
        await end_lease(owner_url, cut.id)
        async with asyncio.timeout(SECONDS_MAX):
            while cut.id not in await living(database):  # noqa: ASYNC110 - the next renewal is awaited
                await asyncio.sleep(0.1)
        assert not cut.lost.is_set()
        assert not (await cut.others()).alive
