"""How long a decision takes through `Treasury.decide` in one event loop: so many in flight, or so many a second."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from chimera.contracts.approval import Approval, ApprovalRequest

HOLD_FOR = timedelta(minutes=10)
Decide = Callable[[ApprovalRequest], Awaitable[Approval]]


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds of each decision, and of all together."""

    each: tuple[float, ...]
    seconds: float
    approved: int

    @property
    def per_second(self) -> float:
        return len(self.each) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """Nearest rank."""
        ordered = sorted(self.each)
        return ordered[max(0, -int(-percent * len(ordered) // 100) - 1)] * 1000


async def in_flight(decide: Decide, requests: Sequence[ApprovalRequest], count: int) -> Latencies:
    """`count` askers, each asking again as soon as it is answered, until every request is decided."""
    waiting = iter(requests)
    taken: list[float] = []
    approved = 0

    async def ask() -> None:
        nonlocal approved
        for request in waiting:
            asked_at = time.perf_counter()
            approval = await decide(request)
            taken.append(time.perf_counter() - asked_at)
            approved += approval.approved

    started_at = time.perf_counter()
    async with asyncio.TaskGroup() as askers:
        for _ in range(count):
            askers.create_task(ask())
    return Latencies(tuple(taken), time.perf_counter() - started_at, approved)


async def open_loop(decide: Decide, requests: Sequence[ApprovalRequest], per_second: float, seed: int) -> Latencies:
    """Requests arrive by chance (Poisson), whether or not earlier ones are answered.

    A latency counts from the moment the request should have arrived, so that a stall is counted for all it held up.
    """
    random = Random(seed)  # noqa: S311 - arrival times, no secrets
    taken: list[float] = []
    approved = 0

    async def ask(request: ApprovalRequest, due_at: float) -> None:
        nonlocal approved
        approval = await decide(request)
        taken.append(time.perf_counter() - due_at)
        approved += approval.approved

    started_at = due_at = time.perf_counter()
    async with asyncio.TaskGroup() as askers:
        for request in requests:
            due_at += random.expovariate(per_second)
            await asyncio.sleep(max(0.0, due_at - time.perf_counter()))
            askers.create_task(ask(request, due_at))
    return Latencies(tuple(taken), time.perf_counter() - started_at, approved)
