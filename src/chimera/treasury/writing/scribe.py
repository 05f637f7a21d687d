"""Writes the rows of one batch: document, signature, leaf, packed row. Every row of the ledger comes from here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from nacl.bindings import crypto_sign
from nacl.signing import SigningKey

from chimera.core.errors import Detail
from chimera.security.decision_signature import DOMAIN, canonical, key_id_of
from chimera.storage.records.ledger_copy import PackedRow, pack_row, pack_tail, pack_time
from chimera.treasury.acts.act import Draft, moment_text
from chimera.treasury.amounts import micros_text
from chimera.treasury.ask import Ask
from chimera.treasury.columns import request_hash
from chimera.treasury.decision import Verdict
from chimera.treasury.scoring.risk import RiskScore
from chimera.treasury.writing.encoding import Decided, ask_text, decision_text, request_text, uuid_text

_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Pen:
    """The CFO's key and name, in the forms that rows need."""

    secret: bytes
    key_id: bytes
    cfo: bytes
    cfo_text: str

    @classmethod
    def of(cls, key: SigningKey, cfo_agent_id: UUID) -> "Pen":
        key_id = key_id_of(key.verify_key).encode()
        return cls(bytes(key) + bytes(key.verify_key), key_id, cfo_agent_id.bytes, str(cfo_agent_id))


@dataclass(slots=True)
class Scribe:
    """Enters rows behind row `seq`, all at the moment `at`; `new_id` gives 16 raw bytes."""

    pen: Pen
    seq: int
    at: datetime
    new_id: Callable[[], bytes]
    rows: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
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
    ) -> tuple[bytes, str]:
        """Add the decision on a request; answers its transaction id and signature."""
        tx_id = self.new_id()
        request_id, agent_id = ask.request_id.bytes, ask.agent_id.bytes
        text = ask_text(ask, uuid_text(request_id), uuid_text(agent_id))
        self.seq += 1
        decided = Decided(
            self.seq, uuid_text(tx_id), self.at_text, self.pen.cfo_text, verdict, risk, remaining, hold_expires_at
        )
        document = decision_text(text, ask.request_type, decided).encode()
        signature, leaf = self._sealed(document)
        row = PackedRow(
            self.seq,
            tx_id,
            request_id,
            agent_id,
            self.pen.cfo,
            self._at,
            ask.cost_micros,
            took_ms,
            leaf,
            self.pen.key_id,
            sha256(request_text(text, ask.request_type).encode()).hexdigest().encode(),
            signature,
            pack_tail("decision", verdict.decision, verdict.reason_code, None, self._at),
            ask.roi_hundredths,
            risk.hundredths,
            ask.request_type.encode(),
            ask.justification.encode(),
            document,
        )
        self._add(row)
        return tx_id, signature.decode()

    def enter(self, draft: Draft, took_ms: int) -> UUID:
        """Add a row that follows a decision; answers its transaction id."""
        tx_id = self.new_id()
        self.seq += 1
        fields = self._fields(draft, tx_id)
        document = canonical(fields).encode()
        signature, leaf = self._sealed(document)
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
            leaf,
            self.pen.key_id,
            request_hash(fields).encode(),
            signature,
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

    def _sealed(self, document: bytes) -> tuple[bytes, bytes]:
        """The signature's text and the leaf's hash (RFC 6962) of a document."""
        raw = crypto_sign(DOMAIN + document, self.pen.secret)[:_SIGNATURE_BYTES]
        signature = b"0x" + raw.hex().encode()
        return signature, sha256(b"".join((b"\x00", document, b"\n", signature))).digest()

    def _add(self, row: PackedRow) -> None:
        self.rows.append(pack_row(row))
        self.leaves.append(row.leaf_hash)
        self.last_tx = row.tx_id
