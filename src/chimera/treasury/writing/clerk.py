"""Decides a batch on the books: the same work whether ahead of the database or under the head's lock."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from nacl.signing import SigningKey, VerifyKey

from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError
from chimera.core.identity import RandomBytes, time_ordered_bytes
from chimera.core.vocabulary import BudgetPeriod, Decision, EntryKind
from chimera.security.decision_signature import key_id_of
from chimera.storage.database import WriterConnection
from chimera.storage.records import batch as statements
from chimera.storage.records.batch import EscalationRow, Following
from chimera.storage.records.ledger_copy import pack_time
from chimera.treasury.acts.act import Act, Draft, Played, Settle, Void, moment_text
from chimera.treasury.acts.playing import play
from chimera.treasury.alerts import batch_alerts
from chimera.treasury.amounts import decimal_text, hundredths_up
from chimera.treasury.ask import Ask
from chimera.treasury.decision import Rules, decide
from chimera.treasury.lines import Charged, LineView, changes
from chimera.treasury.periods import bounds
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.scoring.past import PastRequest
from chimera.treasury.scoring.risk import Day, RiskPolicy, weigh
from chimera.treasury.writing.agents import KnownAgents, unix_micros
from chimera.treasury.writing.books import Books, Mark
from chimera.treasury.writing.encoding import ESCALATED_PREFIX
from chimera.treasury.writing.job import ActAnswer, DecidedAnswer, Given, Job
from chimera.treasury.writing.scene import BatchScene
from chimera.treasury.writing.scribe import Pen, Scribe

_IDS_DRAWN = 256
_APPROVED, _ESCALATED = Decision.APPROVED.value, Decision.ESCALATED.value


@dataclass(slots=True)
class Batch:
    """What deciding a set of jobs comes to. `repeats` were decided before and are answered from the ledger.

    `mark` is what the database must still hold for it to be good; `request_numbers` are the integers of the ids its
    rows are about.
    """

    jobs: Sequence[Job]
    mark: Mark
    following: Following
    rows: list[bytes]
    answers: list[tuple[Job, Given]]
    repeats: list[Job]
    holds: list[tuple[bytes, int]]
    request_numbers: set[int]
    size: int
    view: tuple[LineView, ...]


class _Decided(NamedTuple):
    """A decision in row `seq` that waits for its signature."""

    job: Job
    tx_id: UUID
    seq: int
    approved: bool
    reason: str
    risk_hundredths: int
    remaining: tuple[int, int, int]
    conditions: tuple[str, ...]


@dataclass(slots=True)
class _Desk:
    """A batch while it is being decided."""

    books: Books
    scribe: Scribe
    scene: BatchScene
    rules: Rules
    day_elapsed_ppm: int
    at_micros: int
    answers: list[tuple[Job, Given]] = field(default_factory=list)
    decided: list[_Decided] = field(default_factory=list)
    repeats: list[Job] = field(default_factory=list)
    holds: list[tuple[bytes, int]] = field(default_factory=list)
    escalated: list[EscalationRow] = field(default_factory=list)
    closed_holds: list[UUID] = field(default_factory=list)
    answered: list[UUID] = field(default_factory=list)
    entered: list[Draft] = field(default_factory=list)
    hold_ends: dict[int, tuple[str, int]] = field(default_factory=dict)

    def hold_end(self, seconds: int) -> tuple[str, int]:
        """When a hold of this batch ends, for the document and for the row; made once for each length."""
        if seconds not in self.hold_ends:
            until = self.scribe.at + timedelta(seconds=seconds)
            self.hold_ends[seconds] = moment_text(until), pack_time(until)
        return self.hold_ends[seconds]


class Clerk:
    """Holds the CFO's key, and what it remembers of agents. Not for two threads at once."""

    def __init__(
        self, *, clock: Clock, key: SigningKey, cfo_agent_id: UUID, policy: SpendingPolicy, random_bytes: RandomBytes
    ) -> None:
        self.clock = clock
        self.policy = policy
        self.public_key: VerifyKey = key.verify_key
        self.key_id = key_id_of(key.verify_key)
        self._cfo_agent_id = cfo_agent_id
        self._pen = Pen.of(key, cfo_agent_id)
        self._random_bytes = random_bytes
        self.agents = KnownAgents()
        self._hurdle = hundredths_up(policy.hurdle_rate)
        p90 = policy.realised_roi_p90
        self._risk = RiskPolicy(self._hurdle, None if p90 is None else hundredths_up(p90))

    def prepare(
        self,
        books: Books,
        jobs: Sequence[Job],
        at: datetime,
        connection: WriterConnection,
        under_way: Collection[int] | None = None,
    ) -> Batch:
        """Decide the jobs in their order, all at the moment `at`, and change the books accordingly.

        `at` must lie in the periods of the books' lines.

        Requests `under_way` (the integers of their ids) are in an earlier batch: they count as decided before. Without
        `under_way` the connection holds the head's lock; with it only settling and voiding may be among the acts.
        """
        mark = (books.size, books.last_tx, books.paused_by)
        asks = [job.work for job in jobs if isinstance(job.work, Ask)]
        self.agents.meet({ask.agent_id for ask in asks}, connection)
        known = _decided_before(asks, connection) | set(under_way or ())
        desk = self._desk(books, at, connection, ahead=under_way is not None)
        desk.scene.look_up([job.work for job in jobs if not isinstance(job.work, Ask)])
        numbers: set[int] = set()
        for job in jobs:
            work = job.work
            if not isinstance(work, Ask):
                if isinstance(work, Settle | Void):
                    numbers.add(work.request_id.int)
                self._play(job, work, desk)
            elif (number := work.request_id.int) in known:
                desk.repeats.append(job)
            elif refusal := self.agents.unfit(work.agent_id):
                desk.answers.append((job, refusal))
            else:
                known.add(number)
                numbers.add(number)
                self._decide(job, work, desk)
        self._seal(desk)
        following = self._following(desk)
        return Batch(
            jobs,
            Mark(*mark, desk.scene.marks),
            following,
            desk.scribe.rows,
            desk.answers,
            desk.repeats,
            desk.holds,
            numbers,
            books.size,
            tuple(LineView.of(line, desk.scribe.at) for line in books.lines.all),
        )

    def _desk(self, books: Books, at: datetime, connection: WriterConnection, *, ahead: bool) -> _Desk:
        new_id = self._ids(at)
        day = bounds(BudgetPeriod.DAILY, at)
        return _Desk(
            books=books,
            scribe=Scribe(self._pen, books.size, at, new_id),
            scene=BatchScene(books, connection, at, self._cfo_agent_id, lambda: UUID(bytes=new_id()), ahead=ahead),
            rules=Rules(self._hurdle, decimal_text(self.policy.hurdle_rate), books.paused_by is not None),
            day_elapsed_ppm=int(day.elapsed_share(at) * 1_000_000),
            at_micros=unix_micros(at),
        )

    def _ids(self, at: datetime) -> Callable[[], bytes]:
        """Random bytes are drawn for many ids at a time."""
        milliseconds = unix_micros(at) // 1000

        def drawn() -> Iterator[bytes]:
            while True:
                pool = self._random_bytes(10 * _IDS_DRAWN)
                for place in range(0, len(pool), 10):
                    yield time_ordered_bytes(milliseconds, pool[place : place + 10])

        return drawn().__next__

    def _decide(self, job: Job, ask: Ask, desk: _Desk) -> None:
        charged = desk.books.lines.charged(ask.request_type)
        risk = weigh(ask, self.agents.pasts, _day(charged, desk.day_elapsed_ppm), desk.at_micros, self._risk)
        left = charged.left()
        verdict = decide(ask, charged, min(left), desk.rules, risk)
        approved = verdict.decision == _APPROVED
        until, until_packed = None, 0
        if approved:
            cents = ask.charge_cents
            charged.take(cents, cents if job.hold_seconds else 0)
            left = left[0] - cents, left[1] - cents, left[2] - cents
            if job.hold_seconds:
                until, until_packed = desk.hold_end(job.hold_seconds)
        tx_id = desk.scribe.enter_decision(ask, verdict, risk, left, hold_expires_at=until, received_at=job.received_at)
        if until:
            desk.holds.append((tx_id, until_packed))
        tx = UUID(bytes=tx_id)
        conditions: tuple[str, ...] = ()
        if verdict.decision == _ESCALATED:
            conditions = (f"{ESCALATED_PREFIX}{tx}",)
            desk.escalated.append(EscalationRow(tx, desk.scribe.at + self.policy.escalation_life, job.hold_seconds))
        self.agents.pasts.record(
            PastRequest(
                desk.scribe.seq, ask.agent_id, ask.request_type, ask.cost_micros, ask.justification,
                desk.at_micros, verdict.decision, ask.roi_hundredths,
            )
        )  # fmt: skip
        desk.decided.append(
            _Decided(job, tx, desk.scribe.seq, approved, verdict.reason, risk.hundredths, left, conditions)
        )

    def _seal(self, desk: _Desk) -> None:
        """Sign the rows; the decisions among them are answered with their signatures."""
        sealed = desk.scribe.seal(self.clock.monotonic)
        before = desk.books.size + 1
        for job, tx, seq, approved, reason, risk_hundredths, remaining, conditions in desk.decided:
            signature, took_ms = sealed[seq - before]
            answer = DecidedAnswer(
                tx, seq, approved, reason, risk_hundredths, signature, remaining, conditions, took_ms
            )
            desk.answers.append((job, answer))

    def _play(self, job: Job, act: Act, desk: _Desk) -> None:
        try:
            played = play(act, desk.scene)
        except ChimeraError as refusal:
            desk.answers.append((job, refusal))
            return
        entered = [(desk.scribe.enter(draft, job.received_at), desk.scribe.seq) for draft in played.drafts]
        added = [tx_id for tx_id, _ in entered]
        desk.entered.extend(played.drafts)
        desk.scene.follow(played, [(seq, tx_id) for tx_id, seq in entered])
        self._follow(played, added, desk)
        desk.answers.append((job, ActAnswer(added[0] if added else played.same_tx)))

    def _follow(self, played: Played, added: Sequence[UUID], desk: _Desk) -> None:
        if played.closes_hold:
            desk.closed_holds.append(played.closes_hold)
        if played.answers:
            desk.answered.append(played.answers)
        if played.holds_until:
            desk.holds.append((added[0].bytes, pack_time(played.holds_until)))
        if played.pauses:
            desk.books.paused_by = added[-1]
        elif played.resumes:
            desk.books.paused_by = None
        if played.pauses or played.resumes:
            desk.rules = desk.rules._replace(paused=played.pauses)
        if played.spoils:
            self.agents.spoiled(played.spoils.agent_id, played.spoils.seq)
        for draft in played.drafts:
            if draft.kind is EntryKind.HUMAN:
                self.agents.pasts.record(_answered(draft, desk.scribe.seq, desk.at_micros))

    def _following(self, desk: _Desk) -> Following:
        books, scribe = desk.books, desk.scribe
        if scribe.rows:
            books.frontier = books.frontier.append(scribe.leaves)
            books.last_tx = UUID(bytes=scribe.last_tx) if scribe.last_tx else books.last_tx
            books.last_time = scribe.at
        return Following(
            changes=changes(desk.scene.before, desk.scene.lines),
            frontier=books.frontier.to_bytes(),
            last_time=scribe.at,
            paused_by=books.paused_by,
            escalated=desk.escalated,
            closed_holds=desk.closed_holds,
            answered=desk.answered,
            alerts=batch_alerts(desk.scene.before, desk.scene.lines, desk.entered, scribe.at, desk.scene.fresh_id),
        )


def _decided_before(asks: Sequence[Ask], connection: WriterConnection) -> set[int]:
    """The integers of the ids of those requests that the ledger has."""
    if not asks:
        return set()
    return {found.int for found in statements.known_requests(connection, [ask.request_id for ask in asks])}


def _answered(draft: Draft, seq: int, at_micros: int) -> PastRequest:
    """A person's answer, as it is remembered of the requester."""
    decision = draft.decision.value if draft.decision else ""
    return PastRequest(
        seq, draft.agent_id, draft.request_type, draft.amount_micros, draft.justification, at_micros, decision,
        draft.roi_hundredths or 0,
    )  # fmt: skip


def _day(charged: Charged, elapsed_ppm: int) -> Day:
    category, total = charged.pairs[0]
    line = category if category.left < total.left else total
    return Day(line.limit, line.used, elapsed_ppm)
