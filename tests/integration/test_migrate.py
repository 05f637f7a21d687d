"""Migrations apply once, whole, and give the specification's schema."""

from chimera.storage.database import Database
from chimera.storage.migrate import migrate, migrations


async def test_a_second_migration_run_changes_nothing(empty_database_url: str) -> None:
    assert await migrate(empty_database_url) == len(migrations())
    assert await migrate(empty_database_url) == 0


async def test_the_six_tables_of_section_1_exist(database: Database) -> None:
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {row["tablename"] for row in await cursor.fetchall()}
    assert tables >= {"agents", "trends", "content_pipeline", "video_metadata", "ledger", "budget_tracking"}
