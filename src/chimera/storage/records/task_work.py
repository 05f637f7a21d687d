"""Table `task`, being worked on: claims, leases and ends, each in one statement for many tasks.

A running row belongs to one attempt of one host. Nothing else may change it, except expiry and a person who cancels.

Statements for many tasks are planned anew each time: a plan kept from when the table was small goes through all of it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from chimera.core.vocabulary import Priority, Role, TaskState
from chimera.storage.array_text import array_text, uuid_array
from chimera.storage.database import Connection
from chimera.storage.records import dead_letter
from chimera.storage.records.dead_letter import DeadLetter
from chimera.storage.records.task import TaskRecord
from chimera.storage.records.task_need import ReadyTask, cancel_dependents, release

EXPIRED_AT_ONCE = 1_000
HOST_LOST = {"code": "AGENT_OFFLINE", "message": "the process that worked on it stopped answering"}
_CLAIMED_COLUMNS = (
    "task.id, task.kind, task.agent_role, task.priority, task.agent_id, NULLIF(task.payload, '{}'), task.attempt, "
    "task.attempts_max, task.not_before, task.worked_by, task.objective_id, task.objective_version, task.content_id, "
    "task.result, task.review, task.error, task.created_at"
)
_ROLES = {role.value: role for role in Role}
_PRIORITIES = {priority.value: priority for priority in Priority}
_BAD_ENDS = (TaskState.FAILED, TaskState.DEAD, TaskState.CANCELLED)


class WorkedTask(NamedTuple):
    """What an attempt came to. `result` is JSON text; `not_before` is when a queued one may be tried again, and None
    leaves it as it is.

    One that does not count gets another instead; its number stays, it is the fence and only grows.
    """

    id: UUID
    attempt: int
    state: TaskState
    result: str | None
    error: dict[str, Any] | None
    not_before: datetime | None
    worked_by: UUID | None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Why a hinted task was not claimed: what its row says."""

    id: UUID
    state: TaskState
    agent_role: Role
    agent_id: UUID | None
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """The tasks that were not ended, since they belonged to somebody else by then; and what the others made ready."""

    refused: Sequence[UUID]
    ready: Sequence[ReadyTask]


async def claim(
    connection: Connection,
    hinted: Mapping[UUID, Role] | Mapping[str, Role],
    host_id: UUID,
    now: datetime,
    lease: timedelta,
) -> list[TaskRecord]:
    """Begin the next attempt of those that are queued, due, of the hinted role and addressed to no single agent."""
    return await _claim(connection, hinted, (), host_id, now, lease)


async def claim_addressed(
    connection: Connection,
    agents: Mapping[UUID, UUID],
    roles: Mapping[UUID, Role],
    host_id: UUID,
    now: datetime,
    lease: timedelta,
) -> list[TaskRecord]:
    """The same for tasks addressed to the agents given by task, which this host has just taken for them."""
    return await _claim(connection, roles, [agents[task_id] for task_id in roles], host_id, now, lease)


async def _claim(
    connection: Connection,
    roles: Mapping[UUID, Role] | Mapping[str, Role],
    agents: Iterable[UUID],
    host_id: UUID,
    now: datetime,
    lease: timedelta,
) -> list[TaskRecord]:
    """Each row is looked up by its id alone: `state || ''` keeps the planner from going through all queued ones.

    Without `agents` they are unnested to NULLs.
    """
    until = now + lease
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(
            "WITH hinted AS (SELECT * FROM unnest(%(ids)s::uuid[], %(roles)s::text[], %(agents)s::uuid[]) "
            "AS given(id, role, agent_id)), "
            "free AS MATERIALIZED (SELECT held.id FROM hinted CROSS JOIN LATERAL (SELECT task.id FROM task "
            "WHERE task.id = hinted.id AND task.state || '' = 'queued' AND task.not_before <= %(now)s "
            "AND task.agent_role = hinted.role AND task.agent_id IS NOT DISTINCT FROM hinted.agent_id "
            "FOR UPDATE SKIP LOCKED) AS held) "
            "UPDATE task SET state = 'running', attempt = attempt + 1, lease_until = %(until)s, host_id = %(host)s, "
            f"updated_at = %(now)s WHERE task.id = ANY(ARRAY(SELECT id FROM free)) RETURNING {_CLAIMED_COLUMNS}",
            {
                "ids": array_text(map(str, roles)),
                "roles": array_text(roles.values()),
                "agents": array_text(map(str, agents)),
                "now": now,
                "until": until,
                "host": host_id,
            },
            prepare=False,
        )
        return list(map(_claimed(host_id, until), await cursor.fetchall()))


def _claimed(host_id: UUID, lease_until: datetime) -> Callable[[tuple[Any, ...]], TaskRecord]:
    """Makes records of `_CLAIMED_COLUMNS`; the others are what the claim has just written."""

    def record(values: tuple[Any, ...]) -> TaskRecord:
        task_id, kind, role, priority, agent_id, payload, attempt, attempts_max, not_before, *more = values
        held = (TaskState.RUNNING, attempt, attempts_max, not_before, lease_until, host_id)
        return TaskRecord._make(
            (task_id, kind, _ROLES[role], _PRIORITIES[priority], agent_id, payload or {}, *held, *more, None)
        )

    return record


async def unclaimed(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Unclaimed]:
    """What the rows of these say; one without a row is left out."""
    cursor = await connection.execute(
        "SELECT id, state, agent_role, agent_id, not_before FROM task WHERE id = ANY(%s)", (list(ids),)
    )
    return {
        row["id"]: Unclaimed(
            row["id"], TaskState(row["state"]), Role(row["agent_role"]), row["agent_id"], row["not_before"]
        )
        for row in await cursor.fetchall()
    }


async def finish(connection: Connection, host_id: UUID, worked: Sequence[WorkedTask], now: datetime) -> Written:
    """End these attempts if they are still this host's; what they held up is queued or cancelled along with it."""
    await _look_up_by_id(connection)
    cursor = connection.cursor(row_factory=tuple_row)
    await cursor.execute(
        "UPDATE task SET state = given.state, result = NULLIF(given.result, 'null'), "
        "error = NULLIF(given.error, 'null'), "
        "attempts_max = LEAST(attempts_max + CASE WHEN given.counts THEN 0 ELSE 1 END, 100), "
        "not_before = COALESCE(given.not_before, task.not_before), worked_by = given.worked_by, "
        "lease_until = NULL, host_id = NULL, hinted_at = NULL, updated_at = %(now)s, "
        "finished_at = CASE WHEN given.state IN ('done', 'failed', 'dead', 'cancelled') THEN %(now)s::timestamptz END "
        "FROM ROWS FROM (unnest(%(ids)s::uuid[], %(attempts)s::int[], %(states)s::text[], %(agents)s::uuid[], "
        "%(not_before)s::timestamptz[], %(counts)s::bool[]), jsonb_array_elements(%(results)s::jsonb), "
        "jsonb_array_elements(%(errors)s::jsonb)) WITH ORDINALITY "
        "AS given(id, attempt, state, worked_by, not_before, counts, result, error, place) "
        "WHERE task.id = given.id AND task.attempt = given.attempt AND task.host_id = %(host)s "
        "AND task.state || '' = 'running' RETURNING given.place",
        {
            "now": now,
            "host": host_id,
            "ids": uuid_array([task.id for task in worked]),
            "attempts": array_text([str(task.attempt) for task in worked]),
            "states": array_text([task.state for task in worked]),
            "agents": array_text([task.worked_by.hex if task.worked_by else "NULL" for task in worked]),
            "not_before": array_text([task.not_before.isoformat() if task.not_before else "NULL" for task in worked]),
            "counts": array_text(["t" if task.counts else "f" for task in worked]),
            "results": f"[{','.join([task.result or 'null' for task in worked])}]",
            "errors": json.dumps([task.error for task in worked]),
        },
        prepare=False,
    )
    ended = {place for (place,) in await cursor.fetchall()}
    mine = worked if len(ended) == len(worked) else [task for place, task in enumerate(worked, 1) if place in ended]
    refused = [] if mine is worked else [task.id for place, task in enumerate(worked, 1) if place not in ended]
    return Written(refused, await _after_end(connection, [(task.id, task.state) for task in mine], now))


async def renew(
    connection: Connection, host_id: UUID, running: Mapping[UUID, int], now: datetime, lease: timedelta
) -> frozenset[UUID]:
    """Prolong the leases of these attempts (by task); answers those that are still this host's."""
    await _look_up_by_id(connection)
    cursor = await connection.execute(
        "UPDATE task SET lease_until = %s FROM unnest(%s::uuid[], %s::int[]) AS given(id, attempt) "
        "WHERE task.id = given.id AND task.attempt = given.attempt AND task.host_id = %s "
        "AND task.state || '' = 'running' RETURNING task.id",
        (now + lease, list(running), list(running.values()), host_id),
        prepare=False,
    )
    return frozenset(row["id"] for row in await cursor.fetchall())


async def give_back(
    connection: Connection, host_id: UUID, running: Mapping[UUID, int], now: datetime
) -> list[ReadyTask]:
    """Queue these attempts (by task) again; they count as none. The number stays: it is the fence, and only grows."""
    cursor = await connection.execute(
        "UPDATE task SET state = 'queued', attempts_max = LEAST(attempts_max + 1, 100), lease_until = NULL, "
        "host_id = NULL, hinted_at = %s, updated_at = %s FROM unnest(%s::uuid[], %s::int[]) AS given(id, attempt) "
        "WHERE task.id = given.id AND task.attempt = given.attempt AND task.host_id = %s AND task.state = 'running' "
        "RETURNING task.id, task.agent_role, task.priority",
        (now, now, list(running), list(running.values()), host_id),
    )
    return [ReadyTask(row["id"], Role(row["agent_role"]), Priority(row["priority"])) for row in await cursor.fetchall()]


async def unknown_running(connection: Connection, host_id: UUID, known: Sequence[UUID]) -> dict[UUID, int]:
    """Attempts by task that run in this host's name and that it does not know of: a claim whose answer was lost."""
    cursor = await connection.execute(
        "SELECT id, attempt FROM task WHERE state = 'running' AND host_id = %s AND NOT id = ANY(%s)",
        (host_id, list(known)),
    )
    return {row["id"]: row["attempt"] for row in await cursor.fetchall()}


async def expire(connection: Connection, now: datetime) -> list[TaskState]:
    """Take tasks from hosts whose lease is over: queued again, or dead after their last attempt."""
    cursor = await connection.execute(
        "WITH late AS (SELECT id FROM task WHERE state = 'running' AND lease_until < %(now)s "
        "ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED) "
        "UPDATE task SET state = CASE WHEN attempt >= attempts_max THEN 'dead' ELSE 'queued' END, "
        "error = %(error)s, lease_until = NULL, host_id = NULL, hinted_at = NULL, updated_at = %(now)s, "
        "finished_at = CASE WHEN attempt >= attempts_max THEN %(now)s::timestamptz END "
        "FROM late WHERE task.id = late.id RETURNING task.id, task.state",
        {"now": now, "limit": EXPIRED_AT_ONCE, "error": Jsonb(HOST_LOST)},
    )
    ended = [(row["id"], TaskState(row["state"])) for row in await cursor.fetchall()]
    await _after_end(connection, ended, now)
    return [state for _, state in ended]


async def cancel(connection: Connection, task_id: UUID, reason: str, now: datetime) -> bool:
    """Cancel a task that has not ended, and whatever needs it; False if there is none."""
    cursor = await connection.execute(
        "UPDATE task SET state = 'cancelled', error = %s, lease_until = NULL, host_id = NULL, updated_at = %s, "
        "finished_at = %s WHERE id = %s AND state IN ('blocked', 'queued', 'running', 'review', 'waiting')",
        (Jsonb({"code": "CANCELLED", "message": reason}), now, now, task_id),
    )
    if cursor.rowcount == 0:
        return False
    await cancel_dependents(connection, [task_id], now)
    return True


async def retry(connection: Connection, task_id: UUID, now: datetime) -> ReadyTask | None:
    """Queue a task that was given up or failed for one more attempt; None if it stands otherwise."""
    cursor = await connection.execute(
        "UPDATE task SET state = 'queued', attempts_max = LEAST(GREATEST(attempts_max, attempt + 1), 100), "
        "not_before = %s, hinted_at = %s, finished_at = NULL, updated_at = %s "
        "WHERE id = %s AND state IN ('dead', 'failed') RETURNING id, agent_role, priority",
        (now, now, now, task_id),
    )
    row = await cursor.fetchone()
    return None if row is None else ReadyTask(row["id"], Role(row["agent_role"]), Priority(row["priority"]))


async def _look_up_by_id(connection: Connection) -> None:
    """For the rest of the transaction rows are found by an index. Along with `state || ''`, which no index knows, that
    leaves their ids: the index of running rows holds those that ended long ago too, and would be read for each task."""
    await connection.execute("SET LOCAL enable_seqscan = off")


async def _after_end(connection: Connection, ended: Sequence[tuple[UUID, TaskState]], now: datetime) -> list[ReadyTask]:
    """Dead letters for the dead; the tasks behind the ended ones are queued or cancelled."""
    if dead := [task_id for task_id, state in ended if state is TaskState.DEAD]:
        cursor = await connection.execute(
            "SELECT id, agent_role, priority, error FROM task WHERE id = ANY(%s)", (dead,)
        )
        await dead_letter.add_all(connection, [_letter(row, now) for row in await cursor.fetchall()])
    if lost := [task_id for task_id, state in ended if state in _BAD_ENDS]:
        await cancel_dependents(connection, lost, now)
    done = [task_id for task_id, state in ended if state is TaskState.DONE]
    return await release(connection, done, now) if done else []


def _letter(row: Mapping[str, Any], now: datetime) -> DeadLetter:
    error = row["error"] or {}
    return DeadLetter(
        id=uuid5(row["id"], f"dead/{now.isoformat()}"),
        queue=f"task_queue:{row['priority']}",
        message=f'{{"task_id": "{row["id"]}", "agent_role": "{row["agent_role"]}"}}',
        reason=f"given up after its attempts: {error.get('code', '')} {error.get('message', '')}".strip(),
        task_id=row["id"],
        created_at=now,
    )
