"""Decides a batch on the books and writes its rows: the same work whether ahead of the database or under its lock."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from nacl.bindings import crypto_sign
from nacl.signing import SigningKey

from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError, Forbidden, InternalError, NotFound
from chimera.core.identity import RandomBytes, time_ordered_ids
from chimera.core.vocabulary import BudgetPeriod, Decision, EntryKind, Role
from chimera.security.decision_signature import DOMAIN, canonical, key_id_of
from chimera.storage.records import batch as statements
from chimera.storage.records import past_requests
from chimera.storage.records.batch import EscalationRow, Following, WriterConnection
from chimera.storage.records.budget_alert import BudgetAlert
from chimera.storage.records.ledger_copy import PackedRow, pack_row, pack_tail, pack_time
from chimera.treasury.acts import Act, Draft, Played, moment_text, play
from chimera.treasury.alerting import alerts_of
from chimera.treasury.amounts import hundredths_up, decimal_text, micros_text
from chimera.treasury.ask import Ask
from chimera.treasury.books import Books, Mark
from chimera.treasury.decision import Rules, decide
from chimera.treasury.encoding import (
    ESCALATED_PREFIX,
    Decided,
    ask_text,
    decision_text,
    request_text,
    uuid_text,
)
from chimera.treasury.job import ActAnswer, DecidedAnswer, Given, Job
from chimera.treasury.lines import Amounts, Charged, changes
from chimera.treasury.past import PAST_ROWS_MAX, PastRequest, Pasts
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.risk import Day, RiskPolicy, weigh
from chimera.treasury.scene import BatchScene

_SIGNATURE_BYTES = 64
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Batch:
    """What deciding a set of jobs comes to; `repeats` were decided before and are answered from the ledger.

    `mark` is what the database must hold for it to be good; None where it was decided under the lock.
    """

    jobs: Sequence[Job]
    mark: Mark | None = None
    rows: list[bytes] = field(default_factory=list)
    answers: list[tuple[Job, Given]] = field(default_factory=list)
    repeats: list[Job] = field(default_factory=list)
    request_ids: set[UUID] = field(default_factory=set)
    holds: list[tuple[bytes, int]] = field(default_factory=list)
    following: Following | None = None


class Clerk:
    """Holds the CFO's key. Not for two threads at once."""

    def __init__(
        self,
        *,
        clock: Clock,
        key: SigningKey,
        cfo_agent_id: UUID,
        policy: SpendingPolicy,
        random_bytes: RandomBytes,
    ) -> None:
        self.clock = clock
        self.policy = policy
        self.cfo_agent_id = cfo_agent_id
        self.public_key = key.verify_key
        self.key_id = key_id_of(key.verify_key)
        self.pasts = Pasts()
        self._random_bytes = random_bytes
        self._secret = bytes(key) + bytes(key.verify_key)
        self._roles: dict[UUID, str] = {}
        self._cfo = cfo_agent_id.bytes
        self._cfo_text = str(cfo_agent_id)
        self._hurdle = hundredths_up(policy.hurdle_rate)
        self._hurdle_text = decimal_text(policy.hurdle_rate)
        p90 = policy.realised_roi_p90
        self._risk = RiskPolicy(self._hurdle, None if p90 is None else hundredths_up(p90))

    def forget(self) -> None:
        """Drop everything remembered of agents: it is read again."""
        self.pasts = Pasts()
        self._roles.clear()

    def prepare(
        self, books: Books, jobs: Sequence[Job], connection: WriterConnection, under_way: set[UUID]
    ) -> Batch:
        """Decide the jobs in their order and change the books accordingly; requests `under_way` count as known.

        Acts may only be among them when `connection` holds the head's lock.
        """
        made = Batch(jobs, books.mark())
        before = {line.id: line.amounts() for line in books.lines.all}
        at = books.time(self.clock.now().astimezone(UTC))
        asks = self._new_asks(made, connection, under_way)
        self._remember(asks, connection)
        pen = _Pen(self, books, made, at)
        scene = BatchScene(books, connection, at, self.cfo_agent_id, pen.next_id, before)
        for job in jobs:
            work = job.work
            if isinstance(work, Ask):
                if work.request_id in made.request_ids and job in asks:
                    pen.decide(job, work, asks)
            else:
                pen.act(job, work, scene)
        pen.finish(before, [*books.lines.all, *scene.other_lines])
        return made
