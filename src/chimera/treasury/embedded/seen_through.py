"""Work on the books that goes on to its end when whoever waits for it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

END_SECONDS_MAX = 60.0

Result = TypeVar("Result")


class SeenThrough:
    """Holds what is under way until it is done."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[object]] = set()

    def begin(self, work: "Coroutine[None, None, Result]") -> "asyncio.Task[Result]":
        """Start the work; `shield` it where it is awaited."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task

    async def to_its_end(self, work: "Coroutine[None, None, Result]") -> Result:
        """What the work gives; a cancelled caller is told so when it has ended."""
        task = self.begin(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            raise

    async def aclose(self) -> None:
        """Wait for everything under way, a minute at most."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=END_SECONDS_MAX)

    def _ended(self, task: "asyncio.Task[object]") -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # seen by whoever waits; asyncio need not tell it again
