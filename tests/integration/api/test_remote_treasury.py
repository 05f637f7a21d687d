"""A treasury asked over HTTP is the treasury: one budget to the cent, the same answer again after a lost one."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest

import chimera
from chimera.api.treasury_door import OpenTreasury
from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.core.clock import FixedClock
from chimera.core.errors import (
    ChimeraError,
    Conflict,
    EngineUnavailable,
    Forbidden,
    RateLimited,
    Unauthenticated,
)
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, PersonRole, Role
from chimera.runtime.identity.identity import Identity
from chimera.security.decision_signature import read_verified
from chimera.storage.database import Database
from chimera.storage.records import agents as agent_rows
from chimera.treasury.http_asking import ANSWER_BYTES_MAX, ATTEMPTS_MAX, GivenToken
from chimera.treasury.remote import RemoteTreasury
from chimera.treasury.treasury import Treasury
from factories_http import CutWire, http_door
from factories_identity import open_identity, person_token, token_of
from factories_treasury import Office, register_spender, rows_of

pytestmark = pytest.mark.engines

SOURCE = str(Path(chimera.__file__).parent.parent)


class Pauses:
    """Remembers the pauses instead of making them."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
async def remote(address: str, identity: Identity, treasury: Treasury) -> AsyncIterator[RemoteTreasury]:
    async with RemoteTreasury(address, identity.asking, treasury.public_key) as opened:
        yield opened


async def spent_today(treasury: Treasury) -> Decimal:
    lines = {(line.period, line.category): line.spent for line in await treasury.budgets()}
    return lines[BudgetPeriod.DAILY, BudgetCategory.TOTAL]


async def test_what_is_asked_over_http_is_answered_as_inside(
    remote: RemoteTreasury, treasury: Treasury, office: Office, database: Database
) -> None:
    async with database.transaction() as connection:
        await agent_rows.ensure(connection, Role.PLANNER, [], uuid4())
    request = office.request("15.01")
    answer = await remote.decide(request, estimate_usd=Decimal(15))
    assert answer == await treasury.decide(request, estimate_usd=Decimal(15))
    signed = await remote.signed_decision(request.request_id)
    assert read_verified(signed, remote.public_key)["amount"] == "15.01"
    assert await remote.signed_decision_of_tx(signed.tx_id) == signed
    assert await remote.budgets() == await treasury.budgets()


async def test_a_hold_is_begun_settled_and_closed_over_http(
    remote: RemoteTreasury, treasury: Treasury, office: Office
) -> None:
    request, unused = office.request("15.00"), office.request("10.00")
    for asked in (request, unused):
        assert (await remote.decide(asked, hold_for=timedelta(minutes=10))).approved
    await remote.begin_spending(request.request_id)
    settled = await remote.settle(request.request_id, Decimal("12.34"))
    assert (settled.kind, settled.amount) == ("settle", Decimal("12.34"))
    assert await remote.settle(request.request_id, Decimal("12.34")) == settled
    assert (await remote.void(unused.request_id, "the provider is down")).kind == "void"
    with pytest.raises(Conflict):
        await remote.settle(request.request_id, Decimal("12.35"))
    with pytest.raises(Conflict):
        await remote.begin_spending(unused.request_id)
    spent = {line.spent for line in await treasury.budgets() if line.category in {"api_call", "total"}}
    assert spent == {Decimal("12.34")}


async def test_two_processes_one_of_them_without_the_key_share_one_budget_to_the_cent(
    database: Database, office: Office, clock: FixedClock, tmp_path: Path
) -> None:
    """120 requests of $5 by 40 agents against $300 a day: 60 fit, at most 30 of them asked for here."""
    office.set_total(BudgetPeriod.DAILY, "300.00")
    agents = [await register_spender(database) for _ in range(40)]
    identity = open_identity(database, clock)
    shown = [(str(agent), await token_of(identity, agent)) for agent in agents]
    async with office.treasury(database) as treasury, http_door(treasury, clock, tmp_path, identity.gate) as address:
        known = (address, bytes(treasury.public_key).hex(), "5.00")
        asking = [_asking(*known, *chain(*shown[first::4]), cwd=tmp_path) for first in (0, 1, 2)]
        inside = [treasury.decide(office.request("5.00", agent_id=agent)) for _ in range(3) for agent in agents[3::4]]
        approved_outside, approved_inside = await asyncio.gather(asyncio.gather(*asking), asyncio.gather(*inside))
        spent = await spent_today(treasury)
    assert sum(approved_outside) + sum(answer.approved for answer in approved_inside) == 60
    assert (await rows_of(database), spent) == (120, Decimal("300.00"))


async def _asking(*arguments: str, cwd: Path) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).parent / "asking_process.py"),
        *arguments,
        cwd=cwd,
        env={"PYTHONPATH": SOURCE},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    return int(told)


async def test_an_answer_lost_after_the_commit_is_given_again(
    address: str, identity: Identity, treasury: Treasury, office: Office, database: Database
) -> None:
    wire, pauses, request = CutWire(address, answers_lost=2), Pauses(), office.request("15.00")
    async with (
        wire.open() as through,
        RemoteTreasury(through, identity.asking, treasury.public_key, sleep=pauses) as remote,
    ):
        answer = await remote.decide(request)
    assert len(wire.lost) == 2
    assert all(answer.approval_signature.encode() in lost for lost in wire.lost)
    assert answer == await treasury.decide(request)
    assert (await rows_of(database), await spent_today(treasury)) == (1, Decimal("15.00"))
    assert pauses.seconds == sorted(pauses.seconds)


async def test_a_wire_that_stays_cut_is_one_clear_refusal_and_asking_again_finds_the_decision(
    address: str, identity: Identity, treasury: Treasury, office: Office, database: Database
) -> None:
    wire, request = CutWire(address, answers_lost=ATTEMPTS_MAX), office.request("15.00")
    async with (
        wire.open() as through,
        RemoteTreasury(through, identity.asking, treasury.public_key, sleep=Pauses()) as remote,
    ):
        with pytest.raises(EngineUnavailable, match="same request_id"):
            await remote.decide(request)
        assert (await remote.decide(request)).approved
    assert (await rows_of(database), await spent_today(treasury)) == (1, Decimal("15.00"))


async def test_refusals_come_back_as_what_they_were(
    address: str, remote: RemoteTreasury, office: Office, identity: Identity, treasury: Treasury, database: Database
) -> None:
    request = office.request("15.00")
    await remote.decide(request)
    hers = await person_token(identity, PersonRole.FINANCE)
    another = await token_of(identity, await register_spender(database))
    refused: list[tuple[type[ChimeraError], RemoteTreasury, ApprovalRequest]] = [
        (Conflict, remote, office.request("16.00", request_id=request.request_id)),
        (Forbidden, remote, office.request(agent_id=office.cfo)),
    ]
    async with (
        RemoteTreasury(address, GivenToken(hers), treasury.public_key) as wrong_role,
        RemoteTreasury(address, GivenToken(another), treasury.public_key) as another_agent,
        RemoteTreasury(address, GivenToken("x" * 43), treasury.public_key) as stranger,
    ):
        refused += [
            (Forbidden, wrong_role, office.request()),
            (Forbidden, another_agent, office.request()),
            (Unauthenticated, stranger, office.request()),
        ]
        for kind, asked, question in refused:
            with pytest.raises(kind):
                await asked.decide(question)


class _Full:
    """A treasury whose intake is full for the first `times` requests."""

    def __init__(self, times: int, behind: Treasury) -> None:
        self.times = times
        self._behind = behind

    async def decide(
        self, request: ApprovalRequest, *, estimate_usd: Decimal | None = None, hold_for: timedelta | None = None
    ) -> Approval:
        if self.times:
            self.times -= 1
            raise RateLimited("too many requests wait already: ask again in a second")
        return await self._behind.decide(request, estimate_usd=estimate_usd, hold_for=hold_for)


async def test_a_full_intake_is_429_and_asked_again_when_it_says(
    treasury: Treasury, office: Office, clock: FixedClock, tmp_path: Path, identity: Identity
) -> None:
    pauses, full = Pauses(), _Full(ATTEMPTS_MAX + 1, treasury)
    async with (
        http_door(cast("OpenTreasury", full), clock, tmp_path, identity.gate) as address,
        RemoteTreasury(address, identity.asking, treasury.public_key, sleep=pauses) as remote,
    ):
        with pytest.raises(RateLimited, match="ask again"):
            await remote.decide(office.request())
        assert (await remote.decide(office.request())).approved
    assert pauses.seconds == [1.0] * ATTEMPTS_MAX


@asynccontextmanager
async def _saying(answer: bytes) -> AsyncIterator[str]:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (ANSWER_BYTES_MAX + 1), "over"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "status 302"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops", "status 502"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "does not answer"),
    ],
    ids=["too long", "elsewhere", "gateway", "no HTTP"],
)
async def test_whatever_else_answers_nothing_is_approved(
    office: Office, treasury: Treasury, answer: bytes, sentence: str
) -> None:
    async with (
        _saying(answer) as address,
        RemoteTreasury(address, GivenToken("x" * 43), treasury.public_key, sleep=Pauses()) as remote,
    ):
        with pytest.raises(EngineUnavailable, match=sentence):
            await remote.decide(office.request())
