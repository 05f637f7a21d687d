"""A process that forks spenders on demand: each works through a plan, and may kill or stop itself at a named step.

Nothing here connects to anything before the fork. One JSON line in for each spender, its answers as JSON lines out.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from nacl.signing import SigningKey
from redis.asyncio import Redis

from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.core.clock import FixedClock
from chimera.core.errors import ChimeraError
from chimera.core.vocabulary import RequestType
from chimera.storage import database as storage
from chimera.storage.database import open_database
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.treasury import Treasury

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
HOLD = timedelta(hours=1)
SPACE = UUID("6f1c1f0a-6f6e-5a4e-9a51-0c7f2f1f0a11")
TYPES = tuple(RequestType)


class Spender:
    """One forked child's work; `tell` writes an answer down, which is what it acknowledges."""

    def __init__(self, treasury: Treasury, order: dict[str, Any]) -> None:
        self.treasury = treasury
        self.order = order

    def tell(self, what: str, answer: object) -> None:
        digest = hashlib.sha256(repr(answer).encode()).hexdigest()
        os.write(1, (json.dumps({"did": what, "answer": digest}) + "\n").encode())

    def request(self, number: int, cost: str = "2.50", roi: str = "2.5") -> ApprovalRequest:
        agents = self.order["agents"]
        return ApprovalRequest(
            request_id=uuid5(SPACE, f"{self.order['plan']}/{number}"),
            agent_id=UUID(agents[number % len(agents)]),
            request_type=TYPES[number % len(TYPES)],
            request_cost=Decimal(cost),
            projected_roi=Decimal(roi),
            justification=f"Piece {hashlib.sha256(str(number).encode()).hexdigest()}",
        )

    async def chain(self, number: int) -> None:
        """One request and everything that becomes of it, each step acknowledged before the next."""
        await (self.plain, self.settled, self.voided, self.answered, self.refused, self.overrun)[number % 6](number)

    async def plain(self, number: int) -> None:
        await self.decide(number, self.request(number))

    async def refused(self, number: int) -> None:
        await self.decide(number, self.request(number, roi="1.0"))

    async def settled(self, number: int) -> None:
        request = self.request(number)
        await self.decide(number, request, hold_for=HOLD)
        await self.treasury.begin_spending(request.request_id) if self.order["fresh"] else None
        self.tell(f"settle {number}", await self.treasury.settle(request.request_id, Decimal("1.25")))

    async def voided(self, number: int) -> None:
        request = self.request(number)
        await self.decide(number, request, hold_for=HOLD)
        self.tell(f"void {number}", await self.treasury.void(request.request_id, "not needed"))

    async def overrun(self, number: int) -> None:
        request = self.request(number)
        await self.decide(number, request, hold_for=HOLD)
        self.tell(f"settle {number}", await self.treasury.settle(request.request_id, Decimal("2.75")))

    async def answered(self, number: int) -> None:
        request = self.request(number)
        answer = await self.decide(number, request, hold_for=HOLD, estimate_usd=Decimal("0.01"))
        tx_id = UUID(answer.conditions[0].partition(":")[2])
        given = await self.treasury.answer(tx_id, by="ada", approve=True, reason="seen", amount_usd=Decimal("2.00"))
        self.tell(f"answer {number}", given)
        self.tell(f"settle {number}", await self.treasury.settle(request.request_id, Decimal("1.00")))

    async def decide(self, number: int, request: ApprovalRequest, **more: Any) -> Approval:
        answer = await self.treasury.decide(request, **more)
        self.tell(f"decide {number}", answer)
        return answer

    async def crowd(self) -> None:
        """Many requests at a time on one cap, several rounds; each answer told."""
        numbers = list(range(self.order["first"], self.order["first"] + self.order["count"]))
        at_once = self.order["at_once"]
        for begin in range(0, len(numbers), at_once):
            await asyncio.gather(
                *(
                    self.decide(number, self.request(number, self.order["cost"]))
                    for number in numbers[begin : begin + at_once]
                )
            )


def watching(order: dict[str, Any]) -> Callable[[str], None]:
    """Gives itself the ordered signal when the step comes for the nth time, and says so before."""
    seen = 0

    def observe(step: str) -> None:
        nonlocal seen
        seen += step == order.get("step")
        if step == order.get("step") and seen == order["nth"]:
            os.write(1, (json.dumps({"stopping": os.getpid()}) + "\n").encode())
            os.kill(os.getpid(), order.get("signal", signal.SIGKILL))

    return observe


def wait_at(gate: Path) -> None:
    with gate.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


async def through_the_gate(order: dict[str, Any]) -> None:
    """Say that everything is open, and wait until the others are as far."""
    if "gate" in order:
        os.write(1, b'{"ready": true}\n')
        await asyncio.to_thread(wait_at, Path(order["gate"]))


async def together(works: list[Awaitable[None]]) -> list[BaseException | None]:
    return await asyncio.gather(*works, return_exceptions=True)


async def one_by_one(works: list[Awaitable[None]]) -> list[BaseException | None]:
    """A batch each, so that a step surely comes as often as there are acts."""
    return [outcome for work in works for outcome in await together([work])]


async def spend(order: dict[str, Any]) -> None:
    storage.WRITER_WAIT_MS = order.get("writer_wait_ms", storage.WRITER_WAIT_MS)
    async with open_database(order["url"]) as database:
        limit = Decimal(order["limit"])
        async with Treasury(
            database=database,
            redis=Redis(host="127.0.0.1", port=1),
            clock=FixedClock(NOON),
            key=SigningKey(bytes(range(32))),
            cfo_agent_id=UUID(order["cfo"]),
            policy=SpendingPolicy(lambda _period, _category: limit, Decimal("1.5")),
            observe=watching(order),
        ) as treasury:
            spender = Spender(treasury, order)
            await through_the_gate(order)
            works: list[Awaitable[None]] = (
                [spender.crowd()] if "first" in order else [spender.chain(number) for number in range(order["chains"])]
            )
            given = await (one_by_one(works) if order.get("one_by_one") else together(works))
            for refusal in given:
                if isinstance(refusal, ChimeraError):
                    os.write(1, (json.dumps({"refused": refusal.code, "why": refusal.message}) + "\n").encode())
                elif refusal is not None:
                    raise refusal


def serve() -> None:
    """Fork a spender for each order, and tell how it ended."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            asyncio.run(spend(order))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        os.write(1, (json.dumps({"ended": os.waitstatus_to_exitcode(status)}) + "\n").encode())


if __name__ == "__main__":
    serve()
