"""`chimera studio run|status|example|pause|resume`: channels that run by themselves."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter, validators

from chimera.agents.director.persona import load_persona
from chimera.agents.planner.objective_file import example_text, read_objective
from chimera.agents.planner.planning import Plan
from chimera.bootstrap.coordination import coordinator_of, queue_of
from chimera.bootstrap.handlers import handlers_of
from chimera.bootstrap.roster import one_of_each
from chimera.bootstrap.studio import open_studio
from chimera.bootstrap.workshop import EVERY_ROLE, Workshop, open_workshop
from chimera.cli.channel_status import print_status, status_document
from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.cli.person import As, person
from chimera.cli.scout import parse_as_of
from chimera.cli.screen import screen, visible
from chimera.cli.studio import studio_of_environment
from chimera.cli.worker import AsLines, stop_signals
from chimera.config.settings import Settings
from chimera.contracts.channel_event import ChannelEvent
from chimera.contracts.objective import Objective
from chimera.core import background
from chimera.core.clock import SystemClock
from chimera.core.errors import EngineUnavailable
from chimera.core.progress import silent
from chimera.core.vocabulary import Role
from chimera.runtime.coordination import objectives
from chimera.runtime.coordination.coordinator import Coordinator
from chimera.runtime.coordination.telling import ChannelTeller
from chimera.runtime.dispatch.dispatcher import Dispatcher
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.sources.catalogue import open_source

DRAIN_SECONDS = 7.0
"""What steps at work get of the ten seconds in which the process ends; the rest is for closing."""
ObjectiveFile = Annotated[Path, Parameter(help="The channel's objective, TOML or JSON: `chimera studio example`.")]
Until = Annotated[str | None, Parameter(help="Stop at this moment (ISO 8601), instead of at Ctrl-C.")]
Pieces = Annotated[
    int | None, Parameter(validator=validators.Number(gte=1), help="Stop once so many pieces were published.")
]
Agents = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1000), help="How many agents of each role.")]
Name = Annotated[str, Parameter(help="The objective's name.")]


async def run(
    *, objective: ObjectiveFile, until: Until = None, pieces: Pieces = None, agents: Agents = 1, json: AsLines = False
) -> None:
    """Run the channel unattended until it is stopped: find, choose, make, review, publish, at its cadence.

    A second run on the same objective goes on where the first stopped; a changed file is taken up, and what it changes
    is told.
    """
    wanted = read_objective(objective)
    _check(wanted)
    end = parse_as_of(until) if until is not None else None
    clock = SystemClock()
    log = _Log(as_json=json)
    async with open_studio(Settings.from_environment(os.environ), clock) as studio:
        registered = await objectives.register(studio.database, clock, wanted)
        log(_registered(registered, clock.now()))
        counts = {role: 1 if role is Role.CFO else agents for role in one_of_each(studio)}
        async with open_workshop(studio, silent, EVERY_ROLE, counts) as shop:
            await studio.sweep()
            await _work(shop, registered.record.id, log, end, pieces)


async def _work(shop: Workshop, objective_id: UUID, log: "_Log", end: datetime | None, pieces: int | None) -> None:
    clock = shop.studio.clock
    teller = ChannelTeller(shop.studio.database, clock, objective_id, log)
    await teller.look(None)
    queue = queue_of(shop)
    coordinator = coordinator_of(shop, queue, frozenset({objective_id}))
    dispatcher = _dispatcher(shop, queue, coordinator)
    enough = asyncio.Event()

    async def seen(planned: Mapping[UUID, Plan]) -> None:
        await teller.look(planned.get(objective_id))
        if (end is not None and clock.now() >= end) or (pieces is not None and log.published >= pieces):
            enough.set()

    working = [
        asyncio.create_task(dispatcher.run(), name="dispatcher"),
        asyncio.create_task(coordinator.run(seen), name="coordination"),
    ]
    try:
        async with stop_signals() as stop:
            await _until_ended([stop, enough], shop, working)
            log.say(f"stopping: what is at work gets {DRAIN_SECONDS:.0f} seconds, the rest is left for the next run")
            working[1].cancel()
            await asyncio.gather(dispatcher.drain(DRAIN_SECONDS), shop.durable.drain(DRAIN_SECONDS))
    finally:
        await background.end(*working)
    await teller.look(None)


def _dispatcher(shop: Workshop, queue: TaskQueue, coordinator: Coordinator) -> Dispatcher:
    def may_begin() -> bool:
        return not (shop.crew.halt.halted() or shop.host.lost.is_set())

    handlers = handlers_of(shop, coordinator)
    return Dispatcher(shop.host.id, shop.roster, queue, handlers, shop.host.roles, may_begin=may_begin)


async def _until_ended(ends: Sequence[asyncio.Event], shop: Workshop, working: Sequence[asyncio.Task[None]]) -> None:
    """Until one of the ends is there.

    Raises:
        EngineUnavailable: the process has lost its slot: others may have its work.
    """
    waits = [asyncio.create_task(event.wait()) for event in (*ends, shop.host.lost)]
    try:
        await asyncio.wait([*waits, *working], return_when=asyncio.FIRST_COMPLETED)
        for task in working:
            if task.done():
                task.result()
        if shop.host.lost.is_set():
            raise EngineUnavailable("this process was cut off for too long: run it again, it goes on where it stopped")
    finally:
        for wait in waits:
            wait.cancel()


async def status(*, json: Json = False) -> None:
    """Show every channel: its state, the day's money, the next slots, what is under way, and the last outcomes."""
    async with studio_of_environment() as studio:
        document = await status_document(studio.database, studio.clock)
    if json:
        print_json(document)
    else:
        print_status(document, screen())


async def example() -> None:
    """Print a commented objective, ready to be changed."""
    sys.stdout.write(example_text())


async def pause(name: Name, *, reason: str = "a person paused it", as_: As = None) -> None:
    """Order nothing more for a channel; what is under way is finished."""
    by = person(as_)
    async with studio_of_environment() as studio:
        paused = await objectives.pause(studio.database, studio.clock, name, f"{by}: {reason}")
    sys.stdout.write(visible(f"{paused.name} is paused: {paused.state_reason}") + "\n")


async def resume(name: Name) -> None:
    """Let a paused channel go on."""
    async with studio_of_environment() as studio:
        going = await objectives.set_going(studio.database, studio.clock, name)
    sys.stdout.write(visible(f"{going.name} goes on") + "\n")


def _check(objective: Objective) -> None:
    """What the file names must be there before anything starts; errors as of each."""
    open_source(objective.source, objective.columns)
    for persona in objective.personas:
        load_persona(persona)


def _registered(found: objectives.Registered, now: datetime) -> ChannelEvent:
    told = {
        "new": "a new channel",
        "same": "goes on as it was",
        "changed": f"changed (version {found.record.version}): {'; '.join(found.changes)}",
    }[found.outcome]
    if found.record.state == "paused":
        told += f"; paused: {found.record.state_reason}. `chimera studio resume {found.record.name}` lets it go on"
    details = {"version": found.record.version, "outcome": found.outcome}
    return ChannelEvent(at=now, objective=found.record.name, event="registered", message=told, details=details)


class _Log:
    """The running log: a line each event, for people on stdout, or as JSON lines."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.published = 0

    def __call__(self, event: ChannelEvent) -> None:
        self.published += event.event == "published"
        if self._as_json:
            sys.stdout.write(event.model_dump_json() + "\n")
        else:
            slot = f"{event.slot:%H:%M} " if event.slot else ""
            line = f"{event.at:%Y-%m-%d %H:%M:%S} {event.objective} {slot}{event.event}: {event.message}"
            sys.stdout.write(visible(line) + "\n")
        sys.stdout.flush()

    def say(self, sentence: str) -> None:
        """What is no event of the channel, for people only."""
        if not self._as_json:
            sys.stdout.write(sentence + "\n")
            sys.stdout.flush()
