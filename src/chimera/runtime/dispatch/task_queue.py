"""Where tasks are handed in: rows first, in one transaction, then hints."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import psycopg
import structlog
from redis.asyncio import Redis

from chimera.core.clock import Clock
from chimera.core.errors import AgentOffline, ValidationFailed
from chimera.core.vocabulary import Priority, Role, TaskState
from chimera.runtime.dispatch.graph import beginnings
from chimera.runtime.dispatch.hint_lists import HintLists
from chimera.runtime.dispatch.trouble import NO_REDIS, REDIS_SECONDS_MAX
from chimera.storage.database import Connection, Database
from chimera.storage.records import task, task_waiting
from chimera.storage.records.task import AddedTask, NewTask
from chimera.telemetry.trace import with_trace

_log = structlog.get_logger(__name__)


class TaskQueue:
    """The queue of tasks, for whoever makes them."""

    def __init__(self, database: Database, redis: Redis, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.lists = HintLists(redis)
        self._unhinted = False

    async def submit(self, tasks: Sequence[NewTask]) -> None:
        """Keep the tasks and hint those that can begin; a task whose id is there already is left as it is.

        One that needs a task that ended badly is cancelled at once.

        Raises:
            AgentOffline: one is addressed to an agent that is not at work.
            ValidationFailed: what they need, or what they carry, can't be.
        """
        if not tasks:
            return
        tasks = [replace(new, payload=with_trace(new.payload)) for new in tasks]
        now = self.clock.now()
        try:
            async with self.database.transaction() as connection:
                await _check_addresses(connection, tasks)
                needed = {need for new in tasks for need in new.needs}
                known = await task.held_states(connection, {*needed, *(new.id for new in tasks)}) if needed else {}
                added = beginnings(tasks, known)
                new = await task.add_all(connection, added, now)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise ValidationFailed(f"a task can't be kept: {error}".splitlines()[0]) from error
        await self.hint(_ready(entry.task) for entry in added if entry.task.id in new and _is_due(entry, now))

    async def hint(self, tasks: Iterable[tuple[UUID, Role, Priority]]) -> None:
        """Tell whoever waits that these are queued. Without Redis they are found in their table."""
        try:
            async with asyncio.timeout(REDIS_SECONDS_MAX):
                wrong = await self.lists.push(tasks)
        except NO_REDIS as error:
            self._note_unhinted(str(error) or type(error).__name__)
            return
        if wrong:
            self._note_unhinted(f"{', '.join(sorted(wrong))} is no list: delete the key")
        else:
            self._unhinted = False

    def _note_unhinted(self, problem: str) -> None:
        if not self._unhinted:
            _log.warning("tasks_not_hinted", problem=problem)
        self._unhinted = True


def _ready(new: NewTask) -> tuple[UUID, Role, Priority]:
    return new.id, new.agent_role, new.priority


def _is_due(entry: AddedTask, now: datetime) -> bool:
    return entry.state is TaskState.QUEUED and entry.task.not_before <= now


async def _check_addresses(connection: Connection, tasks: Sequence[NewTask]) -> None:
    addressed = [new for new in tasks if new.agent_id is not None]
    if not addressed:
        return
    at_work = await task_waiting.agents_at_work(connection, {new.agent_id for new in addressed if new.agent_id})
    for new in addressed:
        role = at_work.get(new.agent_id) if new.agent_id else None
        if role is None:
            raise AgentOffline(
                f"the agent {new.agent_id} is not at work: leave it out, or see `chimera agents list`",
                {"agent_id": str(new.agent_id)},
            )
        if role is not new.agent_role:
            raise ValidationFailed(
                f"the agent {new.agent_id} is a {role}, the task is for a {new.agent_role}", {"field": "agent_id"}
            )
