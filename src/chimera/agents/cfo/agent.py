"""`internal.agent.cfo.approve` (specification section 3), and what becomes of approvals: a face of the treasury."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from chimera.contracts.approval import Approval, ApprovalRequest, SignedDecision
from chimera.contracts.escalation import Escalation
from chimera.treasury.treasurer import Treasurer


class Cfo:
    """Decides about every cent before it is spent."""

    def __init__(self, treasury: Treasurer) -> None:
        self._treasury = treasury

    async def approve(
        self, request: ApprovalRequest, *, estimate_usd: Decimal | None = None, hold_for: timedelta | None = None
    ) -> Approval:
        """The signed, ledgered decision on a request; `estimate_usd` is what the price book expected.

        With `hold_for` an approval is a hold: it runs out after that time unless its spending has begun, and whoever
        asked settles it at what was really used, or voids it.

        Raises:
            ValidationFailed, Conflict, NotFound, Forbidden, EngineUnavailable: as `Treasury.decide`.
        """
        return await self._treasury.decide(request, estimate_usd=estimate_usd, hold_for=hold_for)

    async def signed_decision(self, request_id: UUID) -> SignedDecision:
        """The decision on a request as others can check it; a person's answer where there is one.

        Raises:
            NotFound: no such request was decided.
        """
        return await self._treasury.signed_decision(request_id)

    async def begin_spending(self, request_id: UUID) -> None:
        """Note that money is about to be spent under this approval: it can't run out any more.

        Raises:
            NotFound, Conflict: there is no such approval, or it is closed.
        """
        await self._treasury.begin_spending(request_id)

    async def settle(self, request_id: UUID, actual_usd: Decimal) -> None:
        """Close an approval at what was really used; the same again changes nothing.

        Raises:
            NotFound, Conflict: there is no such approval, or it is closed otherwise.
        """
        await self._treasury.settle(request_id, actual_usd)

    async def void(self, request_id: UUID, reason: str) -> None:
        """Close an approval under which nothing was spent; the same again changes nothing.

        Raises:
            NotFound, Conflict: there is no such approval, or it is closed otherwise.
        """
        await self._treasury.void(request_id, reason)

    async def escalation(self, tx_id: UUID) -> Escalation:
        """An escalated request and its answer, if there is one.

        Raises:
            NotFound: no such request was escalated.
        """
        return await self._treasury.escalation(tx_id)
