"""Work beside a block: begun with it, and surely ended with it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

_CANCEL_AGAIN_SECONDS = 0.5


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Run `work` as a task named `name` while the block runs, then end it.

    It is cancelled until it has ended: Python 3.11's `wait_for`, which database drivers use, can lose a cancellation.
    """
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_CANCEL_AGAIN_SECONDS)
        await asyncio.gather(task, return_exceptions=True)
