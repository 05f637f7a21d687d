"""From a stored decision back to its answer, so that a repeated request gets the identical one; pure."""

from hashlib import sha256
from uuid import UUID

from chimera.contracts.approval import Approval, BudgetRemaining
from chimera.storage.records.batch import EnteredRow
from chimera.treasury.amounts import cents_of_micros, micros_of, usd_of_cents
from chimera.treasury.ask import Ask
from chimera.treasury.writing.encoding import ask_text, request_text
from chimera.treasury.writing.job import DecidedAnswer


def same_request(ask: Ask, row: EnteredRow) -> bool:
    """Whether the row decided this very request, and not another one under its id."""
    text = ask_text(ask, str(ask.request_id), str(ask.agent_id))
    return sha256(request_text(text, ask.request_type).encode()).hexdigest() == row.request_hash


def answer_of(row: EnteredRow) -> DecidedAnswer:
    """What was answered when the row was entered."""
    fields = row.payload
    remaining = fields["budget_remaining"]
    return DecidedAnswer(
        tx_id=row.tx_id,
        seq=row.seq,
        approved=row.approved,
        reason=fields["reason"],
        risk_hundredths=cents_of_micros(micros_of(fields["risk_score"])),
        signature=row.approval_signature,
        remaining=(_cents(remaining["daily"]), _cents(remaining["weekly"]), _cents(remaining["monthly"])),
        conditions=tuple(fields["conditions"]),
        execution_time_ms=row.execution_time_ms,
    )


def approval_of(request_id: UUID, answer: DecidedAnswer) -> Approval:
    """The answer as the specification prints it. Its parts were made here, so they are not checked once more."""
    daily, weekly, monthly = map(usd_of_cents, answer.remaining)
    return Approval.model_construct(
        request_id=request_id,
        approved=answer.approved,
        reason=answer.reason,
        risk_score=usd_of_cents(answer.risk_hundredths),
        approval_signature=answer.signature,
        budget_remaining=BudgetRemaining.model_construct(daily=daily, weekly=weekly, monthly=monthly),
        conditions=answer.conditions,
        execution_time_ms=answer.execution_time_ms,
    )


def _cents(text: str) -> int:
    return cents_of_micros(micros_of(text))
