"""Which signed documents let a tool be paid, and until when."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from chimera.contracts.approval import SignedDecision
from chimera.core.errors import ApprovalExpired, BudgetExceeded, Detail, InvalidSignature
from chimera.security.decision_signature import canonical, key_id_of, sign
from chimera.tools.permit import Permit, check_permit

NOW = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
KEY = SigningKey(bytes(range(32)))
TX, REQUEST, AGENT = UUID(int=1), UUID(int=2), UUID(int=3)


def permit(**changes: Detail) -> Permit:
    fields: dict[str, Detail] = {
        "tx_id": str(TX),
        "request_id": str(REQUEST),
        "agent_id": str(AGENT),
        "amount": "0.25",
        "decision": "approved",
        **changes,
    }
    document = canonical({name: value for name, value in fields.items() if value is not None})
    signed = SignedDecision(
        tx_id=TX, document=document, signature=sign(document, KEY), key_id=key_id_of(KEY.verify_key)
    )
    return Permit(signed, REQUEST, AGENT)


def left(asked: Permit, now: datetime = NOW) -> Decimal:
    return check_permit(asked, KEY.verify_key, now)


@pytest.mark.parametrize("kind", [None, "decision", "human"])
def test_an_approval_counts_whoever_gave_it(kind: str | None) -> None:
    assert left(permit(kind=kind)) == Decimal("0.25")


@pytest.mark.parametrize("kind", ["settle", "void", "expire", "overrun", "pause", "resume", "other", 1])
def test_a_row_of_another_kind_is_no_approval(kind: Detail) -> None:
    with pytest.raises(InvalidSignature):
        left(permit(kind=kind))


@pytest.mark.parametrize("kind", ["decision", "human"])
@pytest.mark.parametrize("decision", ["rejected", "escalated", None])
def test_what_was_not_approved_pays_nothing(kind: str, decision: str | None) -> None:
    with pytest.raises(InvalidSignature):
        left(permit(kind=kind, decision=decision))


@pytest.mark.parametrize("named", ["request_id", "agent_id"])
def test_an_approval_of_another_request_or_agent_pays_nothing(named: str) -> None:
    with pytest.raises(InvalidSignature):
        left(permit(**{named: str(UUID(int=9))}))


def test_a_hold_counts_until_its_time_is_over() -> None:
    hold = permit(hold_expires_at="2026-02-06T18:00:00.000000Z")
    assert left(hold, NOW + timedelta(hours=6) - timedelta(microseconds=1)) == Decimal("0.25")
    with pytest.raises(ApprovalExpired):
        left(hold, NOW + timedelta(hours=6))


@pytest.mark.parametrize("end", ["tomorrow", "2026-02-06T18:00:00", 5, []])
def test_an_end_that_is_no_moment_pays_nothing(end: Detail) -> None:
    with pytest.raises(InvalidSignature):
        left(permit(hold_expires_at=end))


def test_a_spent_approval_pays_nothing_more() -> None:
    with pytest.raises(BudgetExceeded):
        left(permit().after(Decimal("0.25")))
