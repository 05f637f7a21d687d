"""Nonsense is refused before anything is written; a Redis that is gone or silent costs no approval."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from redis.asyncio import Redis

from chimera.contracts.approval import ApprovalRequest
from chimera.contracts.contract import FROM_JSON
from chimera.core.clock import FixedClock
from chimera.core.errors import ChimeraError, NotFound, ValidationFailed
from chimera.storage.database import Database
from factories_treasury import open_office
from spenders import recount

pytestmark = pytest.mark.engines

WELL_FORMED = {
    "request_id": "6f1c1f0a-6f6e-4a4e-9a51-0c7f2f1f0a11",
    "agent_id": "6f1c1f0a-6f6e-4a4e-9a51-0c7f2f1f0a12",
    "request_type": "api_call",
    "request_cost": 15.0,
    "projected_roi": 2.5,
    "justification": "Generate viral video",
}
COSTS: list[object] = [-1, 0, -0.0, float("nan"), float("inf"), "15.00", None, True, [], 0.0000001]
NONSENSE: list[tuple[str, object]] = [
    *(("request_cost", value) for value in COSTS),
    *(("projected_roi", value) for value in (-0.1, float("nan"), float("-inf"), 2.125, "2.5", 1e30)),
    *(("agent_id", value) for value in ("nobody", None, 7)),
    *(("request_type", value) for value in ("gift", "", None, "API_CALL")),
    *(("justification", value) for value in ("", None, "x" * 2001, 7)),
    ("request_id", "7"),
    ("approved", True),
]


@pytest.mark.parametrize(("field", "value"), NONSENSE)
def test_the_contract_refuses(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        ApprovalRequest.model_validate({**WELL_FORMED, field: value}, context={FROM_JSON: True})


@pytest.mark.parametrize("field", list(WELL_FORMED))
def test_the_contract_refuses_what_lacks_a_field(field: str) -> None:
    with pytest.raises(ValidationError):
        ApprovalRequest.model_validate({name: value for name, value in WELL_FORMED.items() if name != field})


def test_the_contract_refuses_1e400_in_json() -> None:
    text = ApprovalRequest.model_validate(WELL_FORMED).model_dump_json().replace("15.0", "1e400")
    with pytest.raises(ValidationError):
        ApprovalRequest.model_validate_json(text)


async def test_what_the_contract_can_not_know_the_treasury_refuses_and_writes_nothing(
    database: Database, clock: FixedClock
) -> None:
    office = await open_office(database, clock)
    request = office.request("15.00")
    many = Decimal("0.000000001")
    async with office.treasury(database) as treasury:
        works = [
            treasury.decide(office.request(agent_id=uuid4())),
            treasury.decide(office.request(agent_id=office.cfo)),
            treasury.decide(office.request(justification="nul \x00")),
            *(treasury.decide(request, hold_for=timedelta(seconds=seconds)) for seconds in (-1, 0, 10**8)),
            *(treasury.decide(request, estimate_usd=Decimal(text)) for text in ("NaN", "-1", "Infinity", "1E+400")),
            *(treasury.settle(request.request_id, Decimal(text)) for text in ("0", "-1", "NaN", "Infinity", "1E+400")),
            treasury.settle(request.request_id, many),
            treasury.settle(uuid4(), Decimal("1.00")),
            treasury.void(uuid4(), "never approved"),
            *(treasury.void(request.request_id, reason) for reason in ("", " ", "x" * 2001, "\x00", "\ud800")),
            *(treasury.pause(by=by, reason="a look") for by in ("", " ", "x" * 101, "two\nlines")),
            treasury.resume(by="ada", reason="is not paused"),
            treasury.answer(uuid4(), by="ada", approve=True, reason="no such request"),
            treasury.answer(uuid4(), by="ada", approve=False, reason=" "),
            treasury.begin_spending(uuid4()),
        ]
        given = await asyncio.gather(*works, return_exceptions=True)
        assert all(isinstance(answer, ChimeraError) for answer in given)
        assert {type(answer) for answer in given} >= {ValidationFailed, NotFound}
        assert (await recount(database)).rows == 0
        large = await treasury.decide(office.request("10000.01"))
        assert (large.approved, (await recount(database)).rows) == (False, 1)


@asynccontextmanager
async def a_silent_server() -> AsyncIterator[int]:
    """Takes connections and never answers."""
    taken: list[asyncio.StreamWriter] = []

    async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in taken:
            writer.transport.abort()


async def test_with_a_silent_redis_everything_is_approved_as_ever(database: Database, clock: FixedClock) -> None:
    async with a_silent_server() as port:
        redis = Redis(host="127.0.0.1", port=port)
        office = await open_office(database, clock, redis)
        async with office.treasury(database) as treasury, asyncio.timeout(30):
            for _ in range(3):
                answer = await treasury.decide(office.request("1.00"))
                assert isinstance(answer.request_id, UUID)
                assert answer.approved
            given = await asyncio.gather(*(treasury.decide(office.request("0.01")) for _ in range(20)))
            clock.advance(timedelta(hours=3))
            assert (await treasury.decide(office.request("1.00"))).risk_score is not None
        await redis.aclose()
    assert len(given) == 20
    assert (await recount(database)).rows == 24
