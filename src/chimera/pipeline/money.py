"""What a piece's approvals came to, read from the ledger's rows about them. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from chimera.contracts.content import PieceMoney
from chimera.core.money import usd_from_micros
from chimera.core.vocabulary import EntryKind
from chimera.storage.records.ledger import LedgerRecord

_CLOSING = frozenset({EntryKind.SETTLE, EntryKind.VOID, EntryKind.EXPIRE})


def money_of(rows: Sequence[LedgerRecord]) -> PieceMoney:
    """Approved in all, settled with what went beyond an approval, and still held, which counts in full."""
    closed = {row.parent_tx for row in rows if row.kind in _CLOSING}
    approved = [row for row in rows if row.approved]
    return PieceMoney(
        approved_usd=_sum(approved),
        settled_usd=_sum([row for row in rows if row.kind in {EntryKind.SETTLE, EntryKind.OVERRUN}]),
        held_usd=_sum([row for row in approved if row.tx_id not in closed and "hold_expires_at" in row.payload]),
    )


def _sum(rows: Sequence[LedgerRecord]) -> Decimal:
    return sum((usd_from_micros(row.amount_micros) for row in rows), Decimal(0))
