"""One round of the ratio R: the bare COPY, then signed approvals through the writer, then the bare COPY again."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from chimera.bench.treasury.ground import LIMIT_USD, Ground
from chimera.bench.treasury.processor import Processor, Used
from chimera.core.errors import ChimeraError, EngineUnavailable
from chimera.core.vocabulary import BudgetCategory
from chimera.storage.database import connect_writer
from chimera.storage.records import batch as statements
from chimera.storage.records.ledger_copy import COPY_LEDGER, HEADER, TRAILER
from chimera.treasury.amounts import cents_of_usd
from chimera.treasury.ask import Ask
from chimera.treasury.lines import Line, Lines
from chimera.treasury.log.merkle import Frontier
from chimera.treasury.periods import current_periods
from chimera.treasury.writing.books import Books
from chimera.treasury.writing.job import BlockingDelivery, DecidedAnswer, Job
from chimera.treasury.writing.writer import BATCH_JOBS_MAX, Writer

HOLD_SECONDS = 600
_CHUNKS_OUTSTANDING = 4
"""So many calls of 1,024 requests wait at a time: the writer takes half of what waits, so every batch is full."""
_WARM_UP_BATCHES = 10
"""Ahead of the timed ones, so that agents have a past, as those at work have."""
_ANSWER_SECONDS_MAX = 120.0


@dataclass(frozen=True, slots=True)
class Timed:
    """What a piece of work took."""

    rows: int
    seconds: float
    used: Used

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds


@dataclass(frozen=True, slots=True)
class Approved:
    """Decisions made and timed; `batches` were committed for them."""

    timed: Timed
    approved: int
    batches: int


def prepare_copies(ground: Ground, asks: Sequence[Ask]) -> list[bytes]:
    """The rows that the writer would enter for these requests into an empty ledger, packed: a transaction each."""
    clerk = ground.clerk()
    books = _empty_books()
    copies = []
    with ground.database() as url, connect_writer(url) as connection:
        for start in range(0, len(asks), BATCH_JOBS_MAX):
            jobs = _jobs(asks[start : start + BATCH_JOBS_MAX], None)
            batch = clerk.prepare(books, jobs, books.time(clerk.clock.now()), connection)
            copies.append(b"".join((HEADER, *batch.rows, TRAILER)))
    return copies


def bare_copy(ground: Ground, copies: Sequence[bytes], processor: Processor) -> Timed:
    """Enter prepared rows into a new ledger by COPY, each in a transaction of 1,024 rows, and nothing else."""
    with ground.database() as url, connect_writer(url) as connection:
        clerk = ground.clerk()
        statements.insert_key(connection, clerk.key_id, bytes(clerk.public_key), 1, datetime.now(UTC))
        before, started_at = processor.used(), time.perf_counter()
        for copy in copies:
            statements.copy_in(connection, COPY_LEDGER, copy)
        seconds = time.perf_counter() - started_at
        return Timed(len(copies) * BATCH_JOBS_MAX, seconds, processor.used().since(before))


def approvals(ground: Ground, asks: Sequence[Ask], hold_seconds: int | None, processor: Processor) -> Approved:
    """Put the requests to a writer on a new ledger, in full batches, until the last is answered."""
    batches = 0

    def count(step: str) -> None:
        nonlocal batches
        batches += step == "committed"

    with ground.database() as url:
        writer = Writer(lambda: connect_writer(url), ground.clerk(), count)
        try:
            _put(writer, ground.traffic.asks(_WARM_UP_BATCHES * BATCH_JOBS_MAX), hold_seconds)
            batches = 0
            before, started_at = processor.used(), time.perf_counter()
            answers = _put(writer, asks, hold_seconds)
            seconds = time.perf_counter() - started_at
            used = processor.used().since(before)
        finally:
            writer.close()
    return Approved(Timed(len(asks), seconds, used), sum(answer.approved for answer in answers), batches)


def _put(writer: Writer, asks: Sequence[Ask], hold_seconds: int | None) -> list[DecidedAnswer]:
    """Keep four chunks outstanding, the first four from one moment on, so that every batch is full."""
    chunks = [asks[start : start + BATCH_JOBS_MAX] for start in range(0, len(asks), BATCH_JOBS_MAX)]
    deliveries = [BlockingDelivery(len(chunk)) for chunk in chunks]
    jobs = [_jobs(chunk, hold_seconds, delivery) for chunk, delivery in zip(chunks, deliveries, strict=True)]
    writer.submit([job for chunk in jobs[:_CHUNKS_OUTSTANDING] for job in chunk])
    answers: list[DecidedAnswer] = []
    for number, delivery in enumerate(deliveries):
        answers += _answers(delivery)
        if number + _CHUNKS_OUTSTANDING < len(jobs):
            writer.submit(jobs[number + _CHUNKS_OUTSTANDING])
    return answers


def _jobs(asks: Sequence[Ask], hold_seconds: int | None, delivery: BlockingDelivery | None = None) -> list[Job]:
    given = delivery or BlockingDelivery(len(asks))
    return [Job(ask, hold_seconds, time.monotonic(), given, ticket) for ticket, ask in enumerate(asks)]


def _answers(delivery: BlockingDelivery) -> list[DecidedAnswer]:
    if not delivery.wait(_ANSWER_SECONDS_MAX):
        raise EngineUnavailable(f"the treasury did not answer for {_ANSWER_SECONDS_MAX:.0f} seconds")
    answers = []
    for answer in delivery.answers:
        if isinstance(answer, ChimeraError):
            raise answer
        if isinstance(answer, DecidedAnswer):
            answers.append(answer)
    return answers


def _empty_books() -> Books:
    at = datetime.now(UTC)
    limit = cents_of_usd(LIMIT_USD)
    lines = [
        Line(0, period.period, category, period.start, period.end, limit, 0, 0, 0, 0, limit)
        for period in current_periods(at)
        for category in BudgetCategory
    ]
    for number, line in enumerate(lines, start=1):
        line.id = number
    return Books(uuid4(), Frontier(), None, None, None, Lines(lines))
