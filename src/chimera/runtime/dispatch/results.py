"""Ended attempts on their way to their rows: gathered for a moment, written together, kept while PostgreSQL is away."""

import asyncio
from collections.abc import Sequence
from itertools import islice
from uuid import UUID

import psycopg
import structlog

from chimera.core.errors import InternalError
from chimera.core.vocabulary import TaskState
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.runtime.dispatch.trouble import NO_POSTGRESQL, Trouble
from chimera.storage.records import task_work
from chimera.storage.records.task_work import WorkedTask

GATHER_SECONDS = 0.003
WRITTEN_AT_ONCE = 800
WAITING_MAX = 20_000
"""With so many unwritten nothing new is claimed."""

_log = structlog.get_logger(__name__)


class Results:
    """The ended attempts of one host that are not written yet."""

    def __init__(self, host_id: UUID, queue: TaskQueue, writing: asyncio.Lock) -> None:
        self._host_id = host_id
        self._queue = queue
        self._writing = writing
        self._waiting: dict[int, WorkedTask] = {}
        """By the id's number: a UUID hashes itself in Python, eight times as slowly."""
        self._some = asyncio.Event()
        self._none = asyncio.Event()
        self._none.set()
        self.written = 0
        self.refused = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, worked: WorkedTask) -> None:
        kept = self._waiting.get(worked.id.int)
        if kept is not None and kept.attempt > worked.attempt:
            return
        self._waiting[worked.id.int] = worked
        self._none.clear()
        self._some.set()

    def attempts(self) -> dict[UUID, int]:
        """The unwritten attempts, whose leases still have to be prolonged."""
        return {worked.id: worked.attempt for worked in self._waiting.values()}

    async def all_written(self) -> None:
        await self._none.wait()

    async def run(self) -> None:
        """Write what comes, until cancelled."""
        trouble = Trouble("PostgreSQL", "results")
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
            batch = list(islice(self._waiting.values(), WRITTEN_AT_ONCE))
            try:
                async with self._writing:
                    await self._write(batch, again=trouble.there)
                trouble.over()
            except NO_POSTGRESQL as error:
                trouble.begins(error)
                await trouble.pause()

    async def _write(self, batch: Sequence[WorkedTask], *, again: bool) -> None:
        now = self._queue.clock.now()
        try:
            async with self._queue.database.transaction() as connection:
                written = await task_work.finish(connection, self._host_id, batch, now)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            await self._write_apart(batch, error)
            return
        self._forget(batch)
        self.written += len(batch) - len(written.refused)
        if written.refused and not again:
            self.refused += len(written.refused)
            _log.warning("late_results_refused", tasks=len(written.refused), first=str(written.refused[0]))
        if written.ready:
            await self._queue.hint((ready.id, ready.agent_role, ready.priority) for ready in written.ready)

    async def _write_apart(self, batch: Sequence[WorkedTask], error: psycopg.Error) -> None:
        """One of them holds what PostgreSQL can't: each alone, and that one as a failure."""
        if len(batch) > 1:
            for worked in batch:
                await self._write([worked], again=False)
            return
        _log.warning("result_not_storable", task_id=str(batch[0].id), problem=str(error))
        message = "the result holds characters or numbers that can't be stored"
        failed = {"code": InternalError.code, "message": message, "attempt": batch[0].attempt}
        await self._write([batch[0]._replace(state=TaskState.FAILED, result=None, error=failed)], again=False)

    def _forget(self, batch: Sequence[WorkedTask]) -> None:
        for worked in batch:
            key = worked.id.int
            kept = self._waiting.get(key)
            if kept is not None and kept.attempt == worked.attempt:
                del self._waiting[key]
        if not self._waiting:
            self._some.clear()
            self._none.set()
