"""Work beside a block surely ends with it, also where a task misses its first cancellation."""

import asyncio
from collections.abc import Callable

import pytest

from chimera.core.background import Group, beside, end, together


async def for_ever() -> None:
    await asyncio.Event().wait()


def deaf(times: int) -> tuple[Callable[[], int], "asyncio.Task[None]"]:
    """A task that misses so many cancellations, and how many it has heard."""
    heard = 0

    async def work() -> None:
        nonlocal heard
        while heard <= times:
            try:
                await for_ever()
            except asyncio.CancelledError:
                heard += 1
        raise asyncio.CancelledError

    return (lambda: heard), asyncio.create_task(work())


async def test_a_task_that_misses_cancellations_is_cancelled_again() -> None:
    heard, task = deaf(times=2)
    await asyncio.sleep(0)
    await end(task, again_seconds=0.01)
    assert task.cancelled()
    assert heard() == 3


async def test_whoever_is_cancelled_while_ending_tasks_leaves_none_behind() -> None:
    _, task = deaf(times=5)
    await asyncio.sleep(0)
    ending = asyncio.create_task(end(task, again_seconds=0.01))
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert task.done()


async def test_what_runs_beside_a_block_ends_with_it() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await for_ever()
        finally:
            ended.set()

    async with beside(work(), "work"):
        await asyncio.sleep(0)
    assert ended.is_set()


async def test_the_first_that_fails_ends_the_group() -> None:
    async def fails() -> None:
        raise ValueError("no")

    waiting: list[asyncio.Task[None]] = []

    async def run() -> None:
        async with together() as group:
            waiting.append(group.create_task(for_ever()))
            group.create_task(fails())

    with pytest.raises(ValueError, match="no"):
        await run()
    assert waiting[0].cancelled()


async def test_a_group_is_over_when_all_of_it_is() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        done.append(number)

    async with together() as group:
        for number in range(3):
            group.create_task(work(number))
    assert done == [0, 1, 2]


async def test_a_group_that_ends_takes_no_more_tasks() -> None:
    async def late(group: Group) -> None:
        try:
            await for_ever()
        except asyncio.CancelledError:
            group.create_task(for_ever())

    async def run() -> None:
        async with together() as group:
            group.create_task(late(group))

    running = asyncio.create_task(run())
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
