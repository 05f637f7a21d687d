"""`chimera worker`: a process that hosts agents and works, on its own or beside others, until it is told to stop."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Annotated

import uvloop
from cyclopts import Parameter, validators

from chimera.bootstrap.coordination import coordinator_of, queue_of
from chimera.bootstrap.handlers import handlers_of
from chimera.bootstrap.studio import Studio, open_studio
from chimera.bootstrap.workshop import EVERY_ROLE, Workshop, open_workshop
from chimera.cli.document import print_json
from chimera.cli.options import MetricsPort
from chimera.cli.screen import visible
from chimera.config.settings import Settings
from chimera.core.background import end
from chimera.core.clock import SystemClock
from chimera.core.errors import EngineUnavailable, ValidationFailed
from chimera.core.progress import ProgressEvent
from chimera.core.vocabulary import Role
from chimera.platforms.local_channel.address import HOST_DEFAULT
from chimera.runtime.coordination.coordinator import Coordinator
from chimera.runtime.dispatch.dispatcher import Dispatcher
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.telemetry.spans import export_spans

DRAIN_SECONDS = 7.0
"""What steps at work get of the ten seconds in which the process ends; the rest is for closing."""
AGENTS_MAX = 200_000
LINES_PER_SECOND_MAX = 10
Roles = Annotated[str, Parameter(help="Comma-separated roles whose work is done here; all of them if not given.")]
Agents = Annotated[
    int, Parameter(validator=validators.Number(gte=1, lte=AGENTS_MAX), help="How many agents, spread over the roles.")
]
AsLines = Annotated[bool, Parameter(name="--json", negative="", help="Print a JSON document a line.")]


def worker(
    *,
    roles: Roles = "",
    agents: Agents = 7,
    json: AsLines = False,
    metrics_port: MetricsPort = None,
    metrics_host: str = HOST_DEFAULT,
) -> None:
    """Host agents and work until Ctrl-C or SIGTERM, which drains within 10 seconds; a second one ends at once.

    Any number of workers, on any number of machines, share one DATABASE_URL and REDIS_URL, and the media under one
    CHIMERA_HOME. What a worker leaves unfinished, or a dead one left, is taken over by the others. One that keeps
    planner orders for every active channel, judge has finished work reviewed, worker lets approved pieces go out.

    Parameters
    ----------
    metrics_port
        A port for /metrics, /livez, /readyz and /health, in plain HTTP for the scraper and the probes.
    metrics_host
        Address of that port.
    """
    uvloop.run(_work(parse_roles(roles), agents, Lines(as_json=json), (metrics_host, metrics_port)))


async def _work(kept: frozenset[Role], agents: int, lines: "Lines", metrics_at: tuple[str, int | None]) -> None:
    export_spans()
    async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
        counts = spread(kept, agents, has_key=studio.own_treasury is not None)
        async with (
            _operated(studio, *metrics_at),
            open_workshop(studio, lines.progress, kept, counts) as shop,
            stop_signals() as stop,
        ):
            queue = queue_of(shop)
            coordinator = coordinator_of(shop, queue)
            dispatcher = _dispatcher(shop, queue, coordinator)
            working = [
                asyncio.create_task(dispatcher.run(), name="dispatcher"),
                asyncio.create_task(coordinator.run(), name="coordination"),
            ]
            try:
                lines.say("ready", _ready(shop, kept), host_id=str(shop.host.id), roles=sorted(kept), agents=agents)
                await _until_ended(stop, shop, working)
                lines.say(
                    "draining", f"Stopping: steps at work get {DRAIN_SECONDS:.0f} s, the rest is left for others."
                )
                working[1].cancel()
                _, finished = await asyncio.gather(dispatcher.drain(DRAIN_SECONDS), shop.drain(DRAIN_SECONDS))
            finally:
                await end(*working)
        lines.say("stopped", "Stopped." if finished else "Stopped; what was under way is taken over by others.")


def _operated(studio: Studio, host: str, port: int | None) -> AbstractAsyncContextManager[None]:
    """The operators' port, where one is wanted; what serves it is loaded only then."""
    if port is None:
        return nullcontext()
    from chimera.cli.operating import operated

    return operated(studio, host, port)


def parse_roles(text: str) -> frozenset[Role]:
    """The roles named, in any order; all of them where none is.

    Raises:
        ValidationFailed: one that there is not.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = sorted(set(names) - set(Role))
    if unknown:
        raise ValidationFailed(
            f"--roles: there is no role {', '.join(unknown)}; there are {', '.join(Role)}", {"field": "roles"}
        )
    return frozenset(Role(name) for name in names) or EVERY_ROLE


def spread(roles: frozenset[Role], agents: int, *, has_key: bool) -> dict[Role, int]:
    """So many agents, as evenly as can be over the roles; the CFO is one, where its key is. Pure."""
    counts = {Role.CFO: 1} if has_key and Role.CFO in roles else {}
    others = sorted(roles - {Role.CFO})
    for number, role in enumerate(others):
        counts[role] = agents // len(others) + (number < agents % len(others))
    return counts


def _dispatcher(shop: Workshop, queue: TaskQueue, coordinator: Coordinator) -> Dispatcher:
    def may_begin() -> bool:
        return not (shop.crew.halt.halted() or shop.host.lost.is_set())

    handlers = handlers_of(coordinator)
    return Dispatcher(shop.host.id, shop.roster, queue, handlers, shop.host.roles, may_begin=may_begin)


def _ready(shop: Workshop, roles: frozenset[Role]) -> str:
    return f"Ready: {len(shop.roster)} agents for {', '.join(sorted(roles))} (Ctrl-C stops)"


async def _until_ended(stop: asyncio.Event, shop: Workshop, working: Sequence[asyncio.Task[None]]) -> None:
    """Until somebody asks for the end.

    Raises:
        EngineUnavailable: the process has lost its slot: others have its work.
    """
    waits: list[asyncio.Task[object]] = [
        asyncio.create_task(stop.wait(), name="told to stop"),
        asyncio.create_task(shop.host.lost.wait(), name="slot lost"),
    ]
    try:
        await asyncio.wait([*waits, *working], return_when=asyncio.FIRST_COMPLETED)
        for task in working:
            if task.done():
                task.result()
        if shop.host.lost.is_set():
            raise EngineUnavailable(
                "this worker was stopped or cut off for too long, and others have its work: start it again"
            )
    finally:
        for wait in waits:
            wait.cancel()


@asynccontextmanager
async def stop_signals() -> AsyncIterator[asyncio.Event]:
    """Set by the first Ctrl-C or SIGTERM; the second ends the block at once."""
    stop, loop, task = asyncio.Event(), asyncio.get_running_loop(), asyncio.current_task()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def told() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    for number in before:
        loop.add_signal_handler(number, told)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


class Lines:
    """A line for what happens: sentences on stderr, or documents on stdout; a bounded number a second."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._clock = SystemClock()
        self._second = 0
        self._said = 0

    def progress(self, event: ProgressEvent) -> None:
        """The beginning and the end of a step."""
        if event.fraction not in {0.0, 1.0}:
            return
        second = int(self._clock.monotonic())
        if second != self._second:
            self._second, self._said = second, 0
        self._said += 1
        if self._said <= LINES_PER_SECOND_MAX:
            state = "begins" if event.fraction == 0 else "ends"
            self.say("progress", f"{event.step} {state}: {event.message}", step=event.step, state=state)

    def say(self, event: str, sentence: str, **facts: object) -> None:
        if self._as_json:
            self._print({"event": event, "message": sentence, **facts})
        else:
            sys.stderr.write(visible(sentence) + "\n")
            sys.stderr.flush()

    @staticmethod
    def _print(document: Mapping[str, object]) -> None:
        print_json(document)
        sys.stdout.flush()
