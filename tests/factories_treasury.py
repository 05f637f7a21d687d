"""A treasury on a real PostgreSQL, with a spender and a CFO registered, and requests to put to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4

from nacl.signing import SigningKey
from redis.asyncio import Redis

from chimera.contracts.approval import ApprovalRequest
from chimera.core.clock import FixedClock
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, RequestType, Role
from chimera.storage.database import Database
from chimera.storage.records import agents, ledger
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.treasury import Treasury

TOTALS = {
    BudgetPeriod.DAILY: Decimal("1000.00"),
    BudgetPeriod.WEEKLY: Decimal("5000.00"),
    BudgetPeriod.MONTHLY: Decimal("20000.00"),
}


opened: list[Treasury] = []
"""Closed after each test."""


@dataclass
class Office:
    """Everything a treasury is opened with; `limits` may be changed by a test as a restart with new settings would."""

    clock: FixedClock
    redis: Redis
    key: SigningKey
    cfo: UUID
    spender: UUID
    limits: dict[tuple[BudgetPeriod, BudgetCategory], Decimal] = field(default_factory=dict)
    hurdle_rate: Decimal = Decimal("1.5")
    _topics: Iterator[int] = field(default_factory=lambda: count(1))

    def limit(self, period: BudgetPeriod, category: BudgetCategory) -> Decimal:
        return self.limits.get((period, category), TOTALS[period])

    def treasury(self, database: Database, *, key: SigningKey | None = None) -> Treasury:
        treasury = Treasury(
            database=database,
            redis=self.redis,
            clock=self.clock,
            key=key or self.key,
            cfo_agent_id=self.cfo,
            policy=SpendingPolicy(self.limit, self.hurdle_rate),
        )
        opened.append(treasury)
        return treasury

    def set_total(self, period: BudgetPeriod, amount: str) -> None:
        for category in BudgetCategory:
            self.limits[period, category] = Decimal(amount)

    def request(self, cost: str = "15.00", *, roi: str = "2.5", **changes: object) -> ApprovalRequest:
        fields: Mapping[str, object] = {
            "request_id": uuid4(),
            "agent_id": self.spender,
            "request_type": RequestType.API_CALL,
            "request_cost": Decimal(cost),
            "projected_roi": Decimal(roi),
            "justification": f"Generate viral video for trending topic {next(self._topics)}",
        }
        return ApprovalRequest.model_validate({**fields, **changes})


async def open_office(database: Database, clock: FixedClock, redis: Redis | None = None) -> Office:
    """Agents registered, nothing decided yet; without `redis` nothing listens where the view is written."""
    async with database.transaction() as connection:
        cfo = await agents.ensure(connection, Role.CFO, [], uuid4())
        spender = await agents.ensure(connection, Role.ARTIST, [], uuid4())
    return Office(clock, redis or Redis(host="127.0.0.1", port=1), SigningKey(bytes(range(32))), cfo, spender)


async def register_spender(database: Database) -> UUID:
    """One more agent that may ask for money."""
    agent_id = uuid4()
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO agents (id, role) VALUES (%s, 'worker')", (agent_id,))
    return agent_id


async def rows_of(database: Database) -> int:
    """How many rows the ledger holds."""
    async with database.transaction() as connection:
        return await ledger.count(connection)
