"""The writer: every row of the ledger enters here, in batches, one transaction each, answered only after its commit.

While the committing thread has one batch under the head's lock, the deciding thread decides and signs the next on
the books as they will be. Under the lock both are compared with the database; where another process came between,
the batch is decided again inside its transaction. Any process with the CFO's key may run a writer: the head's row
lock puts the batches of all of them in one order.
"""

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from queue import SimpleQueue
from uuid import UUID

import psycopg

from chimera.core.errors import ChimeraError, Conflict, EngineUnavailable, InternalError, RateLimited
from chimera.storage import database as storage
from chimera.storage.database import WriterConnection
from chimera.storage.records import batch as statements
from chimera.storage.records.ledger import LedgerHead
from chimera.storage.records.ledger_copy import COPY_HOLDS, COPY_LEDGER, HEADER, TRAILER, pack_holds
from chimera.telemetry import metrics
from chimera.treasury.acts.act import Settle, Void
from chimera.treasury.ask import Ask
from chimera.treasury.budget_view import Shown
from chimera.treasury.writing.answers import answer_of, same_request
from chimera.treasury.writing.books import Books, ledger_time
from chimera.treasury.writing.clerk import Batch, Clerk
from chimera.treasury.writing.job import DecidedAnswer, Delivery, Given, Job
from chimera.treasury.writing.opening import BookOpener

BATCH_JOBS_MAX = 1024
OUTSTANDING_MAX = 16_384
"""More requests than this at a time are refused: the caller comes again later."""
ATTEMPTS_MAX = 3
_UNDER_WAY_MAX = 2
CLOSE_SECONDS_MAX = 30.0

Observe = Callable[[str], None]
"""Told of each step of a batch by name, before the next: tests stop or kill there."""

_log = logging.getLogger(__name__)


class Writer:
    """Two threads and two connections, begun with the first job."""

    def __init__(
        self, connect: Callable[[], WriterConnection], clerk: Clerk, observe: Observe = lambda _step: None
    ) -> None:
        self._connect = connect
        self._clerk = clerk
        self._observe = observe
        self._intake: deque[Job] = deque()
        self._decided: SimpleQueue[tuple[list[Job], Batch | None] | None] = SimpleQueue()
        self._room = threading.Semaphore(_UNDER_WAY_MAX)
        self._lock = threading.Condition()
        self._books_lock = threading.Lock()
        self._books: Books | None = None
        self._confirmed: int | None = None
        self._opener = BookOpener(clerk)
        self._under_way: list[Batch] = []
        self._undecided_under_way = 0
        self._outstanding = 0
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._connection: WriterConnection | None = None
        self._reader: WriterConnection | None = None
        self.shown: Shown | None = None

    @property
    def outstanding(self) -> int:
        """Jobs taken and not yet answered."""
        return self._outstanding

    def submit(self, jobs: Sequence[Job]) -> None:
        """Take jobs, all or none; their deliveries get the answers.

        Raises:
            RateLimited: too many are waiting already.
            EngineUnavailable: the writer is closed.
        """
        with self._lock:
            if self._closed:
                raise EngineUnavailable("the treasury is closed: open it again")
            if self._outstanding + len(jobs) > OUTSTANDING_MAX:
                raise RateLimited(
                    f"{self._outstanding} requests wait for a decision: ask again in a second, with the same request_id"
                )
            self._outstanding += len(jobs)
            self._intake.extend(jobs)
            self._lock.notify()
            if not self._threads:
                self._start()

    def close(self) -> None:
        """Answer what was taken, then end both threads and connections."""
        with self._lock:
            self._closed = True
            self._lock.notify()
        for thread in self._threads:
            thread.join(CLOSE_SECONDS_MAX)

    def _start(self) -> None:
        for name, work in (("deciding", self._decide_ahead), ("committing", self._commit_all)):
            thread = threading.Thread(target=work, name=f"treasury-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    # The deciding thread.

    def _decide_ahead(self) -> None:
        while self._wait_for_jobs():
            self._room.acquire()
            jobs = self._gather()
            batch = self._ahead(jobs)
            with self._books_lock:
                self._undecided_under_way += batch is None
            self._decided.put((jobs, batch))
        self._decided.put(None)
        _close(self._reader)

    def _wait_for_jobs(self) -> bool:
        """Whether there are jobs; False once the writer is closed and everything taken is on its way."""
        with self._lock:
            self._lock.wait_for(lambda: bool(self._intake) or self._closed)
            return bool(self._intake)

    def _gather(self) -> list[Job]:
        """The jobs of the next batch: half of what is outstanding, so that another can follow while it commits."""
        with self._lock:
            count = min(BATCH_JOBS_MAX, len(self._intake), max(1, (self._outstanding + 1) // 2))
            return [self._intake.popleft() for _ in range(count)]

    def _ahead(self, jobs: Sequence[Job]) -> Batch | None:
        """The batch decided on the books as they will be; None where that is not possible."""
        with self._books_lock:
            books = self._books
            if books is None or self._undecided_under_way:
                return None
            at = books.time(self._clerk.clock.now().astimezone(UTC))
            if not self._foreseeable(books, jobs, at):
                return None
            under_way = set[int]().union(*(batch.request_numbers for batch in self._under_way))
            try:
                self._reader = self._reader or self._connect()
                batch = self._clerk.prepare(books, jobs, at, self._reader, under_way)
            except Exception as error:  # noqa: BLE001 - under the lock it is tried again, and told to whom it concerns
                _log.warning("a batch could not be decided ahead: %r", error)
                self._books = None
                _close(self._reader)
                self._reader = None
                return None
            self._under_way.append(batch)
            return batch

    def _foreseeable(self, books: Books, jobs: Sequence[Job], at: datetime) -> bool:
        """Whether everything the jobs depend on is in the books or can't change but by a new row."""
        for job in jobs:
            work = job.work
            if not isinstance(work, Ask) and (not isinstance(work, Settle | Void) or self._is_under_way(work)):
                return False
        return books.lines.covers(at) and self._opener.is_as_wanted(books.lines)

    def _is_under_way(self, act: Settle | Void) -> bool:
        return any(act.request_id.int in batch.request_numbers for batch in self._under_way)

    # The committing thread.

    def _commit_all(self) -> None:
        while (taken := self._decided.get()) is not None:
            jobs, batch = taken
            try:
                self._enter(jobs, batch)
            except Exception as error:  # noqa: BLE001 - the thread's edge: nobody may wait for ever
                _log.error("a batch failed", exc_info=error)
                self._lose_track()
                self._deliver([(job, InternalError(f"an unexpected {type(error).__name__}: {error}")) for job in jobs])
            finally:
                with self._books_lock:
                    if batch is None:
                        self._undecided_under_way -= 1
                    else:
                        self._under_way.remove(batch)
                self._room.release()
        _close(self._connection)

    def _enter(self, jobs: Sequence[Job], batch: Batch | None) -> None:
        """Commit the jobs as one batch, and answer them.

        A connection lost at any point, the commit included, is settled by deciding again: requests that were entered
        are found then.
        """
        failure: ChimeraError | None = None
        for _ in range(ATTEMPTS_MAX):
            try:
                done = self._transact(jobs, batch)
                answers = [*done.answers, *self._repeated(done.repeats)]
                self._observe("committed")
                self._deliver(answers)
                self._observe("answered")
                return
            except psycopg.errors.LockNotAvailable as error:
                failure = _unreachable(error)
                self._free_the_head()
            except psycopg.OperationalError as error:
                failure = _unreachable(error)
            except ChimeraError as refusal:
                failure = refusal
                break
            except Exception as error:  # noqa: BLE001 - one job may be unfit to be written: the others must not suffer
                _log.error("a batch of %d was refused", len(jobs), exc_info=error)
                failure = _refused(error)
                if len(jobs) > 1 and batch is None:
                    break
            batch = None
            self._lose_track()
        if failure is None:
            raise AssertionError("every attempt answers or fails")
        self._lose_track()
        if len(jobs) == 1 or not isinstance(failure, InternalError):
            self._deliver([(job, failure) for job in jobs])
            return
        # One of them may have spoiled the batch: each on its own.
        for job in jobs:
            self._enter([job], None)

    def _free_the_head(self) -> None:
        """The head's lock did not come: another writer may have stopped amid its rows, which would hold it for good."""
        try:
            with self._connect() as connection:
                ended = statements.end_stuck_writers(connection, storage.WRITER_WAIT_MS)
        except psycopg.Error as error:
            _log.warning("a writer that may be stuck could not be ended: %r", error)
        else:
            _log.warning("the ledger's head was locked too long: %d stuck writers ended", ended)

    def _transact(self, jobs: Sequence[Job], ahead: Batch | None) -> Batch:
        if ahead is not None and not ahead.rows:
            return ahead
        connection = self._connection = self._connection or self._connect()
        try:
            head, lines = statements.begin(connection, [] if ahead is None else ahead.mark.line_ids)
            self._observe("locked")
            if head is None:
                raise InternalError("the ledger's head is gone: restore the database from a backup")
            foreseen = ahead is not None and ahead.mark.holds(head, lines)
            batch = ahead if ahead is not None and foreseen else self._decide_now(connection, head, jobs)
            self._observe("decided")
            self._write(connection, batch)
            self._observe("committing")
            connection.execute("COMMIT")
        except BaseException:
            _close(connection)
            self._connection = None
            raise
        self._confirmed = batch.size
        self.shown = Shown(head.ledger_id, batch.size, batch.view)
        return batch

    def _decide_now(self, connection: WriterConnection, head: LedgerHead, jobs: Sequence[Job]) -> Batch:
        """Decide under the lock, on the books as the database has them; they are the books from here on."""
        with self._books_lock:
            at = ledger_time(head.last_time, self._clerk.clock.now().astimezone(UTC))
            books = self._opener.open(connection, head, at)
            if self._confirmed is None:
                self._clerk.agents.forget()
            else:
                self._clerk.agents.catch_up(connection, self._confirmed)
            batch = self._clerk.prepare(books, jobs, at, connection)
            self._books = books
            return batch

    def _write(self, connection: WriterConnection, batch: Batch) -> None:
        if batch.rows:
            statements.copy_in(connection, COPY_LEDGER, b"".join((HEADER, *batch.rows, TRAILER)))
        self._observe("copied")
        if batch.holds:
            statements.copy_in(connection, COPY_HOLDS, pack_holds(batch.holds))
        if batch.rows and not statements.follow(connection, batch.following):
            raise psycopg.IntegrityError("a budget line changed under its lock")
        self._observe("charged")

    def _repeated(self, jobs: Sequence[Job]) -> list[tuple[Job, Given]]:
        """The stored answers to requests decided before; those whose first batch was lost are decided after all."""
        asks = [(job, job.work) for job in jobs if isinstance(job.work, Ask)]
        if not asks:
            return []
        connection = self._connection = self._connection or self._connect()
        rows = {
            row.request_id: row
            for row in statements.rows_of_requests(connection, [ask.request_id for _, ask in asks])
            if row.kind == "decision"
        }
        answers: list[tuple[Job, Given]] = []
        for job, ask in asks:
            if row := rows.get(ask.request_id):
                answers.append((job, answer_of(row) if same_request(ask, row) else _conflict(ask, row.tx_id)))
            else:
                answers.extend(self._again(job))
        return answers

    def _again(self, job: Job) -> list[tuple[Job, Given]]:
        """Take the job once more, unless it was tried often enough or nobody would take it."""
        job.tries += 1
        with self._lock:
            if job.tries < ATTEMPTS_MAX and not self._closed:
                self._intake.append(job)
                self._lock.notify()
                return []
        return [(job, EngineUnavailable("the request was not decided: ask again with the same request_id"))]

    def _lose_track(self) -> None:
        with self._books_lock:
            self._books = None
            self._confirmed = None
            _close(self._connection)
            self._connection = None

    def _deliver(self, answers: Sequence[tuple[Job, Given]]) -> None:
        _measure(answers, self._clerk.clock.monotonic())
        with self._lock:
            self._outstanding -= len(answers)
        by_delivery: dict[Delivery, list[tuple[Job, Given]]] = defaultdict(list)
        for job, given in answers:
            by_delivery[job.delivery].append((job, given))
        for delivery, given_to in by_delivery.items():
            delivery.deliver(given_to)


def _measure(answers: Sequence[tuple[Job, Given]], now: float) -> None:
    """What the CFO answered, and what could not be."""
    decided = [now - job.received_at for job, given in answers if isinstance(given, DecidedAnswer)]
    metrics.decisions_made(decided, sum(isinstance(given, EngineUnavailable | InternalError) for _, given in answers))


def _close(connection: WriterConnection | None) -> None:
    if connection is not None:
        connection.close()


def _conflict(ask: Ask, tx_id: UUID) -> Conflict:
    return Conflict(
        f"request {ask.request_id} was decided with another body: use a new request_id",
        {"request_id": str(ask.request_id), "tx_id": str(tx_id)},
    )


def _unreachable(error: psycopg.Error) -> EngineUnavailable:
    return EngineUnavailable(
        f"the ledger can't be reached, so nothing is approved: {str(error).strip() or type(error).__name__}. "
        "See `chimera doctor`, then ask again with the same request_id"
    )


def _refused(error: Exception) -> InternalError:
    if isinstance(error, psycopg.Error):
        return InternalError(f"the database refused the ledger's statement, nothing was approved: {str(error).strip()}")
    return InternalError(f"the ledger could not be written, nothing was approved: {type(error).__name__}: {error}")
