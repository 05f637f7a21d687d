"""A process that dispatches no-ops until it is killed. Its arguments: the two urls, and the lease in seconds."""

import asyncio
import os
import sys
from datetime import timedelta
from uuid import UUID

from chimera.contracts.task import TaskOutcome
from chimera.core.clock import SystemClock
from chimera.core.vocabulary import Role, TaskState
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.storage.database import open_database
from chimera.storage.records.task import TaskRecord
from factories_dispatch import Hands, dispatcher_of, opened_redis


async def _work(task: TaskRecord, _agent: UUID) -> TaskOutcome:
    await asyncio.sleep(0.02)
    return TaskOutcome(state=TaskState.DONE, result={"process": os.getpid(), "attempt": task.attempt})


async def main(database_url: str, redis_url: str, lease_seconds: float) -> None:
    async with open_database(database_url) as database, opened_redis(redis_url) as redis:
        queue = TaskQueue(database, redis, SystemClock())
        hands = Hands({Role.SCOUT: 10})
        await dispatcher_of(queue, hands, _work, lease=timedelta(seconds=lease_seconds)).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
