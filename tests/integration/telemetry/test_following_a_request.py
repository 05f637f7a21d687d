"""One request's id and trace from an HTTP call through a queued task into the lines of a tool and of its job."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from nacl.signing import SigningKey

from chimera.api import errors
from chimera.api.guard import Guard
from chimera.api.measuring import Measured
from chimera.contracts.approval import SignedDecision
from chimera.contracts.production import VoiceJob
from chimera.contracts.task import TaskOutcome
from chimera.core.clock import SystemClock
from chimera.core.tracing import current_request
from chimera.core.vocabulary import Role, TaskState
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.security.decision_signature import canonical, key_id_of, sign
from chimera.storage.database import Database
from chimera.storage.records.task import TaskRecord
from chimera.tools.permit import Permit
from chimera.tools.tool_server import ServerCommand
from chimera.tools.toolbox import Toolbox, open_toolbox
from factories_dispatch import Hands, all_done, dispatcher_of, new_task, opened_redis, row, until, working
from factories_production import an_artist

pytestmark = pytest.mark.engines
KEY = SigningKey(bytes(range(32)))
CALLERS_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
async def queue(database: Database, redis_url: str) -> AsyncIterator[TaskQueue]:
    async with opened_redis(redis_url) as redis:
        yield TaskQueue(database, redis, SystemClock())


@pytest.fixture
async def toolbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Toolbox]:
    monkeypatch.setenv("CHIMERA_LOG_LEVEL", "INFO")
    command = ServerCommand(
        root=tmp_path / "work",
        log=tmp_path / "tools.log",
        limit_seconds=30,
        functions={"voice": "example_job:run"},
        python_path=[Path(__file__).parents[1] / "artist"],
    )
    async with open_toolbox(command, KEY.verify_key, SystemClock(), an_artist) as opened:
        yield opened


def front(queue: TaskQueue) -> FastAPI:
    """An application that hands in a task for each request."""
    app = FastAPI()
    app.add_middleware(Measured, clock=queue.clock)
    app.add_middleware(Guard, allowed_hosts=frozenset({"test"}), clock=queue.clock)
    errors.install(app, queue.clock)

    @app.post("/tasks")
    async def hand_in() -> dict[str, str]:
        task = new_task(queue.clock)
        await queue.submit([task])
        return {"task_id": str(task.id)}

    return app


def permit() -> Permit:
    tx_id, request_id, agent_id = uuid4(), uuid4(), uuid4()
    fields = {"tx_id": tx_id, "request_id": request_id, "agent_id": agent_id}
    text = {name: str(value) for name, value in fields.items()} | {"amount": "0.25", "decision": "approved"}
    document = canonical(dict(text))
    signed = SignedDecision(
        tx_id=tx_id, document=document, signature=sign(document, KEY), key_id=key_id_of(KEY.verify_key)
    )
    return Permit(signed, request_id, agent_id)


def lines_of(log: Path, event: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


async def test_a_requests_id_and_trace_reach_the_lines_of_the_tool(
    queue: TaskQueue, toolbox: Toolbox, tmp_path: Path
) -> None:
    request_id, folder = uuid4(), tmp_path / "work" / "piece"
    folder.mkdir(parents=True)

    async def speak(task: TaskRecord, agent_id: UUID) -> TaskOutcome:
        job = VoiceJob(beats=("one",), voice="af_heart", speed=1.0)
        await toolbox.run("voice", task.id, folder, job, permit=permit(), progress=lambda _fraction: None)
        return TaskOutcome(state=TaskState.DONE, result={})

    transport = httpx.ASGITransport(app=front(queue))
    headers = {"x-request-id": str(request_id), "traceparent": f"00-{CALLERS_TRACE}-00f067aa0ba902b7-01"}
    async with (
        working(dispatcher_of(queue, Hands({Role.SCOUT: 1}), speak)),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        answer = await client.post("/tasks", headers=headers)
        await until(lambda: all_done(queue.database, 1))
    assert answer.headers["x-request-id"] == str(request_id)
    task_id = UUID(answer.json()["task_id"])
    assert (await row(queue.database, task_id)).state is TaskState.DONE
    told = {"request_id": str(request_id), "trace_id": CALLERS_TRACE}
    answered = lines_of(tmp_path / "tools.log", "tool_answered")
    assert answered
    assert all(told.items() <= line.items() for line in answered)
    begun = [line for log in folder.rglob("job.log") for line in lines_of(log, "job_begun")]
    assert [line["job_id"] for line in begun] == [str(task_id)]
    assert told.items() <= begun[0].items()


async def test_a_task_that_nobody_asked_for_is_a_request_of_its_own(queue: TaskQueue) -> None:
    seen: list[UUID] = []

    async def note(task: TaskRecord, _agent: UUID) -> TaskOutcome:
        scope = current_request.get()
        assert scope is not None
        seen.append(scope.request_id)
        return TaskOutcome(state=TaskState.DONE, result={})

    task = new_task(queue.clock)
    async with working(dispatcher_of(queue, Hands({Role.SCOUT: 1}), note)):
        await queue.submit([task])
        await until(lambda: all_done(queue.database, 1))
    assert seen == [task.id]


async def test_a_handler_is_given_the_payload_as_it_was_handed_in(queue: TaskQueue) -> None:
    given: list[dict[str, object]] = []

    async def note(task: TaskRecord, agent_id: UUID) -> TaskOutcome:
        given.append(task.payload)
        return TaskOutcome(state=TaskState.DONE, result={})

    transport = httpx.ASGITransport(app=front(queue))
    async with (
        working(dispatcher_of(queue, Hands({Role.SCOUT: 1}), note)),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        await client.post("/tasks")
        await until(lambda: all_done(queue.database, 1))
    assert given == [new_task(queue.clock).payload]
