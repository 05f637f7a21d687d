"""What an act sees of the books: what was read of them, and what earlier acts of its batch added."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from chimera.core.errors import InternalError
from chimera.core.vocabulary import Decision
from chimera.storage.database import WriterConnection
from chimera.storage.records import batch as statements
from chimera.storage.records import line_batch
from chimera.storage.records.batch import EnteredRow, EscalationRow, HoldRow
from chimera.treasury.acts.act import Act, Draft, Pause, Played, Resume, Settle, Void
from chimera.treasury.lines import Amounts, Charged, Line, Lines
from chimera.treasury.periods import current_periods
from chimera.treasury.writing.books import Books, LineMark, line_mark

_BY_REQUEST = (Settle, Void, Pause, Resume)


class BatchScene:
    """The scene of one batch; `before` and `marks` tell what its lines held.

    Decided `ahead` it locks nothing: a lock there would wait for the batch that is just being committed, which may
    wait for the books. Only what settles or voids is decided ahead, and needs no holds.
    """

    def __init__(
        self,
        books: Books,
        connection: WriterConnection,
        at: datetime,
        cfo: UUID,
        fresh_id: Callable[[], UUID],
        *,
        ahead: bool,
    ) -> None:
        self.at = at
        self.before: dict[int, Amounts] = {line.id: line.amounts() for line in books.lines.all}
        self.marks: dict[int, LineMark] = {line.id: line_mark(line) for line in books.lines.all}
        self._books = books
        self._connection = connection
        self._cfo = cfo
        self._fresh_id = fresh_id
        self._ahead = ahead
        self._others: dict[tuple[datetime, ...], Lines] = {}
        self._rows: dict[UUID, list[EnteredRow]] = {}
        self._transactions: dict[UUID, EnteredRow] = {}
        self._holds: dict[UUID, HoldRow] = {}
        self._escalations: dict[UUID, EscalationRow] = {}

    def look_up(self, acts: Sequence[Act]) -> None:
        """Read what these acts are about, in four statements however many they are."""
        if not acts:
            return
        named = [act.tx_id for act in acts if not isinstance(act, _BY_REQUEST) and hasattr(act, "tx_id")]
        requests = {act.request_id for act in acts if isinstance(act, _BY_REQUEST)}
        requests |= {row.request_id for row in statements.rows_of_transactions(self._connection, named)}
        for row in statements.rows_of_requests(self._connection, list(requests)):
            self._rows.setdefault(row.request_id, []).append(row)
            self._transactions[row.tx_id] = row
        found = list(self._transactions)
        if self._ahead:
            return
        self._holds = statements.lock_holds(self._connection, found)
        self._escalations = statements.escalations(self._connection, found)

    def follow(self, played: Played, added: Sequence[tuple[int, UUID]]) -> None:
        """Show later acts what this one did; `added` are its rows' seq and transaction."""
        for draft, (seq, tx_id) in zip(played.drafts, added, strict=True):
            row = _row_of(draft, seq, tx_id, self.at)
            self._rows.setdefault(row.request_id, []).append(row)
            self._transactions[tx_id] = row
        if played.closes_hold:
            self._holds.pop(played.closes_hold, None)
        if played.answers:
            self._escalations.pop(played.answers, None)

    @property
    def paused_by(self) -> UUID | None:
        return self._books.paused_by

    @property
    def lines(self) -> list[Line]:
        """Every line that may have been changed, once: another day's may share its week and month with the current."""
        found = [*self._books.lines.all, *(line for lines in self._others.values() for line in lines.all)]
        return list({line.id: line for line in found}.values())

    def rows_of(self, request_id: UUID) -> Sequence[EnteredRow]:
        return self._rows.get(request_id, ())

    def row(self, tx_id: UUID) -> EnteredRow | None:
        return self._transactions.get(tx_id)

    def hold(self, tx_id: UUID) -> HoldRow | None:
        return self._holds.get(tx_id)

    def escalation(self, tx_id: UUID) -> EscalationRow | None:
        return self._escalations.get(tx_id)

    def cfo(self) -> UUID:
        return self._cfo

    def fresh_id(self) -> UUID:
        return self._fresh_id()

    def charged(self, request_type: str, anchor: datetime) -> Charged:
        """The lines of the periods that `anchor` lies in.

        Raises:
            InternalError: one of them is gone.
        """
        if self._books.lines.covers(anchor):
            return self._books.lines.charged(request_type)
        periods = current_periods(anchor)
        starts = tuple(period.start for period in periods)
        if starts not in self._others:
            self._others[starts] = self._earlier([(period.period.value, period.start) for period in periods])
        return self._others[starts].charged(request_type)

    def _earlier(self, starts: Sequence[tuple[str, datetime]]) -> Lines:
        """The lines of another day; those of the same week or month are the current ones."""
        known = {line.key: line for line in self.lines}
        found = []
        read = line_batch.lines_of if self._ahead else line_batch.lock_lines
        for row in read(self._connection, starts):
            line = known.get((row.period, row.category, row.period_start)) or Line.of(row)
            if line.id not in self.before:
                self.before[line.id], self.marks[line.id] = line.amounts(), line_mark(line)
            found.append(line)
        try:
            return Lines(found)
        except KeyError as error:
            raise InternalError("a budget line of an earlier period is gone: restore the database") from error


def _row_of(draft: Draft, seq: int, tx_id: UUID, at: datetime) -> EnteredRow:
    """The row of a draft, as far as acts look at it."""
    return EnteredRow(
        seq=seq,
        tx_id=tx_id,
        request_id=draft.request_id,
        request_hash="",
        kind=draft.kind.value,
        agent_id=draft.agent_id,
        request_type=draft.request_type,
        amount_micros=draft.amount_micros,
        decision=None if draft.decision is None else draft.decision.value,
        approved=draft.decision == Decision.APPROVED,
        projected_roi=None,
        risk_score=None,
        justification=draft.justification,
        approval_signature="",
        execution_time_ms=0,
        created_at=at,
        payload=dict(draft.more),
    )
