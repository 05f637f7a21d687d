"""What people, failures and time decide about hosted agents."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from chimera.core.errors import AgentOffline
from chimera.core.vocabulary import AgentStatus, Role
from chimera.runtime.roster.addressing import require_online
from chimera.runtime.roster.capabilities import CAPABILITIES
from chimera.runtime.roster.members import FAILURES_IN_A_ROW_MAX, REST_SECONDS
from chimera.runtime.roster.roster import Roster
from chimera.storage.records import agents, crew_member
from factories_roster import Stage, work_once

REST = timedelta(seconds=REST_SECONDS)


async def pause(stage: Stage, agent_id: UUID) -> None:
    async with stage.database.transaction() as connection:
        await crew_member.pause(connection, agent_id, stage.clock.now())


async def resume(stage: Stage, agent_id: UUID) -> None:
    async with stage.database.transaction() as connection:
        await crew_member.resume(connection, agent_id)


async def retire(stage: Stage, agent_id: UUID) -> None:
    async with stage.database.transaction() as connection:
        await crew_member.retire(connection, agent_id, stage.clock.now())


async def fail_until_it_rests(roster: Roster, role: Role) -> UUID:
    for _ in range(FAILURES_IN_A_ROW_MAX):
        agent_id = await work_once(roster, role, failed=True)
    return agent_id


async def test_a_paused_agent_finishes_its_task_and_takes_no_more_until_resumed(stage: Stage) -> None:
    roster = await stage.roster({Role.WORKER: 1})
    worker = roster.acquire(Role.WORKER, uuid4())
    assert worker is not None
    await pause(stage, worker)
    await roster.follow_orders()
    roster.release(worker, 10, failed=False)
    assert roster.acquire(Role.WORKER, uuid4()) is None
    with pytest.raises(AgentOffline):
        roster.assign()
    await resume(stage, worker)
    await roster.follow_orders()
    assert roster.acquire(Role.WORKER, uuid4(), worker) == worker


async def test_a_paused_agent_is_not_adopted(stage: Stage) -> None:
    roster = await stage.roster({Role.WORKER: 1})
    paused = roster.assign()[Role.WORKER]
    await pause(stage, paused)
    await roster.give_back()
    assert paused not in await stage.roster({Role.WORKER: 1})


async def test_a_retired_agent_leaves_when_its_task_is_done_and_never_returns(stage: Stage) -> None:
    roster = await stage.roster({Role.WORKER: 1})
    worker = roster.acquire(Role.WORKER, uuid4())
    assert worker is not None
    await retire(stage, worker)
    await roster.follow_orders()
    assert worker in roster
    roster.release(worker, 10, failed=False)
    await roster.flush()
    await roster.follow_orders()
    assert worker not in roster
    assert await stage.state(worker) is None
    assert (await stage.row(worker)).status is AgentStatus.OFFLINE
    assert worker not in await stage.roster({Role.WORKER: 1})


async def test_five_failures_in_a_row_set_an_agent_to_rest(stage: Stage) -> None:
    roster = await stage.roster({Role.ARTIST: 1})
    for failed in (True, True, True, True, False):
        await work_once(roster, Role.ARTIST, failed=failed)
    artist = await fail_until_it_rests(roster, Role.ARTIST)
    assert roster.acquire(Role.ARTIST, uuid4()) is None
    await roster.flush()
    await roster.write_rows()
    assert (await stage.shown(artist)).status is AgentStatus.ERROR
    assert (await stage.row(artist)).status is AgentStatus.ERROR


async def test_after_its_rest_an_agent_is_on_trial(stage: Stage) -> None:
    roster = await stage.roster({Role.ARTIST: 1})
    await fail_until_it_rests(roster, Role.ARTIST)
    stage.clock.advance(REST)
    roster.beat()
    await work_once(roster, Role.ARTIST, failed=True)
    assert roster.idle(Role.ARTIST) == 0
    stage.clock.advance(REST)
    roster.beat()
    await work_once(roster, Role.ARTIST)
    await work_once(roster, Role.ARTIST, failed=True)
    assert roster.idle(Role.ARTIST) == 1


async def test_a_person_s_resume_forgives_failures(stage: Stage) -> None:
    roster = await stage.roster({Role.ARTIST: 1})
    artist = await fail_until_it_rests(roster, Role.ARTIST)
    await roster.follow_orders()
    assert roster.idle(Role.ARTIST) == 0
    await roster.write_rows()
    await resume(stage, artist)
    roster.beat()
    await roster.write_rows()
    await roster.follow_orders()
    await work_once(roster, Role.ARTIST, failed=True)
    assert roster.idle(Role.ARTIST) == 1


async def test_a_resting_agent_is_adopted_only_after_its_rest(stage: Stage) -> None:
    roster = await stage.roster({Role.ARTIST: 1})
    artist = await fail_until_it_rests(roster, Role.ARTIST)
    await roster.give_back()
    heir = await stage.roster({Role.ARTIST: 1})
    assert artist not in heir
    await heir.give_back()
    stage.clock.advance(REST)
    assert artist in await stage.roster({Role.ARTIST: 2})


async def test_spawned_agents_come_to_a_host_that_takes_new_ones(stage: Stage) -> None:
    _, closed = await stage.host({Role.WORKER: 1})
    _, opened = await stage.host({Role.WORKER: 1}, takes_new=True)
    made = [uuid4(), uuid4()]
    async with stage.database.transaction() as connection:
        now = stage.clock.now()
        capabilities = CAPABILITIES[Role.WORKER]
        await crew_member.make(connection, Role.WORKER, made, capabilities=capabilities, host_id=None, now=now)
    await closed.follow_orders()
    await opened.follow_orders()
    assert (len(closed), len(opened)) == (1, 3)
    assert all(agent_id in opened for agent_id in made)


async def test_a_late_host_drops_agents_that_another_has_by_now(stage: Stage) -> None:
    late_id, late = await stage.host({Role.WORKER: 1})
    worker = late.acquire(Role.WORKER, uuid4())
    assert worker is not None
    await stage.dies(late_id)
    heir = await stage.roster({Role.WORKER: 1})
    late.beat()
    await late.write_rows()
    await late.follow_orders()
    assert (worker in late, worker in heir) == (False, True)
    late.release(worker, 10, failed=False)
    await late.give_back()
    await heir.flush()
    assert await stage.state(worker) is not None
    assert (await stage.row(worker)).status is AgentStatus.IDLE


async def test_a_piece_s_agent_moves_to_the_host_that_goes_on_with_the_piece(stage: Stage) -> None:
    dead, roster = await stage.host({Role.ARTIST: 1})
    artist = roster.assign()[Role.ARTIST]
    heir = await stage.roster({Role.ARTIST: 1})
    async with heir.working(Role.ARTIST, uuid4(), artist) as stand_in:
        assert stand_in != artist
    await stage.dies(dead)
    async with heir.working(Role.ARTIST, uuid4(), artist) as shown:
        assert shown == artist


async def test_a_silent_agent_without_a_state_is_declared_offline(stage: Stage) -> None:
    roster = await stage.roster({Role.SCOUT: 2})
    await roster.flush()
    gone = roster.assign()[Role.SCOUT]
    stage.clock.advance(timedelta(seconds=301))
    sweeping = await stage.roster({Role.JUDGE: 1})
    assert await sweeping.sweep() == 0
    await stage.redis.delete(f"agent:{gone}:state")
    assert await sweeping.sweep() == 1
    assert (await stage.row(gone)).status is AgentStatus.OFFLINE


async def test_a_flushed_redis_makes_nobody_offline_whose_row_is_fresh_and_states_come_back(stage: Stage) -> None:
    roster = await stage.roster({Role.SCOUT: 1})
    scout = await work_once(roster, Role.SCOUT)
    await roster.flush()
    await stage.redis.flushdb()
    assert await roster.sweep() == 0
    roster.beat()
    await roster.flush()
    assert (await stage.shown(scout)).metrics.tasks_completed == 1


async def test_work_addressed_to_nobody_is_refused(stage: Stage) -> None:
    roster = await stage.roster({Role.WORKER: 2})
    working, paused = roster.assign()[Role.WORKER], roster.assign()[Role.WORKER]
    await pause(stage, paused)
    now = stage.clock.now()
    async with stage.database.transaction() as connection:
        await agents.ensure_named(connection, theirs := uuid4(), "their program")
        await require_online(connection, [(Role.WORKER, None), (Role.WORKER, working)], now)
        for role, agent_id in (
            (Role.SCOUT, None), (Role.WORKER, paused), (Role.WORKER, uuid4()), (Role.WORKER, theirs),
            (Role.JUDGE, working),
        ):  # fmt: skip
            with pytest.raises(AgentOffline) as refused:
                await require_online(connection, [(role, agent_id)], now)
            assert refused.value.details["role"] == role
        with pytest.raises(AgentOffline):
            await require_online(connection, [(Role.WORKER, None)], now + timedelta(seconds=301))
