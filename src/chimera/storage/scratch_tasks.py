"""Tasks for measurements: many rows at once, and the barest claim of them that PostgreSQL allows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg

from chimera.core.vocabulary import Priority, Role, TaskKind

_COPY = (
    "COPY task (id, kind, agent_role, priority, payload, state, not_before, created_at, hinted_at) "
    "FROM STDIN WITH (FORMAT text)"
)
_CLAIM = (
    "UPDATE task SET state = 'running', attempt = attempt + 1, host_id = %s, lease_until = now() + interval '60 s' "
    "WHERE id IN (SELECT id FROM task WHERE state = 'queued' LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id"
)
_FINISH = (
    "UPDATE task SET state = 'done', host_id = NULL, lease_until = NULL, finished_at = now() "
    "WHERE id = ANY(%s) AND state = 'running'"
)


def add_noops(url: str, ids: Sequence[UUID], *, priority: Priority = Priority.NORMAL, hinted: bool = False) -> None:
    """Queue a no-op for a worker under each id; with `hinted` as if its hint had just been pushed."""
    at = datetime.now(UTC).isoformat()
    with psycopg.connect(url) as connection, connection.cursor().copy(_COPY) as copy:
        for task_id in ids:
            copy.write_row(
                (task_id, TaskKind.NOOP, Role.WORKER, priority, "{}", "queued", at, at, at if hinted else None)
            )


def claim_and_finish(url: str, batch: int) -> int:
    """Take all queued tasks in batches and finish each batch: two statements and two commits a batch, nothing else.

    Answers how many there were.
    """
    host_id, done = uuid4(), 0
    with psycopg.connect(url, autocommit=True) as connection:
        while rows := connection.execute(_CLAIM, (host_id, batch)).fetchall():
            connection.execute(_FINISH, ([task_id for (task_id,) in rows],))
            done += len(rows)
    return done


def states(url: str) -> dict[str, int]:
    """How many tasks are in each state."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT state, count(*) FROM task GROUP BY state").fetchall())


def dead_letters(url: str) -> int:
    """How many there are."""
    with psycopg.connect(url) as connection:
        return len(connection.execute("SELECT 1 FROM dead_letter").fetchall())
