"""A process without the CFO's key: asks for money over HTTP, and prints how often it was approved."""

import asyncio
import sys
from decimal import Decimal
from uuid import UUID, uuid4

from nacl.signing import VerifyKey

from chimera.contracts.approval import ApprovalRequest
from chimera.core.vocabulary import RequestType
from chimera.treasury.remote import RemoteTreasury

AT_ONCE = 8


async def main(url: str, token: str, public_key: str, spender: UUID, requests: int, cost_usd: Decimal) -> None:
    places = asyncio.Semaphore(AT_ONCE)
    async with RemoteTreasury(url, token, VerifyKey(bytes.fromhex(public_key))) as treasury:

        async def ask() -> bool:
            request = ApprovalRequest(
                request_id=uuid4(),
                agent_id=spender,
                request_type=RequestType.API_CALL,
                request_cost=cost_usd,
                projected_roi=Decimal(2),
                justification="A process that was never given the key",
            )
            async with places:
                return (await treasury.decide(request)).approved

        answers = await asyncio.gather(*(ask() for _ in range(requests)))
    sys.stdout.write(f"{sum(answers)}\n")


if __name__ == "__main__":
    url, token, public_key, spender, requests, cost_usd = sys.argv[1:]
    asyncio.run(main(url, token, public_key, UUID(spender), int(requests), Decimal(cost_usd)))
