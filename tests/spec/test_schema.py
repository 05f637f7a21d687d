"""Section 1's DDL stands in the first migration to the letter, and the database really has its columns and checks."""

from pathlib import Path

import psycopg
import pytest

from chimera.storage.database import Database
from chimera.storage.migrate import migrations

SECTION_1 = (Path(__file__).parent / "section_1.sql").read_text()


def test_the_first_migration_is_section_1_verbatim() -> None:
    assert migrations()[0].sql.endswith(SECTION_1)


COLUMNS = (
    "SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, "
    "is_nullable, replace(replace(column_default, 'bare.', ''), 'public.', '') "
    "FROM information_schema.columns WHERE table_schema = %s"
)
CONSTRAINTS = (
    "SELECT c.relname, k.contype::text, replace(replace(pg_get_constraintdef(k.oid), 'bare.', ''), 'public.', '') "
    "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.connamespace = %s::regnamespace"
)
INDEXES = (
    "SELECT tablename, indexname, replace(replace(indexdef, 'bare.', ''), 'public.', '') "
    "FROM pg_indexes WHERE schemaname = %s"
)


@pytest.mark.parametrize("query", [COLUMNS, CONSTRAINTS, INDEXES], ids=["columns", "constraints", "indexes"])
async def test_later_migrations_leave_section_1_as_it_is(owner_url: str, query: str) -> None:
    """What section 1 alone gives is all there after every migration; additions may stand beside it."""
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await connection.execute("CREATE SCHEMA bare")
        await connection.execute("SET search_path TO bare")
        await connection.execute(SECTION_1.encode())
        bare = set(await (await connection.execute(query.encode(), ("bare",))).fetchall())
        full = set(await (await connection.execute(query.encode(), ("public",))).fetchall())
    assert bare
    assert bare <= full


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO agents (role) VALUES ('king')",
        "INSERT INTO trends (topic, volume, sentiment_score, rising_velocity) VALUES ('x', -1, 0, 0)",
        "INSERT INTO trends (topic, volume, sentiment_score, rising_velocity) VALUES ('x', 1, 1.5, 0)",
        """INSERT INTO budget_tracking (period, category, limit_amount, spent_amount, period_start, period_end)
        VALUES ('daily', 'total', 10, 10.01, now(), now())""",
    ],
)
async def test_a_check_of_section_1_refuses(database: Database, statement: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        async with database.transaction() as connection:
            await connection.execute(statement.encode())
