"""Writes the rows of one batch: document, signature, leaf, packed row. Every row of the ledger comes from here.

Rows are written one by one and signed together: a signature reads a table as large as the processor's first cache, and
one behind the other they find it there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from nacl.bindings import crypto_sign
from nacl.signing import SigningKey

from chimera.core.errors import Detail
from chimera.security.decision_signature import DOMAIN, canonical, key_id_of
from chimera.storage.records.ledger_copy import UnsignedRow, pack_row, pack_tail, pack_time
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


class Sealed(NamedTuple):
    """What a row has once it is signed; the time runs from the call to its signature."""

    signature: str
    took_ms: int


@dataclass(slots=True)
class Scribe:
    """Enters rows behind row `seq`, all at the moment `at`; `new_id` gives 16 raw bytes.

    `rows` and `leaves` are there once the rows are sealed.
    """

    pen: Pen
    seq: int
    at: datetime
    new_id: Callable[[], bytes]
    rows: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    at_text: str = field(init=False)
    _at: int = field(init=False)
    _unsigned: list[tuple[UnsignedRow, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.at_text = moment_text(self.at)
        self._at = pack_time(self.at)

    @property
    def last_tx(self) -> bytes | None:
        return self._unsigned[-1][0].tx_id if self._unsigned else None

    def enter_decision(
        self,
        ask: Ask,
        verdict: Verdict,
        risk: RiskScore,
        remaining: tuple[int, int, int],
        *,
        hold_expires_at: str | None,
        received_at: float,
    ) -> bytes:
        """Add the decision on a request that was received at this monotonic second; answers its transaction id."""
        tx_id = self.new_id()
        request_id, agent_id = ask.request_id.bytes, ask.agent_id.bytes
        text = ask_text(ask, uuid_text(request_id), _agent_text(agent_id))
        self.seq += 1
        decided = Decided(
            self.seq, uuid_text(tx_id), self.at_text, self.pen.cfo_text, verdict, risk, remaining, hold_expires_at
        )
        row = UnsignedRow(
            self.seq,
            tx_id,
            request_id,
            agent_id,
            self.pen.cfo,
            self._at,
            ask.cost_micros,
            self.pen.key_id,
            sha256(request_text(text, ask.request_type).encode()).hexdigest().encode(),
            pack_tail("decision", verdict.decision, verdict.reason_code, None, self._at),
            ask.roi_hundredths,
            risk.hundredths,
            ask.request_type.encode(),
            ask.justification.encode(),
            decision_text(text, ask.request_type, decided).encode(),
        )
        self._unsigned.append((row, received_at))
        return tx_id

    def enter(self, draft: Draft, received_at: float) -> UUID:
        """Add a row that follows a decision; answers its transaction id."""
        tx_id = self.new_id()
        self.seq += 1
        fields = self._fields(draft, tx_id)
        parent = None if draft.parent_tx is None else draft.parent_tx.bytes
        decision = None if draft.decision is None else draft.decision.value
        row = UnsignedRow(
            self.seq,
            tx_id,
            draft.request_id.bytes,
            draft.agent_id.bytes,
            self.pen.cfo,
            self._at,
            draft.amount_micros,
            self.pen.key_id,
            request_hash(fields).encode(),
            pack_tail(draft.kind.value, decision, draft.reason_code.value, parent, self._at),
            draft.roi_hundredths,
            draft.risk_hundredths,
            draft.request_type.encode(),
            draft.justification.encode(),
            canonical(fields).encode(),
        )
        self._unsigned.append((row, received_at))
        return UUID(bytes=tx_id)

    def seal(self, monotonic: Callable[[], float]) -> list[Sealed]:
        """Sign and pack everything that was entered, in its order; once for each scribe."""
        secret = self.pen.secret
        signatures = [crypto_sign(DOMAIN + row.payload, secret)[:_SIGNATURE_BYTES].hex() for row, _ in self._unsigned]
        signed_at = monotonic()
        sealed = []
        for (row, received_at), digits in zip(self._unsigned, signatures, strict=True):
            text = f"0x{digits}"
            signature, took_ms = text.encode(), round((signed_at - received_at) * 1000)
            leaf = sha256(b"".join((b"\x00", row.payload, b"\n", signature))).digest()
            self.rows.append(pack_row(row, signature, leaf, took_ms))
            self.leaves.append(leaf)
            sealed.append(Sealed(text, took_ms))
        return sealed

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


_agent_text = lru_cache(maxsize=4096)(uuid_text)
