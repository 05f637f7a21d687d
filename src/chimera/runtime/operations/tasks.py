"""`/v1/tasks`: tasks that outside callers make, look at, and call off."""

from uuid import UUID

from chimera.contracts.asset import ProductionRequest
from chimera.contracts.contract import Contract
from chimera.contracts.exact_json import document_of
from chimera.contracts.task_order import (
    AGENT_ROLES,
    ORDERS,
    PlanOrder,
    TaskOrder,
    TaskPage,
    TaskView,
)
from chimera.core.errors import AgentOffline, Conflict, NotFound
from chimera.core.vocabulary import TaskKind, TaskState
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.pages import PageRequest, cursor_of, read_cursor
from chimera.runtime.operations.production import Producing
from chimera.runtime.operations.task_views import ENDS, has_begun, is_under_way, view_of, views_of
from chimera.security.permissions import Permission, require_subject
from chimera.storage.records import piece_fence, task, task_answer, task_work
from chimera.storage.records.task import NewTask


class TaskAddress(Contract):
    task_id: UUID


class TaskPageRequest(PageRequest):
    """The newest tasks, of one kind or state or of all."""

    kind: TaskKind | None = None
    state: TaskState | None = None


def task_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    tasks = _Tasks(desk)
    return (
        Operation(
            name="tasks.create",
            summary="Make a task of a kind that outside callers may make; whoever hosts its role does it.",
            method="POST",
            path="/v1/tasks",
            asks=TaskOrder,
            answers=TaskView,
            run=tasks.create,
            right=Permission.WRITE_TASKS,
            failures=(NotFound, Conflict, AgentOffline),
            status=201,
            rate=WRITING,
            creates=True,
        ),
        Operation(
            name="tasks.list",
            summary="The newest tasks.",
            method="GET",
            path="/v1/tasks",
            asks=TaskPageRequest,
            answers=TaskPage,
            run=tasks.page,
            right=Permission.READ_CONTENT,
        ),
        Operation(
            name="tasks.get",
            summary="A task: its state, what it is doing, and finally what it gave.",
            method="GET",
            path="/v1/tasks/{task_id}",
            asks=TaskAddress,
            answers=TaskView,
            run=tasks.get,
            right=Permission.READ_CONTENT,
            failures=(NotFound,),
        ),
        Operation(
            name="tasks.cancel",
            summary="Call a task off; a production under way stops at its next safe point.",
            method="DELETE",
            path="/v1/tasks/{task_id}",
            asks=TaskAddress,
            answers=TaskView,
            run=tasks.cancel,
            right=Permission.WRITE_TASKS,
            failures=(NotFound, Conflict),
            rate=WRITING,
        ),
    )


class _Tasks:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._queue = TaskQueue(desk.database, desk.redis, desk.clock)
        self._producing = Producing(desk)

    async def create(self, call: Call, asked: TaskOrder) -> TaskView:
        order = document_of(asked.payload, ORDERS[asked.kind])
        if isinstance(order, ProductionRequest):
            require_subject(call.caller, "internal.agent.artist.produce")
            return await view_of(self._desk, await self._producing.hand_in(order, asked.priority))
        now = self._desk.clock.now()
        new = NewTask(
            id=call.id_to_create(self._desk.clock),
            kind=asked.kind,
            agent_role=AGENT_ROLES[asked.kind],
            payload=order.model_dump(mode="json"),
            created_at=now,
            not_before=max(asked.not_before or now, now),
            priority=asked.priority,
            objective_id=order.objective_id if isinstance(order, PlanOrder) else None,
        )
        await self._queue.submit([new])
        return await view_of(self._desk, new.id)

    async def page(self, call: Call, asked: TaskPageRequest) -> TaskPage:
        del call
        async with self._desk.database.transaction() as connection:
            found = await task_answer.page(
                connection,
                kind=asked.kind,
                state=asked.state,
                behind=read_cursor(asked.cursor),
                limit=asked.limit + 1,
            )
        records = found[: asked.limit]
        more = len(found) > asked.limit
        return TaskPage(
            tasks=await views_of(self._desk, records),
            next_cursor=cursor_of(records[-1].created_at, records[-1].id) if more else None,
        )

    async def get(self, call: Call, asked: TaskAddress) -> TaskView:
        del call
        return await view_of(self._desk, asked.task_id)

    async def cancel(self, call: Call, asked: TaskAddress) -> TaskView:
        by = call.caller.name or f"{call.caller.role} {call.caller.id}"
        now = self._desk.clock.now()
        async with self._desk.database.transaction() as connection:
            found = await task.get(connection, asked.task_id)
            if found is not None and found.state not in ENDS:
                if found.content_id is not None and has_begun(found):
                    await piece_fence.ask_cancel(connection, found.content_id, by, now)
                if not is_under_way(found):
                    await task_work.cancel(connection, found.id, f"cancelled by {by}", now)
        view = await view_of(self._desk, asked.task_id)
        if view.state in ENDS - {TaskState.CANCELLED}:
            raise Conflict(f"task {view.task_id} is {view.state} already", {"state": view.state.value})
        return view
