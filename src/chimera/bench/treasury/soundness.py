"""What must hold after all the haste: no line overspent, books equal to the rows, repeated requests answered alike."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from redis.asyncio import Redis

from chimera.bench.treasury.ground import LIMIT_USD, Ground, policy
from chimera.bench.treasury.latency import HOLD_FOR, in_flight
from chimera.contracts.approval import ApprovalRequest
from chimera.contracts.ledger import VerificationReport
from chimera.core.clock import SystemClock
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import open_database
from chimera.treasury.treasury import Treasury

TIGHT_USD = Decimal("20.00")
_ASKERS = 256


@dataclass(frozen=True, slots=True)
class TightCap:
    """What was approved under a cap that does not suffice for all."""

    approved_usd: Decimal
    refused: int
    overspend_usd: Decimal


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification of the whole ledger, and what it took."""

    report: VerificationReport
    seconds: float
    cpu_seconds: float


@asynccontextmanager
async def open_treasury(
    ground: Ground, url: str, redis_url: str, limit: Decimal = LIMIT_USD
) -> AsyncIterator[Treasury]:
    """A treasury on this database, with the same limit on every line."""
    async with (
        open_database(url) as database,
        Redis.from_url(redis_url) as redis,
        Treasury(
            database=database,
            redis=redis,
            clock=SystemClock(),
            key=ground.key,
            cfo_agent_id=ground.traffic.cfo,
            policy=policy(limit),
        ) as treasury,
    ):
        yield treasury


async def overspend_usd(treasury: Treasury, approved_usd: Decimal) -> Decimal:
    """By how much any line, or the rows that the ledger approved today, are above their limit."""
    lines = await treasury.budgets()
    over = [line.spent - line.limit for line in lines]
    over += [
        approved_usd - line.limit
        for line in lines
        if (line.period, line.category) == (BudgetPeriod.DAILY, BudgetCategory.TOTAL)
    ]
    return max(Decimal("0.00"), *over)


async def repeats_differ(treasury: Treasury, requests: Sequence[ApprovalRequest]) -> int:
    """Ask everything twice; how many second answers have another signature or verdict."""
    first, again = [
        await asyncio.gather(*(treasury.decide(request, hold_for=HOLD_FOR) for request in requests)) for _ in range(2)
    ]
    return sum(
        (one.approval_signature, one.approved) != (other.approval_signature, other.approved)
        for one, other in zip(first, again, strict=True)
    )


async def verified(treasury: Treasury) -> Verified:
    """Verify every row."""
    started_at, cpu_at = time.perf_counter(), time.process_time()
    report = await treasury.verify()
    return Verified(report, time.perf_counter() - started_at, time.process_time() - cpu_at)


async def spend_to_the_cap(ground: Ground, url: str, redis_url: str, requests: Sequence[ApprovalRequest]) -> TightCap:
    """Many at once ask for more than a small cap holds; answers come from the ledger's own rows."""
    async with open_treasury(ground, url, redis_url, TIGHT_USD) as treasury:
        asked = await in_flight(treasury.decide, requests, min(_ASKERS, len(requests)))
        report = await treasury.verify()
        over = await overspend_usd(treasury, report.approved_usd)
    return TightCap(report.approved_usd, len(asked.each) - asked.approved, over)
