"""Escalated requests as people see them, put together from their rows; pure but for `read` and `page`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from chimera.contracts.escalation import Escalation, EscalationState, ScoredFactor
from chimera.core.errors import Detail
from chimera.core.vocabulary import EntryKind, RequestType
from chimera.storage.database import Connection
from chimera.storage.records import escalation as records
from chimera.storage.records.keyset import Behind
from chimera.storage.records.ledger import LedgerRecord
from chimera.treasury.decision import ReasonCode
from chimera.treasury.document import approval_of
from chimera.treasury.policy import ESCALATION_LIFE

CursorOf = Callable[[datetime, UUID], str]
Place = int | Behind
"""Where a page begins: behind a moment and id among those that wait, or behind an answer's row; None at the top."""


@dataclass(frozen=True, slots=True)
class Page:
    """Those that wait first, then the answered ones; `cursor` asks for those behind the last one."""

    escalations: tuple[Escalation, ...]
    cursor: str | None


async def page(connection: Connection, place: Place, limit: int, cursor_of: CursorOf) -> Page:
    """The next escalated requests: the first to expire first, behind them those answered last."""
    waiting: list[tuple[datetime, UUID]] = []
    if not isinstance(place, int):
        waiting = await records.waiting_page(connection, place, limit + 1)
    room = limit + 1 - len(waiting)
    before = place if isinstance(place, int) else None
    answered = await records.answered_page(connection, before, room) if room > 0 else []
    keys = [*((tx, cursor_of(at, tx)) for at, tx in waiting), *((tx, str(seq)) for seq, tx in answered)]
    found = await read(connection, [tx for tx, _ in keys[:limit]])
    listed = tuple(found[tx] for tx, _ in keys[:limit] if tx in found)
    return Page(listed, keys[limit - 1][1] if len(keys) > limit else None)


async def read(connection: Connection, tx_ids: Sequence[UUID]) -> dict[UUID, Escalation]:
    """These escalated requests, by transaction."""
    wanted = list(tx_ids)
    rows = await records.rows(connection, wanted)
    expiries = await records.expiries(connection, wanted)
    answers = {row.parent_tx: row for row in rows if row.kind == EntryKind.HUMAN}
    return {
        row.tx_id: told(row, answers.get(row.tx_id), expiries.get(row.tx_id))
        for row in rows
        if row.kind == EntryKind.DECISION
    }


def told(asked: LedgerRecord, answer: LedgerRecord | None, expires_at: datetime | None) -> Escalation:
    """The request, and the answer where there is one; `expires_at` is known while it waits."""
    expired = answer is not None and answer.reason_code == ReasonCode.ESCALATION_EXPIRED
    return Escalation(
        tx_id=asked.tx_id,
        request_id=asked.request_id,
        agent_id=asked.agent_id,
        request_type=RequestType(asked.request_type),
        request_cost=Decimal(str(asked.payload["amount"])),
        projected_roi=Decimal(str(asked.payload["projected_roi"])),
        risk_score=Decimal(str(asked.payload["risk_score"])),
        risk_factors=tuple(_factors(asked.payload["risk_factors"])),
        reason=str(asked.payload["reason"]),
        justification=asked.justification,
        asked_at=asked.created_at,
        expires_at=expires_at or asked.created_at + ESCALATION_LIFE,
        state=_state(answer, expired=expired),
        answered_by=None if answer is None or expired else str(answer.payload["answered_by"]),
        answer_reason=None if answer is None else str(answer.payload["reason"]),
        answered_at=None if answer is None else answer.created_at,
        approved_usd=Decimal(str(answer.payload["amount"])) if answer is not None and answer.approved else None,
        approval=None if answer is None else approval_of(answer),
    )


def _state(answer: LedgerRecord | None, *, expired: bool) -> EscalationState:
    if answer is None:
        return "waiting"
    if expired:
        return "expired"
    return "approved" if answer.approved else "rejected"


def _factors(factors: Detail) -> list[ScoredFactor]:
    return (
        [ScoredFactor.model_validate({"value": None, **factor}) for factor in factors if isinstance(factor, dict)]
        if isinstance(factors, list)
        else []
    )
