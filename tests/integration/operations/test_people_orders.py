"""What people order about agents, reviews, spending, channels and the whole studio, and how it is listed."""

from uuid import UUID, uuid4

import pytest

from chimera.contracts.agent import AgentDetails, AgentOrder, AgentPage, AgentsMade
from chimera.contracts.halt import HaltState
from chimera.contracts.objective_state import ObjectiveList, ObjectiveStanding
from chimera.contracts.policy import PolicyList
from chimera.contracts.review_entry import ReviewEntry, ReviewPage
from chimera.contracts.spending import OpenHoldPage, Spending
from chimera.core.clock import FixedClock
from chimera.core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from chimera.core.vocabulary import Role
from chimera.runtime.operations.desk import Desk
from chimera.safety.policy import load_policy
from chimera.storage.database import Database
from chimera.storage.records import objective, review_item
from chimera.storage.records.review_item import ReviewItem
from chimera.treasury.treasury import Treasury
from factories_operations import CREATOR, FINANCE, OPERATOR, VIEWER, agent, ask
from factories_treasury import Office
from factories_trend_rows import insert_trend

pytestmark = pytest.mark.engines


async def test_agents_are_made_paused_and_retired(desk: Desk) -> None:
    made = await ask(desk, "agents.spawn", OPERATOR, AgentsMade, role="director", count=3, config={"tone": "dry"})
    first, second, third = made.agent_ids
    for name, agent_id in (("pause", first), ("retire", second), ("pause", third), ("resume", third)):
        await ask(desk, f"agents.{name}", OPERATOR, AgentOrder, agent_id=agent_id)
    for standing, expected in (("paused", {first}), ("retired", {second}), ("offline", {third})):
        page = await ask(desk, "agents.list", VIEWER, AgentPage, role="director", standing=standing)
        assert {each.agent_id for each in page.agents} == expected
    shown = await ask(desk, "agents.show", VIEWER, AgentDetails, agent_id=first)
    assert (shown.agent.standing, shown.agent.config, shown.state) == ("paused", {"tone": "dry"}, None)
    with pytest.raises(Conflict):
        await ask(desk, "agents.pause", OPERATOR, AgentOrder, agent_id=second)


async def test_every_agent_is_listed_once(desk: Desk) -> None:
    made = await ask(desk, "agents.spawn", OPERATOR, AgentsMade, role="judge", count=5)
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await ask(desk, "agents.list", VIEWER, AgentPage, role="judge", limit=2, cursor=cursor)
        seen += [each.agent_id for each in page.agents]
        if (cursor := page.next_cursor) is None:
            break
    assert sorted(seen) == sorted(made.agent_ids)


async def test_agents_that_can_not_be_steered_are_refused(desk: Desk, office: Office) -> None:
    for wrong in (
        {"role": "cfo"},
        {"role": "judge", "config": {"tone": "dry"}},
        {"role": "artist", "config": {"x": 1}},
    ):
        with pytest.raises(ValidationFailed):
            await ask(desk, "agents.spawn", OPERATOR, AgentsMade, **wrong)
    with pytest.raises(ValidationFailed):
        await ask(desk, "agents.pause", OPERATOR, AgentOrder, agent_id=office.cfo)
    with pytest.raises(NotFound):
        await ask(desk, "agents.show", VIEWER, AgentDetails, agent_id=UUID(int=7))
    for caller in (VIEWER, CREATOR, FINANCE, agent(Role.PLANNER)):
        with pytest.raises(Forbidden):
            await ask(desk, "agents.spawn", caller, AgentsMade, role="judge")


async def test_what_waits_for_a_person_is_answered_under_its_name(
    desk: Desk, database: Database, clock: FixedClock
) -> None:
    trend = await insert_trend(database, clock, 1)
    item = ReviewItem(
        uuid4(), "trend", trend.trend_id, None, trend.topic, ["health"], "sensitive", "waiting", clock.now()
    )
    async with database.transaction() as connection:
        await review_item.add(connection, item)
    with pytest.raises(ValidationFailed):
        await ask(desk, "reviews.answer", OPERATOR, ReviewEntry, review_id=item.id, approve=False, reason=" ")
    with pytest.raises(Forbidden):
        await ask(desk, "reviews.answer", agent(Role.JUDGE), ReviewEntry, review_id=item.id, approve=True)
    done = await ask(desk, "reviews.answer", OPERATOR, ReviewEntry, review_id=item.id, approve=True, reason="fine")
    assert (done.state, done.decided_by, done.answer) == ("approved", "ada", "fine")
    assert (await ask(desk, "reviews.list", VIEWER, ReviewPage, state="waiting")).reviews == ()
    assert (await ask(desk, "reviews.list", VIEWER, ReviewPage, state="approved")).reviews == (done,)


async def test_spending_is_stopped_and_goes_on_by_a_persons_word(
    desk: Desk, treasury: Treasury, office: Office
) -> None:
    await ask(desk, "spend.pause", OPERATOR, Spending, reason="a leak")
    assert not (await treasury.decide(office.request("1.00"))).approved
    shown = await ask(desk, "spend.show", CREATOR, Spending)
    assert (shown.paused, shown.paused_by, shown.reason) == (True, "ada", "a leak")
    assert not (await ask(desk, "spend.resume", FINANCE, Spending, reason="mended")).paused
    assert (await ask(desk, "spend.holds", FINANCE, OpenHoldPage)).holds == ()
    with pytest.raises(Forbidden):
        await ask(desk, "spend.pause", CREATOR, Spending, reason="x")


async def test_a_channel_is_paused_and_goes_on(desk: Desk, database: Database, clock: FixedClock) -> None:
    async with database.transaction() as connection:
        await objective.add(connection, uuid4(), "daily", {"name": "daily"}, clock.now())
    paused = await ask(desk, "objectives.pause", CREATOR, ObjectiveStanding, name="daily", reason="holidays")
    assert (paused.state, paused.state_reason) == ("paused", "ada: holidays")
    assert (await ask(desk, "objectives.resume", CREATOR, ObjectiveStanding, name="daily")).state == "active"
    assert [each.name for each in (await ask(desk, "objectives.list", VIEWER, ObjectiveList)).objectives] == ["daily"]
    with pytest.raises(NotFound):
        await ask(desk, "objectives.pause", CREATOR, ObjectiveStanding, name="none")


async def test_the_studio_is_halted_by_who_may(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        await ask(desk, "studio.halt", CREATOR, HaltState, reason="x")
    halted = await ask(desk, "studio.halt", OPERATOR, HaltState, reason="a fire")
    assert (halted.halted, halted.by, halted.reason) == (True, "ada", "a fire")
    assert not (await ask(desk, "studio.unhalt", OPERATOR, HaltState, reason="out")).halted
    assert not (await ask(desk, "studio.show", VIEWER, HaltState)).halted


async def test_the_policy_in_force_is_shown_with_its_hash(desk: Desk) -> None:
    shown = await ask(desk, "policies.list", VIEWER, PolicyList)
    assert [(policy.name, policy.sha256) for policy in shown.policies] == [("safety", load_policy().sha256)]
