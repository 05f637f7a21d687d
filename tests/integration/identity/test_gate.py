"""The gate believes a token only as far as its subject's row, its key and nobody's revocation speak against it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chimera.core.clock import FixedClock
from chimera.core.errors import Unauthenticated
from chimera.core.vocabulary import PersonRole, Role
from chimera.runtime.identity.identity import Identity
from chimera.runtime.identity.signing import TokenSigning
from chimera.runtime.identity.tokens import Tokens
from chimera.security.access_tokens import LIFETIME, issue_access_token
from chimera.security.permissions import Caller
from chimera.security.token_gate import REREAD_SECONDS
from chimera.security.token_keys import KEY_BITS_MIN, new_private_pem
from chimera.storage.database import Database
from chimera.storage.records import agents, crew_member, person
from factories_identity import open_identity, token_of

pytestmark = pytest.mark.engines
BOUND = timedelta(seconds=REREAD_SECONDS)


async def test_the_caller_is_what_its_row_says(
    identity: Identity, planner: UUID, anna: UUID, database: Database
) -> None:
    other = uuid4()
    async with database.transaction() as connection:
        await agents.ensure_named(connection, other, "a script")
    assert await identity.gate.caller(await token_of(identity, planner)) == Caller(planner, Role.PLANNER)
    assert await identity.gate.caller(await token_of(identity, anna)) == Caller(anna, PersonRole.FINANCE, name="Anna")
    assert await identity.gate.caller(await token_of(identity, other)) == Caller(other, Role.WORKER, other_program=True)


async def test_many_tokens_shown_at_once_are_each_answered_for_themselves(
    identity: Identity, planner: UUID, anna: UUID
) -> None:
    """They are read together."""
    ended, *counting = [await token_of(identity, subject) for subject in (planner, planner, anna, planner, anna)]
    await identity.revoke(ended)
    found = await asyncio.gather(*map(identity.gate.caller, (*counting, ended)), return_exceptions=True)
    assert [one.id for one in found if isinstance(one, Caller)] == [planner, anna, planner, anna]
    assert isinstance(found[-1], Unauthenticated)


async def test_a_token_of_another_role_than_the_row_says_is_refused(
    identity: Identity, planner: UUID, clock: FixedClock
) -> None:
    """Signed by us and all: a role is the row's to give."""
    key = await identity.signing.key()
    for caller in (
        Caller(planner, Role.CFO),
        Caller(planner, PersonRole.ADMIN),
        Caller(planner, Role.PLANNER, other_program=True),
        Caller(uuid4(), Role.PLANNER),
    ):
        with pytest.raises(Unauthenticated, match="does not count"):
            await identity.gate.caller(issue_access_token(caller, key, token_id=uuid4(), now=clock.now()))


async def test_a_changed_role_is_noticed_within_the_bound(identity: Identity, anna: UUID, clock: FixedClock) -> None:
    token = await token_of(identity, anna)
    await identity.gate.caller(token)
    await identity.people.set_role("anna", PersonRole.VIEWER)
    clock.advance(BOUND)
    with pytest.raises(Unauthenticated):
        await identity.gate.caller(token)


async def test_a_retired_agent_is_noticed_within_the_bound_and_gets_no_token(
    identity: Identity, planner: UUID, database: Database, clock: FixedClock
) -> None:
    token = await token_of(identity, planner)
    await identity.gate.caller(token)
    async with database.transaction() as connection:
        await crew_member.retire(connection, planner, clock.now())
    clock.advance(BOUND)
    with pytest.raises(Unauthenticated):
        await identity.gate.caller(token)


async def test_a_retired_person_is_refused_at_once_by_who_has_not_seen_the_token(
    identity: Identity, anna: UUID, database: Database, clock: FixedClock
) -> None:
    token = await token_of(identity, anna)
    async with database.transaction() as connection:
        await person.retire(connection, anna, clock.now())
    with pytest.raises(Unauthenticated):
        await identity.gate.caller(token)


async def test_a_revoked_token_is_refused_within_the_bound_others_of_its_subject_go_on(
    identity: Identity, planner: UUID, clock: FixedClock
) -> None:
    ended, other = await token_of(identity, planner), await token_of(identity, planner)
    await identity.gate.caller(ended)
    await identity.revoke(ended)
    clock.advance(BOUND)
    with pytest.raises(Unauthenticated):
        await identity.gate.caller(ended)
    assert (await identity.gate.caller(other)).id == planner


async def test_a_revoked_subject_needs_a_new_token(identity: Identity, planner: UUID, clock: FixedClock) -> None:
    before = [await token_of(identity, planner), await identity.tokens.access_token(planner)]
    assert await identity.tokens.revoke_subject(planner, "a test") == 1
    for token in before:
        with pytest.raises(Unauthenticated):
            await identity.gate.caller(token)
    clock.advance(timedelta(seconds=1))
    assert (await identity.gate.caller(await token_of(identity, planner))).id == planner


async def test_a_remembered_token_expires_on_time(identity: Identity, planner: UUID, clock: FixedClock) -> None:
    token = await token_of(identity, planner)
    await identity.gate.caller(token)
    clock.advance(LIFETIME)
    with pytest.raises(Unauthenticated, match="expired"):
        await identity.gate.caller(token)


async def test_tokens_of_a_retired_key_count_until_they_expire_unless_it_is_taken_back_at_once(
    database: Database, planner: UUID, clock: FixedClock, tmp_path: Path
) -> None:
    signing = TokenSigning(tmp_path / "keys", None, database, clock)
    identity = open_identity(database, clock)
    home = replace(identity, signing=signing, tokens=Tokens(database, signing, clock))
    first = await home.tokens.access_token(planner)
    old = (await signing.key()).kid
    new = (await signing.rotate(at_once=False)).kid
    clock.advance(timedelta(minutes=30))
    second = await home.tokens.access_token(planner)
    assert [(await home.gate.caller(token)).id for token in (first, second)] == [planner, planner]
    assert {key["kid"] for key in (await home.jwks())["keys"]} == {old, new}
    await signing.rotate(at_once=True)
    clock.advance(BOUND)
    with pytest.raises(Unauthenticated):
        await home.gate.caller(second)
    assert (await home.gate.caller(first)).id == planner
    clock.advance(timedelta(minutes=31))
    assert old not in {key["kid"] for key in (await home.jwks())["keys"]}


async def test_another_processs_key_is_known_by_its_first_token(
    database: Database, identity: Identity, planner: UUID, clock: FixedClock
) -> None:
    await identity.gate.caller(await token_of(identity, planner))
    another = TokenSigning(Path("/nonexistent"), new_private_pem(KEY_BITS_MIN).decode(), database, clock)
    token = await Tokens(database, another, clock).access_token(planner)
    clock.advance(timedelta(seconds=1))
    assert (await identity.gate.caller(token)).id == planner
