"""What an onlooker sees of pieces under way: which step of which piece runs, and whose process runs it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import psycopg

_CONNECT_SECONDS_MAX = 5
_UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]
_WORKFLOWS: LiteralString = (
    "SELECT w.workflow_uuid, w.status, w.executor_id, "
    "(SELECT array_agg(o.function_name ORDER BY o.function_id) FROM dbos.operation_outputs o "
    " WHERE o.workflow_uuid = w.workflow_uuid) AS steps "
    "FROM dbos.workflow_status w WHERE w.status = ANY(%s)"
)
_PLACES: LiteralString = "SELECT slot, host_id::text, place FROM executor_slot"


@dataclass(frozen=True, slots=True)
class WorkflowSeen:
    """An unfinished workflow of the durable engine: a piece's own, or that of one of its steps that went to a queue."""

    workflow_id: str
    status: str
    pid: int | None
    executor_id: str | None
    steps: tuple[str, ...]

    @property
    def content_id(self) -> UUID:
        return UUID(self.workflow_id.partition("/")[0])

    @property
    def part(self) -> str | None:
        """The name of the queued step that it does, None for the piece's own workflow."""
        return self.workflow_id.split("/")[1] if "/" in self.workflow_id else None


class Onlooker:
    """One connection of its own, opened again whenever the server was away."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def unfinished(self) -> list[WorkflowSeen] | None:
        """Every unfinished workflow, by its id; None while the server does not answer."""
        if (places := self._rows(_PLACES)) is None or (found := self._rows(_WORKFLOWS, _UNFINISHED)) is None:
            return None
        pids = {f"slot-{slot}/{host_id}": _pid_of(str(place)) for slot, host_id, place in places}
        return sorted(
            (
                WorkflowSeen(str(name), str(status), pids.get(str(executor)), _text(executor), _names(steps))
                for name, status, executor, steps in found
                if _is_piece(str(name))
            ),
            key=lambda seen: seen.workflow_id,
        )

    def ended(self, content_ids: Collection[UUID]) -> set[UUID] | None:
        """Those of the pieces whose workflows have ended; None while the server does not answer."""
        rows = self._rows(
            "SELECT workflow_uuid FROM dbos.workflow_status WHERE workflow_uuid = ANY(%s) AND NOT status = ANY(%s)",
            [str(content_id) for content_id in content_ids],
            _UNFINISHED,
        )
        return None if rows is None else {UUID(str(name)) for (name,) in rows}

    def tasks(self) -> dict[str, int]:
        """How many tasks are in each state."""
        rows = self._rows("SELECT state, count(*) FROM task GROUP BY state ORDER BY state")
        return {str(state): int(str(count)) for state, count in rows or []}

    def effects_left(self) -> int:
        """How many effects of published pieces were begun and not noted as done."""
        rows = self._rows(
            "SELECT count(*) FROM effect_intent JOIN content_pipeline c ON c.id = content_id "
            "WHERE state = 'prepared' AND c.stage = 'published'"
        )
        return int(str(rows[0][0])) if rows else 0

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _rows(self, query: LiteralString, *values: object) -> list[tuple[object, ...]] | None:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self.url, autocommit=True, connect_timeout=_CONNECT_SECONDS_MAX)
            return self._connection.execute(query, values).fetchall()
        except psycopg.errors.UndefinedTable:
            return []
        except psycopg.OperationalError:
            self.close()
            return None


def _names(steps: object) -> tuple[str, ...]:
    return tuple(str(name) for name in steps) if isinstance(steps, list) else ()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _is_piece(workflow_id: str) -> bool:
    try:
        UUID(workflow_id.partition("/")[0])
    except ValueError:
        return False
    return True


def _pid_of(place: str) -> int | None:
    number = place.rpartition(":")[2]
    return int(number) if number.isdigit() else None
