"""What a refused approval means to the step that needed the money."""

from uuid import UUID

from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.core.errors import BudgetExceeded, Detail, RoiTooLow, SpendPaused, WaitsForHuman
from chimera.core.limits import TRANSACTION_USD_MAX
from chimera.core.money import cents_up
from chimera.treasury.decision import PAUSED_REASON
from chimera.treasury.writing.encoding import ESCALATED_PREFIX


def escalated_tx(approval: Approval) -> UUID | None:
    """The transaction under which the request waits for a person, or None if it was not escalated."""
    for condition in approval.conditions:
        if condition.startswith(ESCALATED_PREFIX):
            return UUID(condition.removeprefix(ESCALATED_PREFIX))
    return None


def require_approved(approval: Approval, request: ApprovalRequest) -> None:
    """Return if `approval`, the answer to `request`, lets the money be spent.

    A refusal spends nothing, so `budget_remaining` still shows what the rules saw: whatever fits in it and is no
    escalation was refused for its ROI.

    Raises:
        WaitsForHuman: the request was escalated; `tx_id` names it.
        BudgetExceeded: more than a budget holds, or than one transaction may be.
        SpendPaused: all spending is paused.
        RoiTooLow: below the hurdle rate.
    """
    if approval.approved:
        return
    remaining = approval.budget_remaining
    least = min(remaining.daily, remaining.weekly, remaining.monthly)
    details: dict[str, Detail] = {
        "requested": float(request.request_cost),
        "remaining": float(least),
        "approval_request_id": str(request.request_id),
    }
    tx_id = escalated_tx(approval)
    if tx_id is not None:
        raise WaitsForHuman(f"{approval.reason}; see transaction {tx_id}", {**details, "tx_id": str(tx_id)})
    if approval.reason.startswith(PAUSED_REASON):
        raise SpendPaused(f"{approval.reason} (`chimera spend resume`)", details)
    if request.request_cost > TRANSACTION_USD_MAX or cents_up(request.request_cost) > least:
        raise BudgetExceeded(f"{approval.reason}: wait for the next period or raise the limit", details)
    raise RoiTooLow(f"{approval.reason}: ask for less money or a better return", details)
