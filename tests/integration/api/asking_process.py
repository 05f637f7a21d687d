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


class Tokens:
    """The access tokens of these agents."""

    def __init__(self, agents: dict[UUID, str]) -> None:
        self._agents = agents

    async def token(self, about: UUID | None) -> str:
        assert about is not None
        return self._agents[about]

    async def refused(self, token: str) -> bool:
        return False

    async def aclose(self) -> None:
        return


async def main(url: str, public_key: str, cost_usd: Decimal, agents: dict[UUID, str]) -> None:
    places = asyncio.Semaphore(AT_ONCE)
    async with RemoteTreasury(url, Tokens(agents), VerifyKey(bytes.fromhex(public_key))) as treasury:

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
    url, public_key, cost_usd, *shown = sys.argv[1:]
    agents = dict(zip(map(UUID, shown[::2]), shown[1::2], strict=True))
    asyncio.run(main(url, public_key, Decimal(cost_usd), agents))
