"""How a host gets its next tasks: by hints, claimed in batches; without Redis straight from the table."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from chimera.core.vocabulary import Priority, Role
from chimera.runtime.dispatch.hint_lists import Demand, Lines, Message
from chimera.runtime.dispatch.hints import Hint, MalformedHint, read_hint, read_lines
from chimera.runtime.dispatch.letters import DeadLetters
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.runtime.dispatch.trouble import NO_POSTGRESQL, NO_REDIS, REDIS_SECONDS_MAX, Trouble
from chimera.runtime.dispatch.turns import Turns, share
from chimera.storage.records import task_waiting, task_work
from chimera.storage.records.task import TaskRecord
from chimera.storage.records.task_need import ReadyTask
from chimera.storage.records.task_work import Unclaimed

LEASE = timedelta(seconds=20)
"""Renewed every five seconds; what a dead host held is taken up by others within half a minute."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """The tasks this host now holds. `more`: it is worth asking again at once. `addressed`: hints named such tasks."""

    tasks: Sequence[TaskRecord]
    more: bool
    addressed: bool = False


class Claims:
    """The claims of one host. One at a time: an answer that was lost is looked up before the next one."""

    def __init__(
        self, host_id: UUID, queue: TaskQueue, roles: frozenset[Role], letters: DeadLetters, lease: timedelta
    ) -> None:
        self._host_id = host_id
        self._queue = queue
        self._letters = letters
        self._lease = lease
        self._turns = {role: Turns() for role in roles}
        self._redis = Trouble("Redis", "hints")
        self._wrong_lists: frozenset[str] = frozenset()

    @property
    def polls(self) -> bool:
        """Whether hints can't be relied on now, so that the table has to be asked."""
        return self._redis.there or bool(self._wrong_lists)

    async def wait(self, roles: Iterable[Role], seconds: float) -> Message | None:
        """The next message for these roles, or None after so long or when Redis is away."""
        try:
            return await self._queue.lists.wait(roles, seconds, self._wrong_lists)
        except NO_REDIS as error:
            self._redis.begins(error)
            return None

    async def next(self, idle: Mapping[Role, int], arrived: Sequence[Message]) -> Claimed:
        """Claim what idle agents (by role) can begin now; `arrived` was taken by `wait` before.

        Raises what PostgreSQL's absence raises; hints in hand are put back then.
        """
        if not self._redis.worth_trying:
            return await self._from_table(idle)
        try:
            async with asyncio.timeout(REDIS_SECONDS_MAX):
                taken = await self._queue.lists.take(self._demands(idle))
        except NO_REDIS as error:
            self._redis.begins(error)
            return await self._from_table(idle)
        self._redis.over()
        self._note_wrong(taken.wrong_lists)
        hints = self._read([*arrived, *taken.others])
        for lines in taken.lines:
            hints += self._read_lines(lines)
        now, surplus = fitting(hints, idle)
        if surplus:
            await self._put_back(surplus)
        claimed = await self._claim(now) if now else Claimed((), more=False)
        if self._wrong_lists and len(claimed.tasks) < sum(idle.values()):
            left = {
                role: count - sum(task.agent_role is role for task in claimed.tasks) for role, count in idle.items()
            }
            found = await self._from_table(left)
            claimed = Claimed([*claimed.tasks, *found.tasks], more=False, addressed=claimed.addressed)
        return Claimed(claimed.tasks, taken.more or bool(now), claimed.addressed)

    async def give_back_messages(self, messages: Sequence[Message]) -> None:
        """Put messages that `wait` took back, unused."""
        await self._put_back(self._read(messages))

    def _demands(self, idle: Mapping[Role, int]) -> dict[Role, Demand]:
        return {role: Demand(count, self._turns[role].reserved(count)) for role, count in idle.items() if count > 0}

    def _read(self, messages: Iterable[Message]) -> list[Hint]:
        hints = []
        for message in messages:
            try:
                hints.append(read_hint(message.body, message.priority))
            except MalformedHint as error:
                self._letters.refuse_message(message, str(error))
        return hints

    def _read_lines(self, lines: Lines) -> Sequence[Hint]:
        hints = read_lines(lines.text, lines.messages, lines.priority)
        return self._read(lines.apart()) if hints is None else hints

    async def _put_back(self, hints: Iterable[Hint]) -> None:
        try:
            async with asyncio.timeout(REDIS_SECONDS_MAX):
                await self._queue.lists.put_back(hints)
        except NO_REDIS as error:
            self._redis.begins(error)

    async def _claim(self, hints: Sequence[Hint]) -> Claimed:
        roles = {hint.task_id: hint.agent_role for hint in hints}
        now = self._queue.clock.now()
        try:
            async with self._queue.database.transaction() as connection:
                tasks = await task_work.claim(connection, roles, self._host_id, now, self._lease)
                missing = _missing(hints, tasks) if len(tasks) < len(hints) else {}
                rows = await task_work.unclaimed(connection, list(missing)) if missing else {}
        except NO_POSTGRESQL:
            await self._put_back(hints)
            raise
        self._note_turns(tasks)
        for task_id, hint in missing.items():
            self._judge_unclaimed(hint, rows.get(task_id))
        return Claimed(tasks, more=True, addressed=any(row.agent_id for row in rows.values()))

    def _judge_unclaimed(self, hint: Hint, row: Unclaimed | None) -> None:
        """A hint may come twice, late or early; one for nothing, or for another role, is told to a person."""
        if row is None:
            self._letters.refuse_hint(hint, "there is no such task")
        elif row.agent_role is not hint.agent_role:
            self._letters.refuse_hint(hint, f"the task is for a {row.agent_role}, not for a {hint.agent_role}")

    async def _from_table(self, idle: Mapping[Role, int]) -> Claimed:
        wanted = {role: count for role, count in idle.items() if count > 0}
        if not wanted:
            return Claimed((), more=False)
        now = self._queue.clock.now()
        async with self._queue.database.transaction() as connection:
            found = await task_waiting.waiting(connection, wanted, now)
            roles = {ready.id: ready.agent_role for ready in self._chosen(found, wanted)}
            tasks = await task_work.claim(connection, roles, self._host_id, now, self._lease) if roles else []
        self._note_turns(tasks)
        return Claimed(tasks, more=False)

    def _chosen(self, found: Sequence[ReadyTask], wanted: Mapping[Role, int]) -> list[ReadyTask]:
        lists: dict[Role, dict[Priority, list[ReadyTask]]] = {role: {} for role in wanted}
        for ready in found:
            lists[ready.agent_role].setdefault(ready.priority, []).append(ready)
        chosen = []
        for role, by_priority in lists.items():
            amounts = share({word: len(tasks) for word, tasks in by_priority.items()}, wanted[role], self._turns[role])
            for priority, tasks in by_priority.items():
                chosen += tasks[: amounts[priority]]
        return chosen

    def _note_turns(self, tasks: Sequence[TaskRecord]) -> None:
        counts: dict[Role, dict[Priority, int]] = {}
        for task in tasks:
            of_role = counts.setdefault(task.agent_role, {})
            of_role[task.priority] = of_role.get(task.priority, 0) + 1
        for role, of_role in counts.items():
            self._turns[role].taken(of_role)

    def _note_wrong(self, wrong: frozenset[str]) -> None:
        for name in sorted(wrong - self._wrong_lists):
            _log.warning("task_list_unusable", key=name, problem="it is no list: delete the key; tasks are polled")
        for name in sorted(self._wrong_lists - wrong):
            _log.info("task_list_usable", key=name)
        self._wrong_lists = wrong


def _missing(hints: Iterable[Hint], tasks: Iterable[TaskRecord]) -> dict[UUID, Hint]:
    """The hints, by task, that are none of these tasks."""
    claimed = {task.id for task in tasks}
    by_id = {UUID(hint.task_id): hint for hint in hints}
    return {task_id: hint for task_id, hint in by_id.items() if task_id not in claimed}


def fitting(hints: Sequence[Hint], idle: Mapping[Role, int]) -> tuple[list[Hint], list[Hint]]:
    """The hints that idle agents (by role) can take now, and those for which there is none."""
    left = dict(idle)
    now, surplus = [], []
    for hint in hints:
        if left.get(hint.agent_role, 0) > 0:
            left[hint.agent_role] -= 1
            now.append(hint)
        else:
            surplus.append(hint)
    return now, surplus
