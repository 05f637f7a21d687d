"""A process that approves until it is killed; prints one JSON line for each answer it was given."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from nacl.signing import SigningKey
from redis.asyncio import Redis

from chimera.contracts.approval import ApprovalRequest
from chimera.core.clock import FixedClock
from chimera.core.vocabulary import RequestType
from chimera.storage.database import open_database
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.treasury import Treasury

REQUESTS_MAX = 10_000
AT_ONCE = 4


async def main(database_url: str, cfo: UUID, spender: UUID) -> None:
    async with open_database(database_url) as database:
        treasury = Treasury(
            database=database,
            redis=Redis(host="127.0.0.1", port=1),
            clock=FixedClock(datetime(2026, 2, 6, 12, 0, tzinfo=UTC)),
            key=SigningKey(bytes(range(32))),
            cfo_agent_id=cfo,
            policy=SpendingPolicy(lambda _period, _category: Decimal("1000.00"), Decimal("1.5")),
        )
        for _ in range(REQUESTS_MAX // AT_ONCE):
            await asyncio.gather(*(_approve_one(treasury, spender) for _ in range(AT_ONCE)))


async def _approve_one(treasury: Treasury, spender: UUID) -> None:
    request = ApprovalRequest(
        request_id=uuid4(),
        agent_id=spender,
        request_type=RequestType.COMPUTE,
        request_cost=Decimal("0.01"),
        projected_roi=Decimal(2),
        justification="Until somebody pulls the plug",
    )
    answer = await treasury.decide(request)
    line = {"request": request.model_dump(mode="json"), "signature": answer.approval_signature}
    os.write(sys.stdout.fileno(), (json.dumps(line) + "\n").encode())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], UUID(sys.argv[2]), UUID(sys.argv[3])))
