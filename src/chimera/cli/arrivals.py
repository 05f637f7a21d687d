"""`chimera approvals watch`: what waits for a person, told as it comes."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from chimera.cli.approval_text import NOTHING_WAITS, arrival, escalation_lines
from chimera.contracts.escalation import Escalation
from chimera.core.clock import Clock

POLL_SECONDS = 15.0
"""A notice brings news at once; this is for one that was lost, and for the time that is left."""
SHOWN_MAX = 200

ReadEscalations = Callable[[int], Awaitable[tuple[Escalation, ...]]]
Wait = Callable[[float], Awaitable[object]]


async def waiting_now(read: ReadEscalations, wait: Wait) -> AsyncIterator[tuple[Escalation, ...]]:
    """What waits now, the oldest first and at most 200, and again whenever that may have changed."""
    while True:
        yield tuple(escalation for escalation in await read(SHOWN_MAX) if escalation.state == "waiting")
        await wait(POLL_SECONDS)


async def tell_arrivals(states: AsyncIterator[tuple[Escalation, ...]], *, as_json: bool) -> None:
    """Each request once, a line each: for people, or as one JSON document."""
    told: frozenset[UUID] = frozenset()
    async for waiting in states:
        for escalation in waiting:
            if escalation.tx_id not in told:
                sys.stdout.write((escalation.model_dump_json() if as_json else arrival(escalation)) + "\n")
        sys.stdout.flush()
        told = frozenset(escalation.tx_id for escalation in waiting)


async def show_live(states: AsyncIterator[tuple[Escalation, ...]], clock: Clock, console: Console) -> None:
    """The list on a terminal, drawn anew in place."""
    with Live(console=console, auto_refresh=False, transient=False) as live:
        async for waiting in states:
            lines = escalation_lines(waiting, clock.now(), console.width) if waiting else [Text(NOTHING_WAITS)]
            live.update(Group(*lines, Text("Ctrl-C ends", style="dim")), refresh=True)
