"""The ledger as it is listed and exported, and the report of its verification."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Moment, Number, Usd


class LedgerEntry(Contract):
    """One row. `document`, `approval_signature` and `key_id` are enough to check it offline with the public key.

    `leaf_hash` (hex) is SHA-256 of a zero byte, `document`, a line feed and `approval_signature`. A row that decides
    nothing (it settles, voids, pauses ...) has no ROI, risk or decision.
    """

    seq: int
    tx_id: UUID
    request_id: UUID
    request_hash: str
    kind: str
    agent_id: UUID
    request_type: str
    amount: Usd
    amount_micros: int
    currency: str
    projected_roi: Number | None
    risk_score: Number | None
    decision: str | None
    approved: bool
    reason_code: str
    parent_tx: UUID | None
    approval_signature: str
    key_id: str
    document: str
    leaf_hash: str
    cfo_agent_id: UUID
    justification: str
    execution_time_ms: int
    created_at: Moment
    approved_at: Moment | None


class LedgerProblem(Contract):
    """One thing that is wrong; `seq` names the row, if it is about one. `code` is a word of `treasury/audit`."""

    code: str
    message: str
    seq: int | None


class VerificationReport(Contract):
    """What a verification found. `problems` lists the first of them, `problems_found` counts all.

    `first_bad_seq` is the first row that is to blame, if a row is: changed, missing, inserted or cut off. `root` (hex)
    is that of the tree of all entries; `checkpoints` counts the stored ones it agrees with or not.
    """

    ok: bool
    first_bad_seq: int | None
    entries: Annotated[int, Field(ge=0)]
    approved: Annotated[int, Field(ge=0)]
    approved_usd: Usd
    budget_lines: Annotated[int, Field(ge=0)]
    checkpoints: Annotated[int, Field(ge=0)]
    exported: Annotated[int, Field(ge=0)] | None
    """How many rows the exported log holds; nothing if it was not looked at."""
    root: str
    last_tx: UUID | None
    key_ids: tuple[str, ...]
    checked_at: Moment
    problems_found: Annotated[int, Field(ge=0)]
    problems: tuple[LedgerProblem, ...]


class LedgerCheck(Contract):
    """What the verification of a part of the ledger found: rows from `first_seq` on, each by itself and in the tree.

    `complete`: the part reaches the ledger's end as it stood, and the tree agrees with the ledger's head.
    """

    ok: bool
    complete: bool
    first_seq: Annotated[int, Field(ge=1)]
    rows: Annotated[int, Field(ge=0)]
    ledger_size: Annotated[int, Field(ge=0)]
    checkpoints: Annotated[int, Field(ge=0)]
    root: str
    first_bad_seq: int | None
    problems_found: Annotated[int, Field(ge=0)]
    problems: tuple[LedgerProblem, ...]
    next_cursor: str
    """Asked with it, the next part is checked; behind a complete one, only what is new."""
