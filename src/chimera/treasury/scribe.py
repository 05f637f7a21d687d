"""Writes the rows of one batch: documents and packed rows first, then their seals. Every row comes from here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from nacl.signing import SigningKey

from chimera.core.errors import Detail
from chimera.security.decision_signature import canonical, key_id_of
from chimera.storage.records.ledger_copy import PackedRow, pack_row, pack_seal, pack_tail, pack_time
from chimera.treasury.acts import Draft, moment_text
from chimera.treasury.amounts import micros_text
from chimera.treasury.ask import Ask
from chimera.treasury.columns import request_hash
from chimera.treasury.decision import Verdict
from chimera.treasury.encoding import Decided, ask_text, decision_text, request_text, uuid_text
from chimera.treasury.risk import RiskScore


@dataclass(frozen=True, slots=True)
class Pen:
    """The CFO's name and its key's, in the forms that rows need."""

    key_id: bytes
    cfo: bytes
    cfo_text: str

    @classmethod
    def of(cls, key: SigningKey, cfo_agent_id: UUID) -> "Pen":
        key_id = key_id_of(key.verify_key).encode()
        return cls(key_id, cfo_agent_id.bytes, str(cfo_agent_id))


@dataclass(slots=True)
class Scribe:
    """Enters rows behind row `seq`, all at the moment `at`; `new_id` gives 16 raw bytes."""

    pen: Pen
    seq: int
    at: datetime
    new_id: Callable[[], bytes]
    documents: list[bytes] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    last_tx: bytes | None = None
    at_text: str = field(init=False)
    _at: int = field(init=False)

    def __post_init__(self) -> None:
        self.at_text = moment_text(self.at)
        self._at = pack_time(self.at)

    def enter_decision(
        self,
        ask: Ask,
        verdict: Verdict,
        risk: RiskScore,
        remaining: tuple[int, int, int],
        *,
        hold_expires_at: str | None,
        took_ms: int,
    ) -> bytes:
        """Add the decision on a request; answers its transaction id."""
        tx_id = self.new_id()
        request_id, agent_id = ask.request_id.bytes, ask.agent_id.bytes
        text = ask_text(ask, uuid_text(request_id), uuid_text(agent_id))
        self.seq += 1
        decided = Decided(
            self.seq, uuid_text(tx_id), self.at_text, self.pen.cfo_text, verdict, risk, remaining, hold_expires_at
        )
        document = decision_text(text, ask.request_type, decided).encode()
        row = PackedRow(
            self.seq,
            tx_id,
            request_id,
            agent_id,
            self.pen.cfo,
            self._at,
            ask.cost_micros,
            took_ms,
            self.pen.key_id,
            sha256(request_text(text, ask.request_type).encode()).hexdigest().encode(),
            pack_tail("decision", verdict.decision, verdict.reason_code, None, self._at),
            ask.roi_hundredths,
            risk.hundredths,
            ask.request_type.encode(),
            ask.justification.encode(),
            document,
        )
        self._add(row)
        return tx_id

    def enter(self, draft: Draft, took_ms: int) -> UUID:
        """Add a row that follows a decision; answers its transaction id."""
        tx_id = self.new_id()
        self.seq += 1
        fields = self._fields(draft, tx_id)
        document = canonical(fields).encode()
        parent = None if draft.parent_tx is None else draft.parent_tx.bytes
        decision = None if draft.decision is None else draft.decision.value
        row = PackedRow(
            self.seq,
            tx_id,
            draft.request_id.bytes,
            draft.agent_id.bytes,
            self.pen.cfo,
            self._at,
            draft.amount_micros,
            took_ms,
            self.pen.key_id,
            request_hash(fields).encode(),
            pack_tail(draft.kind.value, decision, draft.reason_code.value, parent, self._at),
            draft.roi_hundredths,
            draft.risk_hundredths,
            draft.request_type.encode(),
            draft.justification.encode(),
            document,
        )
        self._add(row)
        return UUID(bytes=tx_id)

    def _fields(self, draft: Draft, tx_id: bytes) -> dict[str, Detail]:
        parent: dict[str, Detail] = {} if draft.parent_tx is None else {"parent_tx": str(draft.parent_tx)}
        return {
            **parent,
            **draft.more,
            "kind": draft.kind.value,
            "seq": self.seq,
            "tx_id": uuid_text(tx_id),
            "request_id": str(draft.request_id),
            "agent_id": str(draft.agent_id),
            "request_type": draft.request_type,
            "amount": micros_text(draft.amount_micros),
            "justification": draft.justification,
            "reason": draft.reason,
            "reason_code": draft.reason_code.value,
            "cfo_agent_id": self.pen.cfo_text,
            "decided_at": self.at_text,
        }

    def _add(self, row: PackedRow) -> None:
        self.documents.append(row.payload)
        self.rows.append(pack_row(row))
        self.last_tx = row.tx_id


class Sealed(NamedTuple):
    """Rows with their signatures (as texts) and leaves, ready for COPY."""

    rows: list[bytes]
    signatures: list[str]
    leaves: list[bytes]


def seal(documents: Sequence[bytes], rows: Sequence[bytes], raw_signatures: Sequence[bytes]) -> Sealed:
    """Put each row's signature and leaf hash (RFC 6962, over document, line feed and signature) in front of it."""
    sealed = Sealed([], [], [])
    for document, row, raw in zip(documents, rows, raw_signatures, strict=True):
        text = "0x" + raw.hex()
        signature = text.encode()
        leaf = sha256(b"".join((b"\x00", document, b"\n", signature))).digest()
        sealed.rows.append(pack_seal(signature, leaf) + row)
        sealed.signatures.append(text)
        sealed.leaves.append(leaf)
    return sealed
