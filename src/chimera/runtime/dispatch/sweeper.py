"""What nobody else would notice: leases that are over, tasks whose hint was lost, letters beyond the bound."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from chimera.core.vocabulary import Priority, Role
from chimera.runtime.dispatch.hints import role_list, shared_list
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.runtime.dispatch.trouble import NO_POSTGRESQL, NO_REDIS, Trouble
from chimera.storage.records import dead_letter, task_need, task_waiting, task_work

SWEEP_SECONDS = 1.0
COUNT_EVERY = 5
"""Every fifth sweep the waiting rows are counted and compared with the hints."""
HINT_LOST_AFTER = timedelta(seconds=5)
HINTED_AT_ONCE = 10_000
_LOST_NEEDS_AT_ONCE = 100


class Sweeper:
    """Sweeps for all hosts; whoever comes first each time does it, the others leave it."""

    def __init__(self, queue: TaskQueue) -> None:
        self._queue = queue

    async def run(self) -> None:
        """Sweep every second, until cancelled."""
        trouble = Trouble("PostgreSQL", "sweeper")
        round_ = 0
        while True:
            try:
                await self.sweep(counting=round_ % COUNT_EVERY == 0)
                trouble.over()
            except NO_POSTGRESQL as error:
                trouble.begins(error)
                await trouble.pause()
            round_ += 1
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self, *, counting: bool) -> None:
        """Once. With `counting`, hints that were lost are found too."""
        now = self._queue.clock.now()
        depths = await self._depths() if counting else None
        async with self._queue.database.transaction() as connection:
            if not await task_waiting.try_sweeping(connection):
                return
            await task_work.expire(connection, now)
            ready = await task_waiting.take_unhinted(connection, now, HINTED_AT_ONCE)
            if counting:
                if lost := await task_need.lost_needs(connection, _LOST_NEEDS_AT_ONCE):
                    await task_need.cancel_dependents(connection, lost, now)
                await dead_letter.trim(connection)
            if depths is not None:
                missing = missing_hints(await task_waiting.due_counts(connection, now), depths)
                ready += await task_waiting.take_stale(connection, now, now - HINT_LOST_AFTER, missing)
        await self._queue.hint((task.id, task.agent_role, task.priority) for task in ready)

    async def _depths(self) -> dict[str, int] | None:
        try:
            return await self._queue.lists.depths()
        except NO_REDIS:
            return None


def missing_hints(
    due: Mapping[tuple[Role, Priority], int], depths: Mapping[str, int]
) -> dict[tuple[Role, Priority], int]:
    """How many hints of each role and priority must be gone, at least.

    What lies unsorted in a shared list may be anybody's: nothing is missing before it is sorted.
    """
    missing = {}
    for (role, priority), waiting in due.items():
        hinted = max(0, depths.get(role_list(priority, role), 0)) + max(0, depths.get(shared_list(priority), 0))
        if waiting > hinted:
            missing[role, priority] = min(waiting - hinted, HINTED_AT_ONCE)
    return missing
