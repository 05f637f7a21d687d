"""Hosted agents: what they show, what they have done, and to whom they belong."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from chimera.core.errors import BudgetExceeded, ToolFailed
from chimera.core.limits import AGENT_STATE_TTL_SECONDS
from chimera.core.vocabulary import AgentStatus, Role
from chimera.runtime.roster.live import LIVE_KEY, SHOWN_SECONDS, hosted_counts
from chimera.runtime.roster.states import live_counts, state_key
from chimera.storage.records import agents
from factories_roster import Stage, work_once


async def test_a_state_s_text_is_the_contract_s_and_lives_300_seconds(stage: Stage) -> None:
    roster = await stage.roster({Role.SCOUT: 1})
    task_id = uuid4()
    stage.clock.advance(timedelta(microseconds=120_500))
    scout = roster.acquire(Role.SCOUT, task_id)
    assert scout is not None
    await roster.flush()
    text = await stage.redis.get(state_key(scout))
    assert text is not None
    state = await stage.shown(scout)
    assert state.model_dump_json() == (text.decode() if isinstance(text, bytes) else text)
    assert (state.status, state.current_task) == (AgentStatus.BUSY, task_id)
    assert 0 < await stage.redis.ttl(state_key(scout)) <= AGENT_STATE_TTL_SECONDS


async def test_metrics_count_completed_and_failed_tasks_and_average_the_completed(stage: Stage) -> None:
    roster = await stage.roster({Role.SCOUT: 1})
    for took_ms in (100, 101, 103):
        scout = await work_once(roster, Role.SCOUT, took_ms=took_ms)
    await work_once(roster, Role.SCOUT, took_ms=9_000, failed=True)
    await roster.flush()
    metrics = (await stage.shown(scout)).metrics
    assert (metrics.tasks_completed, metrics.avg_execution_time_ms, metrics.error_count) == (3, 101, 1)


async def test_an_agent_of_several_pieces_is_busy_until_the_last_and_shows_the_latest(stage: Stage) -> None:
    roster = await stage.roster({Role.ARTIST: 1})
    first, second = uuid4(), uuid4()
    artist = roster.assign()[Role.ARTIST]
    async with roster.working(Role.ARTIST, first, artist):
        async with roster.working(Role.ARTIST, second, artist) as shown:
            assert shown == artist
            await roster.flush()
            assert (await stage.shown(artist)).current_task == second
        await roster.flush()
        state = await stage.shown(artist)
        assert (state.status, state.current_task) == (AgentStatus.BUSY, first)
        assert roster.idle(Role.ARTIST) == 0
    await roster.flush()
    state = await stage.shown(artist)
    assert (state.status, state.current_task, state.metrics.tasks_completed) == (AgentStatus.IDLE, None, 2)


async def test_a_refusal_is_completed_work_and_a_cancellation_no_work(stage: Stage) -> None:
    roster = await stage.roster({Role.WORKER: 1})
    worker = roster.assign()[Role.WORKER]
    for error in (BudgetExceeded("no"), ToolFailed("broken"), asyncio.CancelledError()):
        with suppress(BudgetExceeded, ToolFailed, asyncio.CancelledError):
            async with roster.working(Role.WORKER, uuid4(), worker):
                raise error
    await roster.flush()
    metrics = (await stage.shown(worker)).metrics
    assert (metrics.tasks_completed, metrics.error_count) == (1, 1)


async def test_the_agent_idle_longest_is_handed_out_first(stage: Stage) -> None:
    roster = await stage.roster({Role.WORKER: 3})
    first = [await work_once(roster, Role.WORKER) for _ in range(3)]
    assert len(set(first)) == 3
    assert [await work_once(roster, Role.WORKER) for _ in range(3)] == first


async def test_what_an_agent_has_done_moves_with_it_to_another_host(stage: Stage) -> None:
    host_id, roster = await stage.host({Role.SCOUT: 1})
    scout = await work_once(roster, Role.SCOUT, took_ms=250)
    await roster.flush()
    await stage.dies(host_id)
    heir = await stage.roster({Role.SCOUT: 1})
    assert scout in heir
    await work_once(heir, Role.SCOUT, took_ms=350)
    await heir.flush()
    metrics = (await stage.shown(scout)).metrics
    assert (metrics.tasks_completed, metrics.avg_execution_time_ms) == (2, 300)


async def test_what_an_agent_has_done_survives_a_clean_end_and_a_flushed_redis(stage: Stage) -> None:
    roster = await stage.roster({Role.SCOUT: 1})
    scout = await work_once(roster, Role.SCOUT, took_ms=250)
    await roster.give_back()
    assert await stage.state(scout) is None
    assert (await stage.row(scout)).status is AgentStatus.OFFLINE
    await stage.redis.flushdb()
    heir = await stage.roster({Role.SCOUT: 1})
    await heir.flush()
    assert (await stage.shown(scout)).metrics.tasks_completed == 1


async def test_counts_by_role_are_those_of_live_states(stage: Stage) -> None:
    await (await stage.roster({Role.SCOUT: 3, Role.ARTIST: 2, Role.CFO: 1})).flush()
    await stage.redis.set("agent:nonsense:state", "{}")
    assert await live_counts(stage.redis) == {Role.SCOUT: 3, Role.ARTIST: 2, Role.CFO: 1}


async def test_other_programs_agents_are_never_adopted(stage: Stage) -> None:
    theirs = uuid4()
    async with stage.database.transaction() as connection:
        await agents.ensure_named(connection, theirs, "their program")
    roster = await stage.roster({Role.WORKER: 1})
    assert theirs not in roster


async def test_two_hosts_that_adopt_at_once_share_no_agent(stage: Stage) -> None:
    dead, roster = await stage.host({Role.WORKER: 40})
    await roster.flush()
    await stage.dies(dead)
    one, two = await asyncio.gather(stage.host({Role.WORKER: 30}), stage.host({Role.WORKER: 30}))
    hosts = list((await stage.hosts()).values())
    assert (hosts.count(one[0]), hosts.count(two[0]), hosts.count(dead)) == (30, 30, 0)
    assert await stage.count(Role.WORKER) == 60


async def test_a_living_host_s_agents_are_left_to_it(stage: Stage) -> None:
    first = await stage.roster({Role.JUDGE: 2})
    second = await stage.roster({Role.JUDGE: 2})
    assert set(first.assign().values()).isdisjoint(second.assign().values()) or Role.CFO in first.assign()
    assert await stage.count(Role.JUDGE) == 4


async def test_one_cfo_is_shown_by_every_host_and_its_tasks_add_up(stage: Stage) -> None:
    first = await stage.roster({Role.CFO: 1})
    second = await stage.roster({Role.CFO: 1})
    cfo = await work_once(first, Role.CFO, took_ms=100)
    assert await work_once(second, Role.CFO, took_ms=200) == cfo
    await first.flush()
    await second.flush()
    await work_once(first, Role.CFO, took_ms=300)
    await first.flush()
    metrics = (await stage.shown(cfo)).metrics
    assert (metrics.tasks_completed, metrics.avg_execution_time_ms) == (3, 200)
    await first.give_back()
    assert await stage.state(cfo) is not None
    assert await stage.count(Role.CFO) == 1


async def test_hosts_tell_how_many_agents_they_have_and_those_that_end_none(stage: Stage) -> None:
    first = await stage.roster({Role.SCOUT: 2, Role.CFO: 1})
    second = await stage.roster({Role.SCOUT: 1, Role.ARTIST: 2, Role.CFO: 1})
    for roster in (first, second):
        await roster.show_counts()
    assert await hosted_counts(stage.redis) == {Role.SCOUT: 3, Role.ARTIST: 2, Role.CFO: 1}
    await first.give_back()
    assert await hosted_counts(stage.redis) == {Role.SCOUT: 1, Role.ARTIST: 2, Role.CFO: 1}


async def test_a_host_that_fell_silent_is_not_counted(stage: Stage) -> None:
    await (await stage.roster({Role.JUDGE: 1})).show_counts()
    seconds, _ = await stage.redis.time()
    long_ago = seconds - SHOWN_SECONDS - 1
    await stage.redis.hset(LIVE_KEY, str(uuid4()), f'{long_ago} {{"judge": 5}}')
    assert await hosted_counts(stage.redis) == {Role.JUDGE: 1}
