"""The planner at work: each active objective's plan, ordered in one transaction that nobody else plans it in."""

from uuid import UUID

import structlog

from chimera.agents.planner.planning import Plan, PlannedTask, plan
from chimera.core.errors import ValidationFailed
from chimera.core.vocabulary import Priority, Role
from chimera.runtime.coordination.channels import read_channel
from chimera.runtime.coordination.desk import Desk
from chimera.security.permissions import Permission, caller_of, require
from chimera.storage.database import Connection
from chimera.storage.records import agents, objective_task, task
from chimera.storage.records import objective as objectives
from chimera.storage.records.objective import ObjectiveRecord
from chimera.storage.records.task import NewTask

_log = structlog.get_logger(__name__)


async def plan_all(desk: Desk, only: frozenset[UUID] | None = None) -> dict[UUID, Plan]:
    """Plan every active objective, or those named only; answers what was planned for each."""
    async with desk.database.transaction() as connection:
        active = await objectives.all_of(connection, "active")
    due = [record.id for record in active if only is None or record.id in only]
    return {objective_id: await plan_one(desk, objective_id, desk.planner_id) for objective_id in due}


async def plan_one(desk: Desk, objective_id: UUID, by: UUID) -> Plan:
    """Order what is due for one objective. It is locked meanwhile, so that two planners don't spend one budget twice.

    An objective that can't be planned at all is paused, with the reason.

    Raises:
        Forbidden: the agent `by` has no right to write tasks.
    """
    now = desk.clock.now()
    async with desk.database.transaction() as connection:
        require(caller_of(await agents.get(connection, by), by), Permission.WRITE_TASKS)
        record = await objectives.held(connection, objective_id)
        if record is None or record.state != "active" or not desk.may_begin():
            return Plan()
        try:
            planned = plan(await read_channel(connection, record, now), now)
        except ValidationFailed as failure:
            planned = Plan(pause=failure.message)
        if planned.pause is not None:
            await objectives.set_state(connection, record.id, "paused", planned.pause, now)
            _log.warning("objective_paused", objective=record.name, reason=planned.pause)
        if planned.cancels:
            reason = "its slot is over, or what it needed failed"
            await objective_task.cancel_unbegun(connection, planned.cancels, reason, now)
        ready = await _order(connection, record, planned, desk)
    await desk.hints.hint(ready)
    return planned


async def _order(
    connection: Connection, record: ObjectiveRecord, planned: Plan, desk: Desk
) -> list[tuple[UUID, Role, Priority]]:
    """Add the plan's tasks; answers those that can begin and were not there before."""
    ready = []
    for wanted in planned.tasks:
        new = _new_task(record, wanted, planned.priority, desk)
        if await task.add(connection, new) and not new.needs:
            ready.append((new.id, new.agent_role, new.priority))
    return ready


def _new_task(record: ObjectiveRecord, wanted: PlannedTask, priority: Priority, desk: Desk) -> NewTask:
    return NewTask(
        id=wanted.id,
        kind=wanted.kind,
        agent_role=wanted.role,
        payload=wanted.payload,
        created_at=desk.clock.now(),
        not_before=wanted.not_before,
        priority=priority,
        objective_id=record.id,
        objective_version=record.version,
        content_id=wanted.content_id,
        needs=wanted.needs,
    )
