"""`internal.agent.director.create_brief` (specification section 3): each brief is a new piece in stage draft."""

from functools import partial

from chimera.contracts.brief import Brief, BriefRequest
from chimera.core.errors import AgentOffline, Conflict, NotFound, ValidationFailed
from chimera.core.vocabulary import Role
from chimera.runtime.operations.agents_at_hand import AgentsAtHand
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation


def brief_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The director's subject, where this process has a director."""
    if desk.agents is None:
        return ()
    return (
        Operation(
            name="internal.agent.director.create_brief",
            summary="A script about a trend, with its cost and its reach; `brief_id` is the new content piece's id.",
            method="POST",
            path="/v1/internal.agent.director.create_brief",
            asks=BriefRequest,
            answers=Brief,
            run=partial(_create_brief, desk, desk.agents),
            right=None,
            failures=(NotFound, ValidationFailed, Conflict, AgentOffline),
            rate=WRITING,
            creates=True,
        ),
    )


async def _create_brief(desk: Desk, agents: AgentsAtHand, call: Call, asked: BriefRequest) -> Brief:
    content_id = call.id_to_create(desk.clock)

    return await agents.work(
        Role.DIRECTOR, content_id, lambda director: agents.create_brief(director, asked, content_id)
    )
