"""What the gate remembers: for how long, of how many, and what it reads meanwhile."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from chimera.core.clock import FixedClock
from chimera.core.errors import EngineUnavailable, Unauthenticated
from chimera.core.vocabulary import Role
from chimera.security import token_gate
from chimera.security.access_tokens import Claims, issue_access_token
from chimera.security.permissions import Caller
from chimera.security.token_gate import KEYS_REREAD_SECONDS, REREAD_SECONDS, Standing, TokenGate
from chimera.security.token_keys import KEY_BITS_MIN, KnownTokenKey, new_private_pem, signing_token_key
from factories_identity import token_key_pem

KEY = signing_token_key(token_key_pem().encode())
AGENT = uuid4()


class Rows:
    """Keys and rows, counted as they are read."""

    def __init__(self) -> None:
        self.keys_read = 0
        self.rows_read = 0
        self.answers = True

    async def known(self) -> tuple[KnownTokenKey, ...]:
        self.keys_read += 1
        return (KnownTokenKey(KEY.kid, KEY.key, datetime(2100, 1, 1, tzinfo=UTC)),)

    async def standing(self, claims: Claims) -> Standing:
        self.rows_read += 1
        await asyncio.sleep(0)
        if not self.answers:
            raise EngineUnavailable("no database")
        return Standing(Caller(claims.subject, Role.PLANNER), revoked=False)


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def gate(rows: Rows, clock: FixedClock) -> TokenGate:
    return TokenGate(rows.known, rows, clock)


def token(clock: FixedClock, agent: UUID = AGENT) -> str:
    return issue_access_token(Caller(agent, Role.PLANNER), KEY, token_id=uuid4(), now=clock.now())


async def test_a_remembered_token_costs_no_read_until_the_bound(gate: TokenGate, rows: Rows, clock: FixedClock) -> None:
    shown = token(clock)
    for _ in range(100):
        await gate.caller(shown)
    assert (rows.rows_read, rows.keys_read) == (1, 1)
    clock.advance(timedelta(seconds=REREAD_SECONDS))
    await asyncio.gather(*(gate.caller(shown) for _ in range(50)))
    assert rows.rows_read == 2


async def test_while_the_rows_can_not_be_read_nobody_is_known_any_more(
    gate: TokenGate, rows: Rows, clock: FixedClock
) -> None:
    shown = token(clock)
    await gate.caller(shown)
    rows.answers = False
    clock.advance(timedelta(seconds=REREAD_SECONDS))
    for _ in range(2):
        with pytest.raises(EngineUnavailable):
            await gate.caller(shown)
    rows.answers = True
    assert (await gate.caller(shown)).id == AGENT


async def test_a_flood_of_unknown_keys_reads_them_once_a_second(gate: TokenGate, rows: Rows, clock: FixedClock) -> None:
    stranger = signing_token_key(new_private_pem(KEY_BITS_MIN))
    shown = issue_access_token(Caller(AGENT, Role.PLANNER), stranger, token_id=uuid4(), now=clock.now())
    for _ in range(50):
        with pytest.raises(Unauthenticated, match="not honoured"):
            await gate.caller(shown)
    assert rows.keys_read == 1
    clock.advance(timedelta(seconds=KEYS_REREAD_SECONDS))
    for _ in range(50):
        with pytest.raises(Unauthenticated, match="not honoured"):
            await gate.caller(shown)
    assert (rows.keys_read, rows.rows_read) == (2, 0)


async def test_only_so_many_tokens_are_remembered(
    gate: TokenGate, rows: Rows, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_gate, "TOKENS_REMEMBERED_MAX", 3)
    shown = [token(clock) for _ in range(4)]
    for each in shown:
        await gate.caller(each)
    for each in shown[1:]:
        await gate.caller(each)
    assert rows.rows_read == 4
    await gate.caller(shown[0])
    assert rows.rows_read == 5
