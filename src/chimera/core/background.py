"""Work beside a block: begun with it, and surely ended with it.

A task is cancelled until it has ended: Python 3.11's `wait_for`, which database drivers use, can lose a cancellation.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

CANCEL_AGAIN_SECONDS = 0.5


async def end(*tasks: asyncio.Task[Any], again_seconds: float = CANCEL_AGAIN_SECONDS) -> None:
    """Cancel the tasks, again every so many seconds, until all have ended; what they failed with is dropped."""
    interrupted = False
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=again_seconds)
        except asyncio.CancelledError:
            interrupted = True  # whoever ends us hears of it below: nothing is left behind for that
    await asyncio.gather(*tasks, return_exceptions=True)
    if interrupted:
        raise asyncio.CancelledError


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Run `work` as a task named `name` while the block runs, then end it."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        await end(task)


class Group:
    """Tasks that live and end together; see `together`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failure: BaseException | None = None
        self._over = asyncio.Event()
        self._ending = False

    def create_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin one more task.

        Raises:
            asyncio.CancelledError: the group ends. Whoever asks is of it, and has missed its own cancellation.
        """
        if self._ending:
            work.close()
            raise asyncio.CancelledError
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failure = self._failure or failure
        if self._failure is not None or not self._tasks:
            self._over.set()

    async def _wait(self) -> None:
        if self._tasks:
            await self._over.wait()

    async def _end(self) -> None:
        self._ending = True
        await end(*self._tasks)


@asynccontextmanager
async def together() -> AsyncIterator[Group]:
    """A group of tasks: the block ends when all of them have, or ends them all when one fails or it is cancelled.

    Raises:
        BaseException: what the first that failed failed with.
    """
    group = Group()
    try:
        yield group
        await group._wait()
    finally:
        await group._end()
    if group._failure is not None:
        raise group._failure
