"""`internal.agent.cfo.approve` (specification section 3): who asks for money asks in its own name."""

from datetime import timedelta
from functools import partial

from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.contracts.spending_orders import HoldTerms
from chimera.core.errors import Conflict, EngineUnavailable, NotFound, RateLimited
from chimera.runtime.operations.operation import DECIDING, AnyOperation, Call, Operation
from chimera.security.permissions import require_own
from chimera.treasury.treasurer import Treasurer


def approving_operations(treasurer: Treasurer) -> tuple[AnyOperation, ...]:
    """The CFO's subject."""
    return (
        Operation(
            name="internal.agent.cfo.approve",
            summary="The CFO's signed decision on a request for money; the same request_id is decided once.",
            method="POST",
            path="/v1/internal.agent.cfo.approve",
            asks=ApprovalRequest,
            answers=Approval,
            run=partial(_approve, treasurer),
            right=None,
            failures=(Conflict, NotFound, RateLimited, EngineUnavailable),
            terms=HoldTerms,
            rate=DECIDING,
        ),
    )


async def _approve(treasurer: Treasurer, call: Call, asked: ApprovalRequest) -> Approval:
    require_own(call.caller, asked.agent_id)
    terms = call.terms if isinstance(call.terms, HoldTerms) else HoldTerms()
    hold_for = None if terms.hold_seconds is None else timedelta(seconds=terms.hold_seconds)
    return await treasurer.decide(asked, estimate_usd=terms.estimate_usd, hold_for=hold_for)
