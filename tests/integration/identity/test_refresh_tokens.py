"""A refresh token counts once; whoever shows a used one again ends the login for everybody."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from chimera.core.clock import FixedClock
from chimera.core.errors import Forbidden, Unauthenticated
from chimera.runtime.identity.identity import Identity
from chimera.security.refresh_tokens import GRACE, LIFETIME
from chimera.security.token_gate import REREAD_SECONDS
from chimera.storage.database import Database

pytestmark = pytest.mark.engines


async def test_every_use_gives_new_tokens_of_the_same_subject(identity: Identity, planner: UUID) -> None:
    given = await identity.tokens.issue(planner)
    seen = {given.refresh_token}
    for _ in range(3):
        given = await identity.tokens.refresh(given.refresh_token)
        assert (await identity.gate.caller(given.access_token)).id == given.subject == planner
        seen.add(given.refresh_token)
    assert len(seen) == 4


async def test_a_used_token_shown_again_ends_the_login_and_its_access_tokens(
    identity: Identity, planner: UUID, clock: FixedClock
) -> None:
    first = await identity.tokens.issue(planner)
    second = await identity.tokens.refresh(first.refresh_token)
    await identity.gate.caller(second.access_token)
    clock.advance(GRACE + timedelta(seconds=1))
    for shown in (first, second):
        with pytest.raises(Unauthenticated):
            await identity.tokens.refresh(shown.refresh_token)
    clock.advance(timedelta(seconds=REREAD_SECONDS))
    with pytest.raises(Unauthenticated):
        await identity.gate.caller(second.access_token)


async def test_an_answer_that_was_lost_is_given_again_within_the_grace(
    identity: Identity, planner: UUID, clock: FixedClock
) -> None:
    first = await identity.tokens.issue(planner)
    second = await identity.tokens.refresh(first.refresh_token)
    clock.advance(GRACE)
    again = await identity.tokens.refresh(first.refresh_token)
    assert again.refresh_token == second.refresh_token
    assert (await identity.tokens.refresh(again.refresh_token)).subject == planner


async def test_the_grace_ends_when_the_successor_is_shown(identity: Identity, planner: UUID) -> None:
    first = await identity.tokens.issue(planner)
    second = await identity.tokens.refresh(first.refresh_token)
    third = await identity.tokens.refresh(second.refresh_token)
    with pytest.raises(Unauthenticated):
        await identity.tokens.refresh(first.refresh_token)
    with pytest.raises(Unauthenticated):
        await identity.tokens.refresh(third.refresh_token)


async def test_two_at_once_get_the_same_successor(identity: Identity, planner: UUID) -> None:
    first = await identity.tokens.issue(planner)
    given = await asyncio.gather(*(identity.tokens.refresh(first.refresh_token) for _ in range(5)))
    assert len({pair.refresh_token for pair in given}) == 1


async def test_a_token_runs_out_after_a_week_without_use(identity: Identity, planner: UUID, clock: FixedClock) -> None:
    given = await identity.tokens.issue(planner)
    clock.advance(LIFETIME - timedelta(seconds=1))
    given = await identity.tokens.refresh(given.refresh_token)
    clock.advance(LIFETIME)
    with pytest.raises(Unauthenticated):
        await identity.tokens.refresh(given.refresh_token)


async def test_an_ended_login_gives_nothing(identity: Identity, planner: UUID) -> None:
    given = await identity.tokens.issue(planner)
    assert await identity.revoke(given.refresh_token)
    with pytest.raises(Unauthenticated):
        await identity.tokens.refresh(given.refresh_token)
    with pytest.raises(Unauthenticated):
        await identity.gate.caller(given.access_token)


async def test_a_retired_person_refreshes_nothing_and_logs_in_nowhere(identity: Identity, anna: UUID) -> None:
    given = await identity.tokens.issue(anna)
    await identity.people.retire("Anna")
    with pytest.raises(Unauthenticated):
        await identity.tokens.refresh(given.refresh_token)
    with pytest.raises(Forbidden):
        await identity.tokens.issue(anna)


@pytest.mark.parametrize("shown", ["", "x" * 43, "x" * 44, "x" * 4000, "a.b.c", "\ud800" * 43, "é" * 43])
async def test_what_is_no_refresh_token_is_refused(identity: Identity, shown: str) -> None:
    with pytest.raises(Unauthenticated):
        await identity.tokens.refresh(shown)


async def test_no_token_stands_in_the_database(identity: Identity, planner: UUID, database: Database) -> None:
    given = await identity.tokens.issue(planner)
    again = await identity.tokens.refresh(given.refresh_token)
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT (SELECT string_agg(row_to_json(t)::text, '') FROM refresh_token t) || "
            "(SELECT string_agg(row_to_json(f)::text, '') FROM refresh_family f) AS told"
        )
        row = await cursor.fetchone()
    assert row is not None
    for secret in (given.refresh_token, again.refresh_token):
        assert secret not in row["told"]
        assert secret.encode().hex() not in row["told"]


async def test_expired_rows_are_swept_as_others_are_made(
    identity: Identity, planner: UUID, database: Database, clock: FixedClock
) -> None:
    for _ in range(3):
        await identity.revoke((await identity.tokens.issue(planner)).access_token)
    clock.advance(LIFETIME + timedelta(seconds=1))
    await identity.tokens.issue(planner)
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT (SELECT count(*) FROM refresh_token) AS tokens, (SELECT count(*) FROM refresh_family) AS logins, "
            "(SELECT count(*) FROM revoked_token) AS revoked"
        )
        assert await cursor.fetchone() == {"tokens": 1, "logins": 1, "revoked": 0}
