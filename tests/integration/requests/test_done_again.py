"""What a request makes is there once, also where it was made before a crash and is asked for again."""

from typing import Any
from uuid import UUID

import pytest

from chimera.core.clock import FixedClock
from chimera.runtime.operations.operation import Call
from chimera.storage.database import Database
from factories_operations import OPERATOR, desk_on, operation_named

pytestmark = pytest.mark.engines
CREATED = UUID("0198c2a0-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("name", "table", "body", "made"),
    [
        ("agents.spawn", "agents", {"role": "artist", "count": 3}, 3),
        ("tasks.create", "task", {"kind": "noop"}, 1),
    ],
)
async def test_done_again_it_finds_what_it_made(
    database: Database, clock: FixedClock, name: str, table: str, body: dict[str, Any], made: int
) -> None:
    operation = operation_named(desk_on(database, clock), name)
    asked = operation.asks.model_validate(body)
    call = Call(OPERATOR, CREATED, created_id=CREATED)
    first, again = await operation(call, asked), await operation(call, asked)
    assert first == again
    async with database.transaction() as connection:
        row = await (await connection.execute(f"SELECT count(*) AS rows FROM {table}".encode())).fetchone()
    assert row is not None
    assert row["rows"] == made
