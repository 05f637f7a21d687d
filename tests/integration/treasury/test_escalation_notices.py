"""Being told by PostgreSQL that something was escalated or answered."""

import psycopg
import pytest

from chimera.core.errors import EngineUnavailable
from chimera.storage.escalation_notices import CHANNEL, escalation_notices


def notify(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_notify(%s, 'some transaction')", (CHANNEL,))


async def test_a_notice_ends_the_wait_also_one_from_before_it(database_url: str) -> None:
    async with escalation_notices(database_url) as notices:
        notify(database_url)
        assert await notices.wait(5.0)


async def test_without_a_notice_the_wait_ends_by_itself(database_url: str) -> None:
    async with escalation_notices(database_url) as notices:
        assert not await notices.wait(0.01)
        notify(database_url)
        assert await notices.wait(5.0)


async def test_a_lost_connection_is_said(database_url: str, owner_url: str) -> None:
    async with escalation_notices(database_url) as notices:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with pytest.raises(EngineUnavailable, match="chimera doctor"):
            await notices.wait(5.0)


async def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(EngineUnavailable, match="chimera doctor"):
        async with escalation_notices("postgresql://127.0.0.1:1/none"):
            pass
