"""`POST /v1/internal.agent.cfo.approve`: section 3 to the letter, and nothing written for what is no request."""

import json
from decimal import Decimal
from uuid import UUID

import httpx
import pytest

from chimera.contracts.approval import Approval, ApprovalRequest, SignedDecision
from chimera.contracts.error import ErrorEnvelope
from chimera.contracts.exact_json import write_json
from chimera.security.decision_signature import read_verified
from chimera.storage.database import Database
from chimera.treasury.treasury import Treasury
from factories_treasury import Office, rows_of

pytestmark = pytest.mark.engines

APPROVE = "/v1/internal.agent.cfo.approve"


def text_of(request: ApprovalRequest, **changes: str) -> str:
    """The request as JSON text; `changes` are put in as they stand, so that a test can write any number."""
    fields = {name: json.dumps(value) for name, value in json.loads(write_json(request)).items()} | changes
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in fields.items()) + "}"


async def test_the_answer_is_section_3s_and_its_signature_holds(
    spender: httpx.AsyncClient, office: Office, treasury: Treasury
) -> None:
    request = office.request("15.00")
    answer = await spender.post(APPROVE, content=write_json(request))
    assert answer.status_code == 200
    assert list(answer.json()) == list(Approval.model_fields)
    assert answer.json()["budget_remaining"] == {"daily": 985.0, "weekly": 4985.0, "monthly": 19985.0}
    signed = SignedDecision.model_validate((await spender.get(f"/v1/requests/{request.request_id}/decision")).json())
    fields = read_verified(signed, treasury.public_key)
    assert (fields["request_id"], signed.signature) == (str(request.request_id), answer.json()["approval_signature"])
    assert (await spender.get(f"/v1/ledger/{signed.tx_id}")).json() == signed.model_dump(mode="json")
    explained = (await spender.get(f"/v1/ledger/{signed.tx_id}/explanation")).json()
    assert (explained["tx_id"], explained["rule"]) == (str(signed.tx_id), "WITHIN_RULES")


@pytest.mark.parametrize("cost", ["0.1", "0.01", "999.12", "1e-2", "1.5E1"])
async def test_a_number_is_read_to_its_last_digit(spender: httpx.AsyncClient, office: Office, cost: str) -> None:
    request = office.request()
    answer = await spender.post(APPROVE, content=text_of(request, request_cost=cost))
    assert answer.status_code == 200
    decision = (await spender.get(f"/v1/requests/{request.request_id}/decision")).json()
    assert Decimal(json.loads(decision["document"])["amount"]) == Decimal(cost)


@pytest.mark.parametrize(
    "changes",
    [
        {"request_cost": "-1"},
        {"request_cost": "0"},
        {"request_cost": "1.123"},
        {"request_cost": "-0.0"},
        {"request_cost": "NaN"},
        {"request_cost": "Infinity"},
        {"request_cost": "-Infinity"},
        {"request_cost": "1e400"},
        {"request_cost": "1e-400"},
        {"request_cost": "1e999999999999999999999"},
        {"request_cost": "9" * 5000},
        {"request_cost": "0.1234567"},
        {"request_cost": "0.1000000000000000055511151231257827"},
        {"request_cost": '"15.00"'},
        {"request_cost": "true"},
        {"request_cost": "null"},
        {"request_cost": "[15]"},
        {"request_cost": "0x10"},
        {"request_cost": "1_000"},
        {"projected_roi": '"2.5"'},
        {"projected_roi": "-1"},
        {"projected_roi": "2.345"},
        {"projected_roi": "NaN"},
        {"projected_roi": "1e400"},
        {"request_type": '"bribe"'},
        {"request_type": "7"},
        {"request_id": '"not-an-id"'},
        {"agent_id": f'"{UUID(int=7)}"'},
        {"agent_id": "null"},
        {"justification": '""'},
        {"justification": "7"},
        {"justification": '"' + "x" * 2001 + '"'},
        {"justification": '"\\u0000"'},
        {"justification": '"\\ud800"'},
        {"surprise": "1"},
        {"request_cost": '1,"request_cost":2'},
    ],
    ids=lambda changes: next(f"{name} {value[:24]}" for name, value in changes.items()),
)
async def test_what_is_no_request_is_refused_and_nothing_is_written(
    spender: httpx.AsyncClient, office: Office, database: Database, changes: dict[str, str]
) -> None:
    before = await rows_of(database)
    answer = await spender.post(APPROVE, content=text_of(office.request(), **changes))
    envelope = ErrorEnvelope.model_validate_json(answer.content)
    assert (answer.status_code, envelope.error.code) in {(422, "VALIDATION_FAILED"), (403, "FORBIDDEN")}
    assert await rows_of(database) == before


@pytest.mark.parametrize("missing", sorted(ApprovalRequest.model_fields))
async def test_every_field_is_needed(
    spender: httpx.AsyncClient, office: Office, database: Database, missing: str
) -> None:
    fields = json.loads(write_json(office.request()))
    del fields[missing]
    answer = await spender.post(APPROVE, json=fields)
    assert (answer.status_code, await rows_of(database)) == (422, 0)
    assert missing in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"null", 422),
        (b"[]", 422),
        (b"{", 422),
        (b"\xff\xfe{}", 422),
        (b"[" * 20_000, 422),
        (b'{"a":' * 6_000, 422),
        (b" " * 40_000, 413),
    ],
    ids=["nothing", "null", "list", "half", "not UTF-8", "deep list", "deep object", "too long"],
)
async def test_a_body_that_is_no_document_is_an_envelope(
    spender: httpx.AsyncClient, database: Database, body: bytes, status: int
) -> None:
    answer = await spender.post(APPROVE, content=body)
    assert (answer.status_code, await rows_of(database)) == (status, 0)
    assert ErrorEnvelope.model_validate_json(answer.content).error.code == "VALIDATION_FAILED"


async def test_more_than_10000_dollars_is_a_signed_rejection(
    spender: httpx.AsyncClient, office: Office, database: Database
) -> None:
    request = office.request("10000.01")
    answer = await spender.post(APPROVE, content=write_json(request))
    assert (answer.status_code, answer.json()["approved"], await rows_of(database)) == (200, False, 1)
    decision = (await spender.get(f"/v1/requests/{request.request_id}/decision")).json()
    assert json.loads(decision["document"])["reason_code"] == "TRANSACTION_TOO_LARGE"


async def test_the_request_id_is_the_idempotency_key(
    spender: httpx.AsyncClient, office: Office, database: Database
) -> None:
    request = office.request("15.00")
    first = await spender.post(APPROVE, content=write_json(request))
    again = await spender.post(APPROVE, content=text_of(request, request_cost="15"))
    other = await spender.post(APPROVE, content=text_of(request, request_cost="16"))
    assert first.content == again.content
    assert (other.status_code, other.json()["error"]["code"]) == (409, "CONFLICT")
    assert await rows_of(database) == 1


@pytest.mark.parametrize("query", ["estimate_usd=NaN", "estimate_usd=-1", "hold_seconds=0", "hold_seconds=x", "why=1"])
async def test_terms_that_make_no_sense_are_refused(
    spender: httpx.AsyncClient, office: Office, database: Database, query: str
) -> None:
    answer = await spender.post(f"{APPROVE}?{query}", content=write_json(office.request()))
    assert (answer.status_code, await rows_of(database)) == (422, 0)
