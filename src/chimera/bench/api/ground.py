"""Where the outside door is measured: a database with section 6's volumes, and the ledger in the past, so that no
current budget line is charged with it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from chimera.core.clock import Clock
from chimera.storage.access import prepare_database
from chimera.storage.database import connect_writer
from chimera.storage.scratch import scratch_database, settle_down
from chimera.storage.scratch_volumes import Volumes, fill

FULL = Volumes(agents=1_000, trends=100_000, content=100_000, videos=100_000, ledger=1_000_000)
LEDGER_AGE = timedelta(days=100)
"""A million rows five seconds apart end before the current month begins."""
FILL_STATEMENT_SECONDS_MAX = 600


@contextmanager
def full_database(server_url: str, clock: Clock, volumes: Volumes = FULL) -> Iterator[str]:
    """The url of a new database with these volumes, for the application's role; dropped when the block ends."""
    with scratch_database(server_url) as url:
        application_url = asyncio.run(prepare_database(url)).application_url
        fill_database(url, clock, volumes)
        yield application_url


def fill_database(owner_url: str, clock: Clock, volumes: Volumes) -> None:
    """Fill a migrated database whose tables are empty."""
    now = clock.now()
    with connect_writer(owner_url) as connection:
        connection.execute(f"SET statement_timeout = '{FILL_STATEMENT_SECONDS_MAX}s'")
        fill(connection, volumes, until=now, ledger_since=now - LEDGER_AGE)
        settle_down(connection)
