"""Every operation there is, in the order in which the documentation lists them."""

from chimera.runtime.operations.agents import agent_operations
from chimera.runtime.operations.approvals import approval_operations
from chimera.runtime.operations.approving import approving_operations
from chimera.runtime.operations.briefs import brief_operations
from chimera.runtime.operations.budgets import budget_operations
from chimera.runtime.operations.content import content_operations
from chimera.runtime.operations.content_orders import content_order_operations
from chimera.runtime.operations.content_plans import content_plan_operations
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.ledger import ledger_operations
from chimera.runtime.operations.operation import AnyOperation
from chimera.runtime.operations.policies import policy_operations
from chimera.runtime.operations.production import production_operations
from chimera.runtime.operations.reviews import review_operations
from chimera.runtime.operations.scouting import scouting_operations
from chimera.runtime.operations.spending import spending_operations
from chimera.runtime.operations.studio import studio_operations
from chimera.runtime.operations.tasks import task_operations
from chimera.runtime.operations.trends import trend_operations
from chimera.runtime.operations.videos import video_operations
from chimera.runtime.operations.webhooks import webhook_operations


def all_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The operations of this process."""
    return (
        *scouting_operations(desk),
        *brief_operations(desk),
        *production_operations(desk),
        *approving_operations(desk.treasurer),
        *task_operations(desk),
        *trend_operations(desk),
        *content_operations(desk),
        *content_order_operations(desk),
        *content_plan_operations(desk),
        *review_operations(desk),
        *video_operations(desk),
        *agent_operations(desk),
        *ledger_operations(desk),
        *budget_operations(desk),
        *spending_operations(desk),
        *approval_operations(desk),
        *policy_operations(desk),
        *studio_operations(desk),
        *webhook_operations(desk),
    )
