"""`internal.agent.cfo.approve` (specification section 3): a thin face of the treasury."""

from decimal import Decimal
from uuid import UUID

from chimera.contracts.approval import Approval, ApprovalRequest, SignedDecision
from chimera.treasury.treasurer import Treasurer


class Cfo:
    """Decides about every cent before it is spent."""

    def __init__(self, treasury: Treasurer) -> None:
        self._treasury = treasury

    async def approve(self, request: ApprovalRequest, *, estimate_usd: Decimal | None = None) -> Approval:
        """The signed, ledgered decision on a request; `estimate_usd` is what the price book expected.

        Raises:
            ValidationFailed, Conflict, NotFound, Forbidden, EngineUnavailable: as `Treasury.decide`.
        """
        return await self._treasury.decide(request, estimate_usd=estimate_usd)

    async def signed_decision(self, request_id: UUID) -> SignedDecision:
        """The decision on a request as others can check it.

        Raises:
            NotFound: no such request was decided.
        """
        return await self._treasury.signed_decision(request_id)
