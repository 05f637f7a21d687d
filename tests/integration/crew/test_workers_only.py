"""A channel made by `chimera worker` processes alone: registered, and nobody runs `studio run`."""

import asyncio
import time

import pytest

from chimera.bench.chaos.run import ChaosSize, Trial, open_trial
from chimera.bootstrap.ledger_log import verify_studio_ledger
from chimera.bootstrap.studio import Studio, open_studio
from chimera.core.clock import SystemClock
from chimera.core.progress import silent
from chimera.core.vocabulary import TaskKind, TaskState
from chimera.runtime.coordination.objectives import register
from chimera.storage.records import objective_task
from chimera.storage.records.objective import ObjectiveRecord
from chimera.storage.records.task import TaskRecord
from factories_channels import make_objective

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SECONDS_MAX = 400
LOOK_SECONDS = 0.5


async def made(trial: Trial, studio: Studio, channel: ObjectiveRecord) -> list[TaskRecord]:
    """The channel's tasks, once its first piece counts; the crew's processes are kept at work meanwhile."""
    until = time.monotonic() + SECONDS_MAX
    while time.monotonic() < until:
        trial.processes.keep()
        async with studio.database.transaction() as connection:
            tasks = await objective_task.ordered(connection, channel.id, channel.created_at)
        if any(task.kind == TaskKind.CONTENT and task.state is TaskState.DONE for task in tasks):
            return tasks
        await asyncio.sleep(LOOK_SECONDS)
    raise AssertionError(f"no piece in {SECONDS_MAX} s: {[(task.kind, task.state, task.error) for task in tasks]}")


async def trial_of_a_channel(trial: Trial) -> None:
    async with open_studio(trial.ground.settings, SystemClock()) as studio:
        wanted = make_objective(
            every="1d", prepare="1d", quality="draft", replay={"start": "2013-04-11T12:00:00Z", "step": "12h"}
        )
        channel = (await register(studio.database, studio.clock, wanted)).record
        tasks = await made(trial, studio, channel)
        (piece,) = [task for task in tasks if task.kind == TaskKind.CONTENT and task.state is TaskState.DONE]
        assert sum(post.content_id == piece.content_id for post in studio.channel.posts()) == 1
        done = [task for task in tasks if task.state is TaskState.DONE]
        assert {task.kind for task in done} >= {TaskKind.SCAN, TaskKind.CHOOSE, TaskKind.CONTENT}
        assert all((task.review or {}).get("outcome") == "go_on" for task in done)
        assert (await verify_studio_ledger(studio)).ok


def test_two_workers_make_a_channel_s_piece_from_scan_to_review() -> None:
    with open_trial(ChaosSize(kills=0, seed=1, pieces=0, hosts=2), silent) as trial:
        asyncio.run(trial_of_a_channel(trial))
        assert {code for code, _ in trial.processes.end()} == {0}
