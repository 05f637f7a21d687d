"""The checks behind `chimera ledger verify`, pure: rows, keys and budget lines in, problems out."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import fields as fields_of
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nacl.signing import VerifyKey

from chimera.contracts.approval import BudgetRemaining
from chimera.contracts.ledger import LedgerProblem, VerificationReport
from chimera.core.errors import Detail, InvalidSignature
from chimera.core.limits import RISK_ESCALATION_THRESHOLD, TRANSACTION_USD_MAX
from chimera.core.vocabulary import BudgetPeriod, Decision, RequestType
from chimera.security.decision_signature import key_id_of, read_document, verify
from chimera.storage.records.budget_tracking import BudgetRecord
from chimera.storage.records.ledger import LedgerHead, LedgerRecord
from chimera.storage.records.ledger_key import LedgerKeyRecord
from chimera.treasury.charges import charged_categories
from chimera.treasury.document import Seal, record_of
from chimera.treasury.encoding import ESCALATED_PREFIX
from chimera.treasury.periods import bounds

PROBLEMS_SHOWN_MAX = 100
_MESSAGE_CHARACTERS_MAX = 500
_COLUMNS = tuple(field.name for field in fields_of(LedgerRecord))


class ProblemCode(StrEnum):
    """What can be wrong with a ledger."""

    SEQUENCE = "SEQUENCE"
    HEAD = "HEAD"
    KEY = "KEY"
    SIGNATURE = "SIGNATURE"
    COLUMN = "COLUMN"
    RULE = "RULE"
    BUDGET = "BUDGET"


class Audit:
    """Takes the rows in order, then the head and the budget lines; collects what is wrong."""

    def __init__(self, trusted: Collection[VerifyKey], keys: Collection[LedgerKeyRecord]) -> None:
        self._trusted = {key_id_of(key): key for key in trusted}
        self._keys = {key.key_id: key for key in keys}
        self._spent: defaultdict[tuple[str, str, datetime], Decimal] = defaultdict(Decimal)
        self._last: LedgerRecord | None = None
        self.entries = 0
        self.approved = 0
        self.approved_usd = Decimal("0.00")
        self.budget_lines = 0
        self.problems: list[LedgerProblem] = []
        self.problems_found = 0
        self._check_keys()

    def take_row(self, row: LedgerRecord) -> None:
        """Check the next row, in the order of `seq`."""
        expected_seq = 1 if self._last is None else self._last.seq + 1
        if row.seq != expected_seq:
            self._found(
                ProblemCode.SEQUENCE, f"row {row.seq} follows row {expected_seq - 1}: rows are missing", row.seq
            )
        self._last = row
        self.entries += 1
        self._check_signature(row)
        try:
            fields = read_document(row.document)
            self._check_columns(row, record_of(fields, _seal_of(row)))
            self._check_rules(row.seq, fields)
        except (InvalidSignature, KeyError, TypeError, ValueError, ArithmeticError) as error:
            self._found(ProblemCode.COLUMN, f"the document of row {row.seq} is no decision: {error!r}", row.seq)

    def finish(self, head: LedgerHead | None, rows_stored: int) -> None:
        """Compare the head, and the number of rows the table holds, with the rows taken."""
        last_seq, last_tx = (0, None) if self._last is None else (self._last.seq, self._last.tx_id)
        if head is None or (head.size, head.last_tx) != (last_seq, last_tx):
            told = "is gone" if head is None else f"tells {head.size} rows up to {head.last_tx}"
            self._found(ProblemCode.HEAD, f"the head {told}, the ledger ends with row {last_seq}, {last_tx}", None)
        if rows_stored != self.entries:
            self._found(ProblemCode.SEQUENCE, f"{rows_stored} rows are stored, {self.entries} have a seq", None)

    def take_budget(self, line: BudgetRecord) -> None:
        """Check a budget line, once every row is taken: its bounds, its sum, its limit."""
        self.budget_lines += 1
        name = f"the {line.period} {line.category} budget from {line.period_start:%Y-%m-%d}"
        spent = self._spent.pop((line.period, line.category, line.period_start), Decimal(0))
        if line.spent_amount != spent:
            self._found(ProblemCode.BUDGET, f"{name} tells {line.spent_amount} spent, the ledger {spent}", None)
        if line.spent_amount > line.limit_amount or spent > line.limit_amount:
            self._found(ProblemCode.BUDGET, f"{name} is overspent: its limit is {line.limit_amount}", None)
        if not _has_true_bounds(line):
            self._found(ProblemCode.BUDGET, f"{name} does not begin and end as its period does", None)

    def finish_budgets(self) -> None:
        """Name the approvals no budget line accounts for."""
        for (period, category, start), spent in self._spent.items():
            self._found(ProblemCode.BUDGET, f"no {period} {category} budget from {start:%Y-%m-%d} holds {spent}", None)

    def report(self, checked_at: datetime) -> VerificationReport:
        """What was found."""
        return VerificationReport(
            ok=not self.problems_found,
            entries=self.entries,
            approved=self.approved,
            approved_usd=self.approved_usd,
            budget_lines=self.budget_lines,
            last_tx=None if self._last is None else self._last.tx_id,
            key_ids=tuple(sorted(self._keys)),
            checked_at=checked_at,
            problems_found=self.problems_found,
            problems=tuple(self.problems),
        )

    def _check_keys(self) -> None:
        for key in self._keys.values():
            trusted = self._trusted.get(key.key_id)
            if trusted is None:
                message = f"key {key.key_id} of the ledger is not among the public keys given: it proves nothing"
                self._found(ProblemCode.KEY, message, None)
            elif bytes(trusted) != key.public_key:
                self._found(ProblemCode.KEY, f"the ledger tells another public key as {key.key_id}", None)

    def _check_signature(self, row: LedgerRecord) -> None:
        registered, trusted = self._keys.get(row.key_id), self._trusted.get(row.key_id)
        if registered is None or not registered.signs(row.seq):
            self._found(ProblemCode.KEY, f"key {row.key_id} was not the ledger's at row {row.seq}", row.seq)
        if trusted is None:
            self._found(ProblemCode.KEY, f"row {row.seq} is signed under {row.key_id}, a key not trusted", row.seq)
            return
        try:
            verify(row.document, row.approval_signature, trusted)
        except InvalidSignature:
            self._found(ProblemCode.SIGNATURE, f"the signature of row {row.seq} is not of its document", row.seq)

    def _check_columns(self, row: LedgerRecord, signed: LedgerRecord) -> None:
        """Every column must tell what the document tells; sums are taken from the document."""
        for column in _COLUMNS:
            stored, expected = getattr(row, column), getattr(signed, column)
            if stored != expected:
                message = f"{column} of row {row.seq} is {stored!s}, the signed document says {expected!s}"
                self._found(ProblemCode.COLUMN, message, row.seq)
        if signed.approved:
            self._count(signed)

    def _count(self, signed: LedgerRecord) -> None:
        self.approved += 1
        self.approved_usd += signed.amount
        for period in BudgetPeriod:
            start = bounds(period, signed.created_at).start
            for category in charged_categories(RequestType(signed.request_type)):
                self._spent[period, category, start] += signed.amount

    def _check_rules(self, seq: int, fields: Mapping[str, Detail]) -> None:
        """A signed decision must itself keep the rules."""
        escalation = [f"{ESCALATED_PREFIX}{fields['tx_id']}"]
        if fields["conditions"] != (escalation if fields["decision"] == Decision.ESCALATED else []):
            self._found(ProblemCode.RULE, f"the conditions of row {seq} do not fit its decision", seq)
        if fields["decision"] != Decision.APPROVED:
            return
        remaining = BudgetRemaining.model_validate(fields["budget_remaining"])
        if min(remaining.daily, remaining.weekly, remaining.monthly) < 0:
            self._found(ProblemCode.RULE, f"row {seq} was approved beyond a budget", seq)
        if Decimal(str(fields["amount"])) > TRANSACTION_USD_MAX:
            self._found(ProblemCode.RULE, f"row {seq} was approved above the largest transaction", seq)
        if Decimal(str(fields["risk_score"])) > RISK_ESCALATION_THRESHOLD:
            self._found(ProblemCode.RULE, f"row {seq} was approved although its risk asks for a human", seq)

    def _found(self, code: ProblemCode, message: str, seq: int | None) -> None:
        self.problems_found += 1
        if len(self.problems) < PROBLEMS_SHOWN_MAX:
            self.problems.append(LedgerProblem(code=code.value, message=message[:_MESSAGE_CHARACTERS_MAX], seq=seq))


def _seal_of(row: LedgerRecord) -> Seal:
    """What a row holds that no document field tells; the document and its signature are checked on their own."""
    return Seal(row.document, row.approval_signature, row.key_id, row.execution_time_ms)


def _has_true_bounds(line: BudgetRecord) -> bool:
    try:
        true = bounds(BudgetPeriod(line.period), line.period_start)
    except ValueError:
        return False
    return (true.start, true.end) == (line.period_start, line.period_end)
