"""Where the treasury is measured: new databases on one server, the same agents in each, limits that do not bind."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from nacl.signing import SigningKey

from chimera.bench.treasury.traffic import Traffic
from chimera.core.clock import SystemClock
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, Role
from chimera.storage.access import prepare_database
from chimera.storage.database import connect_writer
from chimera.storage.scratch import add_agents, database_name, scratch_database, settle_down
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.writing.clerk import Clerk

LIMIT_USD = Decimal("99999999.99")
"""The most that `budget_tracking` holds."""
HURDLE_RATE = Decimal("1.5")


@dataclass(frozen=True, slots=True)
class Ground:
    """A server with a migrated template; `traffic`'s agents are registered in every database made from it."""

    server_url: str
    template: str
    traffic: Traffic
    key: SigningKey

    @contextmanager
    def database(self) -> Iterator[str]:
        """The url of a new database, for the application's role."""
        with scratch_database(self.server_url, self.template) as url:
            with connect_writer(url) as connection:
                settle_down(connection)
            yield asyncio.run(prepare_database(url)).application_url

    def clerk(self, limit: Decimal = LIMIT_USD) -> Clerk:
        """One that has met nobody yet."""
        return Clerk(
            clock=SystemClock(),
            key=self.key,
            cfo_agent_id=self.traffic.cfo,
            policy=policy(limit),
            random_bytes=os.urandom,
        )


@contextmanager
def open_ground(server_url: str, traffic: Traffic) -> Iterator[Ground]:
    """Migrate a template on the server, and register everybody in it."""
    with scratch_database(server_url) as url:
        asyncio.run(prepare_database(url))
        add_agents(url, [(traffic.cfo, Role.CFO.value), *((agent, Role.WORKER.value) for agent in traffic.agents)])
        yield Ground(server_url, database_name(url), traffic, SigningKey.generate())


def policy(limit: Decimal = LIMIT_USD) -> SpendingPolicy:
    """The same limit on every line."""

    def limit_of(_period: BudgetPeriod, _category: BudgetCategory) -> Decimal:
        return limit

    return SpendingPolicy(limit_of, HURDLE_RATE)
