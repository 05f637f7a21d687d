"""`chimera queue stats|peek|dead|retry`: what waits, what was refused or given up, and putting a task back."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter
from redis.exceptions import RedisError

from chimera.bootstrap.studio import Studio
from chimera.cli.document import print_json
from chimera.cli.options import Json, Limit
from chimera.cli.queue_text import (
    letter_document,
    print_letters,
    print_stats,
    print_tasks,
    stats_document,
    task_document,
)
from chimera.cli.screen import screen
from chimera.cli.studio import studio_of_environment
from chimera.cli.transaction import whole_id
from chimera.core.errors import Conflict, ValidationFailed
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.records import dead_letter, task, task_waiting, task_work

Clear = Annotated[bool, Parameter(name="--clear", negative="", help="Drop every dead letter; its task stays as it is.")]


async def stats(*, json: Json = False) -> None:
    """Show how many hints and tasks there are, since when the oldest waits, and what was done in the last hour."""
    async with studio_of_environment() as studio:
        depths = await _depths(studio)
        now = studio.clock.now()
        async with studio.database.transaction() as connection:
            counts = await task_waiting.counts(connection)
            done = await task_waiting.done_since(connection, now - timedelta(hours=1))
            letters = await dead_letter.count(connection)
    document = stats_document(depths, counts, done, letters)
    if json:
        print_json(document)
    else:
        print_stats(depths, counts, document, now, screen())


async def peek(*, limit: Limit = 20, json: Json = False) -> None:
    """List the queued tasks in the order of their priority and age."""
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        tasks = await task_waiting.next_tasks(connection, limit)
    if json:
        print_json({"tasks": [task_document(found) for found in tasks]})
    else:
        print_tasks(tasks, screen())


async def dead(*, limit: Limit = 20, clear: Clear = False, json: Json = False) -> None:
    """List the newest dead letters with their reasons; with --clear, drop them all."""
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        letters = await dead_letter.newest(connection, limit)
        dropped = await dead_letter.clear(connection, studio.clock.now()) if clear else 0
    if json:
        shown = {"letters": [letter_document(letter) for letter in letters]}
        print_json({**shown, "dropped": dropped} if clear else shown)
    elif clear:
        screen().print(f"{dropped} dead letters dropped.")
    else:
        print_letters(letters, screen())


async def retry(task_id: str, *, json: Json = False) -> None:
    """Queue a task that failed or was given up once more."""
    wanted = _task_id(task_id)
    async with studio_of_environment() as studio:
        now = studio.clock.now()
        async with studio.database.transaction() as connection:
            ready = await task_work.retry(connection, wanted, now)
            found = await task.get(connection, wanted)
        if found is None:
            raise ValidationFailed(f"there is no task {wanted}: see `chimera queue dead`", {"field": "task"})
        if ready is None:
            raise Conflict(f"the task is {found.state}: only a failed or dead one is put back", {"state": found.state})
        queue = TaskQueue(studio.database, studio.redis, studio.clock)
        await queue.hint([(ready.id, ready.agent_role, ready.priority)])
    if json:
        print_json(task_document(found))
    else:
        screen().print(f"{found.id} is queued again, attempt {found.attempt + 1} of {found.attempts_max}.")


async def _depths(studio: Studio) -> dict[str, int] | None:
    """The length of each list that is not empty; None if Redis can't tell."""
    try:
        return await TaskQueue(studio.database, studio.redis, studio.clock).lists.depths()
    except (RedisError, OSError):
        return None


def _task_id(text: str) -> UUID:
    found = whole_id(text)
    if found is None:
        raise ValidationFailed(f"{text!r} is no task's id: see `chimera queue dead --json`", {"field": "task"})
    return found
