"""One dispatcher a host, for all its agents: claims what idle agents can begin, and sees each attempt to its end."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

from chimera.core.background import Group, together
from chimera.core.vocabulary import Role
from chimera.runtime.dispatch.claims import LEASE, Claimed, Claims
from chimera.runtime.dispatch.hands import Roster
from chimera.runtime.dispatch.hint_lists import Message
from chimera.runtime.dispatch.letters import DeadLetters
from chimera.runtime.dispatch.results import WAITING_MAX, Results
from chimera.runtime.dispatch.running import Handler, Running
from chimera.runtime.dispatch.sweeper import Sweeper
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.runtime.dispatch.trouble import NO_POSTGRESQL, Trouble
from chimera.storage.records import task_waiting, task_work

CLAIMED_AT_ONCE = 800
"""Shared evenly by the roles that have idle agents."""
CLAIMED_OF_A_ROLE = 400
"""An urgent task waits for the claim under way; of low ones `hint_lists.LOW_AT_ONCE` are claimed."""
WAIT_SECONDS = 1.0
WAIT_SECONDS_SOME_BUSY = 0.2
"""A role whose agents were all busy is not waited for: once one of them is idle, it has to be soon."""
HELD_BACK_SECONDS = 0.2
"""How often it is asked whether work may begin, while it may not."""
ADDRESSED_SECONDS = 1.0


class Dispatcher:
    """Works on the tasks of `roles` with the agents of `roster`.

    While `may_begin()` is False nothing new is claimed, and what is under way goes on.
    """

    def __init__(
        self,
        host_id: UUID,
        roster: Roster,
        queue: TaskQueue,
        handlers: Mapping[str, Handler],
        roles: frozenset[Role],
        *,
        may_begin: Callable[[], bool],
        lease: timedelta = LEASE,
    ) -> None:
        self._host_id = host_id
        self._lease = lease
        self._roster = roster
        self._queue = queue
        self._roles = tuple(sorted(roles))
        self._may_begin = may_begin
        self._wake = asyncio.Event()
        self._addressed = asyncio.Event()
        self._letters = DeadLetters(queue.database, queue.clock)
        self._claims = Claims(host_id, queue, roles, self._letters, lease)
        self._running = Running(host_id, queue, roster, handlers, self._wake.set, lease)
        self._draining = False
        self._stopped_claiming = asyncio.Event()

    @property
    def results(self) -> Results:
        return self._running.results

    async def run(self) -> None:
        """Claim and work until cancelled, which stops what is under way, unwritten; `drain` first for a clean end."""
        async with together() as group:
            group.create_task(self._letters.run())
            group.create_task(self._running.results.run())
            group.create_task(self._running.renew())
            group.create_task(Sweeper(self._queue).run())
            group.create_task(self._claim_addressed(group))
            group.create_task(self._claim_hinted(group))

    async def drain(self, seconds: float) -> None:
        """Claim nothing more, wait for what is under way, then give the rest back for others; all in so long."""
        self._draining = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds * 0.7):
                await self._stopped_claiming.wait()
                await self._running.idle()
        stopped = await self._running.stop_all(seconds * 0.1)
        with contextlib.suppress(TimeoutError, *NO_POSTGRESQL):
            async with asyncio.timeout(seconds * 0.2):
                if stopped:
                    await self._running.give_back(stopped)
                await self._running.results.all_written()

    def _idle(self) -> dict[Role, int]:
        """How many tasks of each role could begin now, bounded for one claim."""
        idle = {role: count for role in self._roles if (count := self._roster.idle(role)) > 0}
        share = min(CLAIMED_OF_A_ROLE, CLAIMED_AT_ONCE // max(1, len(idle)))
        return {role: min(count, share) for role, count in idle.items()}

    def _may_claim(self) -> bool:
        return not self._draining and self._may_begin() and len(self._running.results) < WAITING_MAX

    async def _claim_hinted(self, group: Group) -> None:
        waiting: asyncio.Task[Message | None] | None = None
        trouble = Trouble("PostgreSQL", "claims")
        try:
            while not self._draining:
                self._wake.clear()
                idle = self._idle()
                if not idle or not self._may_claim():
                    await self._pause(WAIT_SECONDS if self._may_claim() else HELD_BACK_SECONDS)
                    continue
                arrived, waiting = _arrived(waiting)
                try:
                    if trouble.there:
                        await self._running.give_back_unknown()
                    claimed = await self._claims.next(idle, arrived)
                    await self._begin(group, claimed)
                    trouble.over()
                except NO_POSTGRESQL as error:
                    trouble.begins(error)
                    await trouble.pause()
                    continue
                if claimed.more or claimed.tasks:
                    await asyncio.sleep(0)
                    continue
                if waiting is None and not self._claims.polls:
                    seconds = WAIT_SECONDS if len(idle) == len(self._roles) else WAIT_SECONDS_SOME_BUSY
                    waiting = asyncio.create_task(self._claims.wait(idle, seconds))
                    waiting.add_done_callback(lambda _: self._wake.set())
                await self._pause(WAIT_SECONDS)
        finally:
            await self._end_waiting(waiting)
            self._stopped_claiming.set()

    async def _begin(self, group: Group, claimed: Claimed) -> None:
        if claimed.addressed:
            self._addressed.set()
        if left := self._running.begin(group, claimed.tasks):
            await self._running.give_back(left)
            await asyncio.sleep(HELD_BACK_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _end_waiting(self, waiting: asyncio.Task[Message | None] | None) -> None:
        """A message that came meanwhile is put back; on a sudden end the sweeper finds its task."""
        if waiting is None:
            return
        if not self._draining:
            waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            if (message := await waiting) is not None:
                await self._claims.give_back_messages([message])

    async def _claim_addressed(self, group: Group) -> None:
        """Tasks addressed to one agent of this host: asked for when a hint named one, and every second."""
        trouble = Trouble("PostgreSQL", "addressed tasks")
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ADDRESSED_SECONDS):
                    await self._addressed.wait()
            self._addressed.clear()
            if not self._may_claim():
                continue
            try:
                await self._claim_addressed_once(group)
                trouble.over()
            except NO_POSTGRESQL as error:
                trouble.begins(error)
                await trouble.pause()

    async def _claim_addressed_once(self, group: Group) -> None:
        now = self._queue.clock.now()
        async with self._queue.database.transaction() as connection:
            found = await task_waiting.addressed_to(connection, self._host_id, now, CLAIMED_AT_ONCE)
        agents = {
            task.id: task.agent_id
            for task in found
            if self._roster.acquire(task.agent_role, task.id, task.agent_id) is not None
        }
        if not agents:
            return
        claimed = set()
        try:
            async with self._queue.database.transaction() as connection:
                roles = {task.id: task.agent_role for task in found if task.id in agents}
                tasks = await task_work.claim_addressed(connection, agents, roles, self._host_id, now, self._lease)
            for task in tasks:
                claimed.add(task.id)
                self._running.begin_with(group, task, agents[task.id])
        finally:
            for task_id in agents.keys() - claimed:
                self._roster.release(agents[task_id], 0, failed=False)


def _arrived(
    waiting: asyncio.Task[Message | None] | None,
) -> tuple[list[Message], asyncio.Task[Message | None] | None]:
    """What the wait brought if it is over, and the wait if it is not."""
    if waiting is None or not waiting.done():
        return [], waiting
    message = waiting.result()
    return ([message] if message is not None else []), None
