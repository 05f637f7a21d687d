"""The Redis keys `budget:{period}:{category}` (specification section 4): a view written after the commit.

Nothing reads them to decide about money, so a Redis that is slow, full or away costs the view and no approval.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError, WatchError

from chimera.contracts.budget import BudgetState
from chimera.core.clock import Clock
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.records.budget_tracking import BudgetRecord
from chimera.treasury.amounts import usd_of_cents
from chimera.treasury.lines import LineView

VERSION_KEY = "budget:view:version"
"""The ledger and the row of it that the view shows: an older row that comes late is not written."""
WRITE_SECONDS_MAX = 0.1
PAUSE_SECONDS = 5.0
"""After a failure the view is left alone this long, so that a dead Redis does not slow every approval."""
_WRITE_ATTEMPTS_MAX = 3
_BUSY_SECONDS = 0.1
_TTL_SECONDS = {BudgetPeriod.DAILY: 86_400, BudgetPeriod.WEEKLY: 604_800, BudgetPeriod.MONTHLY: 2_678_400}

_log = logging.getLogger(__name__)


def budget_state(line: BudgetRecord) -> BudgetState:
    """The line as Redis and the command line show it."""
    return BudgetState(
        period=BudgetPeriod(line.period),
        category=BudgetCategory(line.category),
        limit=line.limit_amount,
        spent=line.spent_amount,
        remaining=line.remaining,
        last_updated=line.updated_at.replace(microsecond=0),
    )


def _state_of(line: LineView) -> BudgetState:
    return BudgetState(
        period=BudgetPeriod(line.period),
        category=BudgetCategory(line.category),
        limit=usd_of_cents(line.limit),
        spent=usd_of_cents(line.spent),
        remaining=usd_of_cents(line.left),
        last_updated=line.at.replace(microsecond=0),
    )


class Shown(NamedTuple):
    """The budget lines as row `seq` of the ledger left them."""

    ledger_id: UUID
    seq: int
    lines: tuple[LineView, ...]


class BudgetView:
    """Writes the view; never raises for Redis. One write at a time, and under load at most one each 0.1 s."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._paused_until = clock.monotonic()
        self._next_at = clock.monotonic()
        self._shown_seq = 0
        self._writing = False

    async def show(self, shown: Shown | None, *, busy: bool) -> None:
        """Show these lines. While `busy`, more is to come at once: what is left out then, a later write shows."""
        if shown is None or shown.seq <= self._shown_seq or self._writing:
            return
        if busy and self._clock.monotonic() < self._next_at:
            return
        await self.flush(shown)

    async def flush(self, shown: Shown | None) -> None:
        """Show these lines now, unless they are shown already."""
        if shown is None or shown.seq <= self._shown_seq:
            return
        self._writing, self._next_at = True, self._clock.monotonic() + _BUSY_SECONDS
        try:
            if await self.write([_state_of(line) for line in shown.lines], shown.ledger_id, shown.seq):
                self._shown_seq = max(self._shown_seq, shown.seq)
        finally:
            self._writing = False

    async def write(self, states: Sequence[BudgetState], ledger_id: UUID, seq: int) -> bool:
        """Show the budgets as row `seq` of the ledger left them; answers whether they, or newer ones, are shown."""
        if self._clock.monotonic() < self._paused_until:
            return False
        try:
            async with asyncio.timeout(WRITE_SECONDS_MAX):
                return await self._write_newer(states, str(ledger_id), seq)
        except (RedisError, OSError, TimeoutError) as error:
            self._paused_until = self._clock.monotonic() + PAUSE_SECONDS
            _log.warning("budget view not written, next try in %s s: %r", PAUSE_SECONDS, error)
            return False

    async def _write_newer(self, states: Sequence[BudgetState], ledger_id: str, seq: int) -> bool:
        for _ in range(_WRITE_ATTEMPTS_MAX):
            async with self._redis.pipeline(transaction=True) as pipeline:
                await pipeline.watch(VERSION_KEY)
                if _shows(await pipeline.get(VERSION_KEY), ledger_id, seq):
                    return True
                pipeline.multi()  # type: ignore[no-untyped-call]
                for state in states:
                    key = f"budget:{state.period}:{state.category}"
                    pipeline.set(key, state.model_dump_json(), ex=_TTL_SECONDS[state.period])
                pipeline.set(VERSION_KEY, f"{ledger_id} {seq}", ex=_TTL_SECONDS[BudgetPeriod.MONTHLY])
                try:
                    await pipeline.execute()
                except WatchError:
                    continue
                return True
        return False


def _shows(version: bytes | str | None, ledger_id: str, seq: int) -> bool:
    """Whether the view already shows row `seq` of the ledger, or a later one."""
    text = version.decode("latin-1") if isinstance(version, bytes) else version or ""
    shown_ledger, _, shown_seq = text.partition(" ")
    return shown_ledger == ledger_id and shown_seq.isdecimal() and int(shown_seq) >= seq
