"""Inside one process an agent is known by its own token too: what it says of itself opens nothing."""

from uuid import UUID, uuid4

import pytest

from chimera.core.clock import FixedClock
from chimera.core.errors import ChimeraError, Forbidden, Unauthenticated
from chimera.core.vocabulary import Role
from chimera.pipeline.wire import ANALYZE, APPROVE, CREATE_BRIEF, PRODUCE, Wire
from chimera.runtime.identity.identity import Identity
from chimera.security.access_tokens import issue_access_token
from chimera.security.permissions import Caller
from chimera.security.token_keys import KEY_BITS_MIN, new_private_pem, signing_token_key
from chimera.storage.database import Database
from chimera.storage.records import agents, crew_member

pytestmark = pytest.mark.engines


class Shown:
    """Tokens that somebody else put there."""

    def __init__(self, token: str) -> None:
        self.token = token

    async def token_of(self, agent_id: UUID) -> str:
        del agent_id
        return self.token

    async def refused(self, token: str) -> bool:
        return token != self.token


class Work:
    """What the called agent would do."""

    def __init__(self) -> None:
        self.done = 0

    async def __call__(self) -> int:
        self.done += 1
        return self.done


@pytest.fixture
def wire(identity: Identity) -> Wire:
    return Wire(identity.inside_tokens, identity.inside_gate)


async def agent_of(database: Database, role: Role) -> UUID:
    async with database.transaction() as connection:
        return await agents.ensure(connection, role, [], uuid4())


async def refused(wire: Wire, subject: str, by: UUID, kind: type[ChimeraError]) -> None:
    work = Work()
    with pytest.raises(kind):
        await wire.call(subject, by, work)
    assert work.done == 0


@pytest.mark.parametrize(
    ("role", "subjects"),
    [
        (Role.PLANNER, {ANALYZE, CREATE_BRIEF, APPROVE}),
        (Role.WORKER, {ANALYZE, CREATE_BRIEF, APPROVE, PRODUCE}),
        (Role.ARTIST, {APPROVE}),
        (Role.SCOUT, {APPROVE}),
        (Role.CFO, set()),
    ],
)
async def test_a_role_calls_its_subjects_and_no_others(
    wire: Wire, database: Database, role: Role, subjects: set[str]
) -> None:
    agent = await agent_of(database, role)
    for subject in (ANALYZE, CREATE_BRIEF, APPROVE, PRODUCE, "internal.agent.judge.review"):
        if subject in subjects:
            assert await wire.call(subject, agent, Work()) == 1
        else:
            await refused(wire, subject, agent, Forbidden)


async def test_a_forged_token_is_refused_inside_too(identity: Identity, database: Database, clock: FixedClock) -> None:
    agent = await agent_of(database, Role.PLANNER)
    stranger = signing_token_key(new_private_pem(KEY_BITS_MIN))
    forged = issue_access_token(Caller(agent, Role.PLANNER), stranger, token_id=uuid4(), now=clock.now())
    for token in (forged, "", str(agent), forged.rpartition(".")[0] + "."):
        await refused(Wire(Shown(token), identity.inside_gate), CREATE_BRIEF, agent, Unauthenticated)


async def test_another_agents_token_does_not_speak_for_this_one(identity: Identity, database: Database) -> None:
    artist, worker = await agent_of(database, Role.ARTIST), await agent_of(database, Role.WORKER)
    foreign = Wire(Shown(await identity.inside_tokens.token_of(worker)), identity.inside_gate)
    await refused(foreign, APPROVE, artist, Forbidden)


async def test_who_is_not_registered_calls_nothing(wire: Wire) -> None:
    await refused(wire, CREATE_BRIEF, uuid4(), Forbidden)


async def test_a_revoked_token_is_made_anew_while_its_agent_may_work(
    wire: Wire, identity: Identity, database: Database, clock: FixedClock
) -> None:
    agent = await agent_of(database, Role.PLANNER)
    before = await identity.inside_tokens.token_of(agent)
    await identity.revoke(before)
    assert await wire.call(CREATE_BRIEF, agent, Work()) == 1
    assert await identity.inside_tokens.token_of(agent) != before


async def test_a_retired_agent_finishes_inside_what_it_began_and_is_nobody_outside(
    wire: Wire, identity: Identity, database: Database, clock: FixedClock
) -> None:
    agent = await agent_of(database, Role.PLANNER)
    async with database.transaction() as connection:
        await crew_member.retire(connection, agent, clock.now())
    assert await wire.call(CREATE_BRIEF, agent, Work()) == 1
    with pytest.raises(Unauthenticated):
        await identity.gate.caller(await identity.inside_tokens.token_of(agent))
