"""A process without the CFO's key: each of its agents asks for money over HTTP; prints how often it was approved."""

import asyncio
import sys
from decimal import Decimal
from uuid import UUID, uuid4

from nacl.signing import VerifyKey

from chimera.contracts.approval import ApprovalRequest
from chimera.core.vocabulary import RequestType
from chimera.treasury.remote import RemoteTreasury

AT_ONCE = 8
TOPICS = ("An eclipse over the harbour", "Bread that rises twice as fast", "Nine chess openings explained")


async def main(url: str, token: str, public_key: str, cost_usd: Decimal, agents: list[UUID]) -> None:
    places = asyncio.Semaphore(AT_ONCE)
    async with RemoteTreasury(url, token, VerifyKey(bytes.fromhex(public_key))) as treasury:

        async def ask(agent_id: UUID, topic: str) -> bool:
            request = ApprovalRequest(
                request_id=uuid4(),
                agent_id=agent_id,
                request_type=RequestType.API_CALL,
                request_cost=cost_usd,
                projected_roi=Decimal(2),
                justification=topic,
            )
            async with places:
                return (await treasury.decide(request)).approved

        answers = await asyncio.gather(*(ask(agent_id, topic) for topic in TOPICS for agent_id in agents))
    sys.stdout.write(f"{sum(answers)}\n")


if __name__ == "__main__":
    url, token, public_key, cost_usd, *agents = sys.argv[1:]
    asyncio.run(main(url, token, public_key, Decimal(cost_usd), [UUID(agent) for agent in agents]))
