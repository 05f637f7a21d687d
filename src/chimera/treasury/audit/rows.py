"""Each row by itself: its place, its signature, its columns, its leaf, and the rules a decision must keep."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from nacl.signing import VerifyKey

from chimera.core.errors import Detail
from chimera.core.limits import RISK_ESCALATION_THRESHOLD, TRANSACTION_USD_MAX
from chimera.core.money import MICROS_PER_USD
from chimera.core.vocabulary import Decision
from chimera.security.decision_signature import canonical, is_signed, key_id_of
from chimera.storage.records.ledger_key import LedgerKeyRecord
from chimera.storage.records.ledger_text import LedgerColumns, StoredRow
from chimera.treasury.audit.problems import ProblemCode, Problems
from chimera.treasury.columns import KIND_DECISION, columns_of
from chimera.treasury.log.merkle import leaf_data, leaf_hash
from chimera.treasury.writing.encoding import ESCALATED_PREFIX

_AMOUNT_MICROS_MAX = int(TRANSACTION_USD_MAX) * MICROS_PER_USD
_RISK_MAX = f"{RISK_ESCALATION_THRESHOLD:.2f}"
"""Scores have one digit before the point and two behind it, so their texts are ordered as they are."""


class Leaf(NamedTuple):
    """A row's leaf in the tree."""

    data: bytes
    hash: bytes


class CheckedRow(NamedTuple):
    """A row whose columns tell what its signed document tells."""

    seq: int
    fields: Mapping[str, Detail]
    columns: LedgerColumns


class RowAudit:
    """Takes the rows in the order of their `seq`."""

    def __init__(
        self, problems: Problems, trusted: Collection[VerifyKey], registered: Collection[LedgerKeyRecord]
    ) -> None:
        self._problems = problems
        self._trusted = {key_id_of(key): key for key in trusted}
        self._registered = {key.key_id: key for key in registered}
        self.last_seq = 0
        self.last_tx: str | None = None
        self.last_time: str | None = None
        self.latest_time: str | None = None
        """Another than the last row's if the clock was set back, before the head kept to the last row's."""
        self.count = 0
        self._check_keys()

    def take(self, row: StoredRow) -> tuple[Leaf, CheckedRow | None]:
        """Check the next row; answers the leaf its text and signature make, and the row if it can be read."""
        if row.seq != self.last_seq + 1:
            self._out_of_place(row.seq)
        self.count += 1
        self.last_seq, self.last_tx = row.seq, row.columns.tx_id
        document = canonical(row.payload) if isinstance(row.payload, dict) else ""
        data = leaf_data(document, row.signature)
        leaf = Leaf(data, leaf_hash(data))
        self._check_seal(row, document, leaf)
        return leaf, self._checked(row)

    def _out_of_place(self, seq: int) -> None:
        missing = self.last_seq + 1
        if seq > missing:
            self._problems.found(ProblemCode.SEQUENCE, f"row {missing} is missing: row {seq} follows", missing)
        else:
            self._problems.found(ProblemCode.SEQUENCE, f"row {seq} is there more than once", seq)

    def _check_keys(self) -> None:
        for key in self._registered.values():
            trusted = self._trusted.get(key.key_id)
            if trusted is None:
                message = f"key {key.key_id} of the ledger is not among the public keys given: it proves nothing"
                self._problems.found(ProblemCode.KEY, message)
            elif bytes(trusted) != key.public_key:
                self._problems.found(ProblemCode.KEY, f"the ledger tells another public key as {key.key_id}")

    def _check_seal(self, row: StoredRow, document: str, leaf: Leaf) -> None:
        registered, trusted = self._registered.get(row.key_id), self._trusted.get(row.key_id)
        if registered is None or not registered.signs(row.seq):
            message = f"key {row.key_id} was not the ledger's at row {row.seq}"
            self._problems.found(ProblemCode.KEY, message, row.seq)
        if trusted is None:
            message = f"row {row.seq} is signed under {row.key_id}, a key not trusted"
            self._problems.found(ProblemCode.KEY, message, row.seq)
        elif not is_signed(document, row.signature, trusted):
            message = f"the signature of row {row.seq} is not of its document"
            self._problems.found(ProblemCode.SIGNATURE, message, row.seq)
        if leaf.hash != row.leaf_hash:
            message = f"the leaf hash of row {row.seq} is not of its document and signature"
            self._problems.found(ProblemCode.LEAF, message, row.seq)

    def _checked(self, row: StoredRow) -> CheckedRow | None:
        fields = row.payload
        try:
            if not isinstance(fields, dict):
                raise ValueError("no object")
            signed = columns_of(fields)
            self._check_columns(row, signed, fields["seq"])
            self._check_rules(row.seq, signed, fields)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            message = f"the document of row {row.seq} is no {row.columns.kind}: {error!r}"
            self._problems.found(ProblemCode.COLUMN, message, row.seq)
            return None
        self.last_time = signed.created_at
        self.latest_time = max(self.latest_time or "", signed.created_at)
        return CheckedRow(row.seq, fields, signed)

    def _check_columns(self, row: StoredRow, signed: LedgerColumns, seq: Detail) -> None:
        """Every column must tell what the document tells."""
        if (seq, signed) == (row.seq, row.columns):
            return
        stored = {"seq": row.seq, **row.columns._asdict()}
        for column, expected in {"seq": seq, **signed._asdict()}.items():
            if stored[column] != expected:
                message = f"{column} of row {row.seq} is {stored[column]}, the signed document says {expected}"
                self._problems.found(ProblemCode.COLUMN, message, row.seq)

    def _check_rules(self, seq: int, signed: LedgerColumns, fields: Mapping[str, Detail]) -> None:
        """A signed decision must itself keep the rules."""
        if signed.decision is None:
            return
        escalation = [f"{ESCALATED_PREFIX}{signed.tx_id}"] if signed.decision == Decision.ESCALATED else []
        if fields["conditions"] != escalation:
            self._broken(seq, f"the conditions of row {seq} do not fit its decision")
        if not signed.approved:
            return
        if any(text.startswith("-") for text in _remaining(fields)):
            self._broken(seq, f"row {seq} was approved beyond a budget")
        if signed.amount_micros > _AMOUNT_MICROS_MAX:
            self._broken(seq, f"row {seq} was approved above the largest transaction")
        if signed.kind == KIND_DECISION and (signed.risk_score is None or signed.risk_score > _RISK_MAX):
            self._broken(seq, f"row {seq} was approved although its risk asks for a human")

    def _broken(self, seq: int, message: str) -> None:
        self._problems.found(ProblemCode.RULE, message, seq)


def _remaining(fields: Mapping[str, Detail]) -> tuple[str, str, str]:
    remaining = fields["budget_remaining"]
    if not isinstance(remaining, dict):
        raise ValueError("budget_remaining is no object")
    return str(remaining["daily"]), str(remaining["weekly"]), str(remaining["monthly"])
