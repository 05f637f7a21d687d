"""The proof of one ledger row, in one file that is checked without a database, and what a check of it found."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract

ROWS_MAX = 2**63 - 1
HashText = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class LedgerProof(Contract):
    """A row and its way to a signed checkpoint.

    `document` and `signature` are what the CFO signed; the row is leaf `leaf_index` (from 0) of the tree whose root
    stands in `checkpoint` (a C2SP note), `inclusion_proof` the audit path of RFC 6962 from the leaf upwards, in hex.
    The keys are told for convenience: whoever checks must know them from elsewhere.
    """

    format: Literal["chimera/ledger-proof/v1"]
    tx_id: UUID
    document: Annotated[str, Field(max_length=65_535)]
    signature: Annotated[str, Field(max_length=200)]
    cfo_public_key: HashText
    leaf_index: Annotated[int, Field(ge=0, le=ROWS_MAX)]
    inclusion_proof: Annotated[tuple[HashText, ...], Field(max_length=64)]
    checkpoint: Annotated[str, Field(max_length=65_536)]
    log_public_key: Annotated[str, Field(max_length=500)]


class ProofReport(Contract):
    """What a check found: `ok` only if the proof is consistent and both keys were given by whoever checks."""

    ok: bool
    consistent: bool
    verdict: str
    tx_id: UUID
    row: int
    tree_size: int | None
    ledger: str | None
    cfo_key_id: str
    cfo_key_given: bool
    log_public_key: str
    log_key_given: bool
    document: str
    problems: tuple[str, ...]
