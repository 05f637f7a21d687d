"""Jobs over a real MCP session: paid for, run once, measured, ended with their process group."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from nacl.signing import SigningKey

from chimera.contracts.production import Narration, SoundJob, VoiceJob
from chimera.core.clock import SystemClock
from chimera.core.errors import (
    BudgetExceeded,
    ChimeraError,
    Conflict,
    EngineUnavailable,
    Forbidden,
    InvalidSignature,
    McpTimeout,
    ToolFailed,
    ValidationFailed,
    VideoTooLong,
)
from chimera.core.vocabulary import Role
from chimera.security.permissions import Caller
from chimera.tools import tool_session
from chimera.tools.permit import Permit
from chimera.tools.tool_failure import died_alone, is_lost
from chimera.tools.tool_server import ServerCommand
from chimera.tools.toolbox import Toolbox, open_toolbox
from factories_production import an_artist

Approve = Callable[..., Permit]


def job(*beats: str) -> VoiceJob:
    return VoiceJob(beats=beats, voice="af_heart", speed=1.0)


def nothing(fraction: float) -> None:
    """A listener that shows nothing."""


def runs_of(folder: Path) -> list[int]:
    runs = folder / "runs.txt"
    return [int(line) for line in runs.read_text().split()] if runs.exists() else []


async def appears(path: Path) -> None:
    await until(path.exists)


def alive(pid: int) -> bool:
    """Whether the process runs; one that is dead and not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except FileNotFoundError:
        return False


async def ends(pid: int) -> None:
    await until(lambda: not alive(pid))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - another process makes it true
            await asyncio.sleep(0.01)


def contents(folder: Path) -> list[Path]:
    return list(folder.iterdir())


needs_full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
shared = pytest.mark.asyncio(loop_scope="module")
"""For tests that leave the one server of this module as it is."""


@shared
async def test_a_job_runs_and_answers_its_result_with_measured_cpu_seconds(
    shared_toolbox: Toolbox, approve: Approve, folder: Path
) -> None:
    told: list[float] = []
    status = await shared_toolbox.run("voice", uuid4(), folder, job("burn"), permit=approve(), progress=told.append)
    assert status.result is not None
    assert Narration.model_validate(status.result).audio.is_file()
    assert status.cpu_seconds is not None
    assert status.cpu_seconds > 0.1
    assert told[-1] == 1.0
    assert told == sorted(told)


@shared
async def test_a_job_can_not_use_more_than_the_approval_still_holds(
    shared_toolbox: Toolbox, approve: Approve, folder: Path
) -> None:
    permit = replace(approve(amount="0.50"), usd_per_cpu_second=Decimal("0.25"))
    with pytest.raises(BudgetExceeded, match="2 CPU-seconds") as failure:
        await shared_toolbox.run("voice", uuid4(), folder, job("spin"), permit=permit, progress=nothing)
    used = failure.value.details["cpu_seconds"]
    assert isinstance(used, float)
    assert 1.5 < used < 4
    spent = replace(permit, spent_usd=Decimal("0.375"))
    with pytest.raises(BudgetExceeded, match="not enough for another job"):
        await shared_toolbox.run("voice", uuid4(), folder, job("one"), permit=spent, progress=nothing)


@shared
async def test_the_same_job_again_is_not_run_again(shared_toolbox: Toolbox, approve: Approve, folder: Path) -> None:
    job_id = uuid4()
    first = await shared_toolbox.run("voice", job_id, folder, job("one"), permit=approve(), progress=nothing)
    assert first == await shared_toolbox.run("voice", job_id, folder, job("one"), permit=approve(), progress=nothing)
    assert len(runs_of(folder)) == 1


@shared
async def test_another_job_under_the_same_id_is_a_conflict(
    shared_toolbox: Toolbox, approve: Approve, folder: Path
) -> None:
    job_id = uuid4()
    await shared_toolbox.run("voice", job_id, folder, job("one"), permit=approve(), progress=nothing)
    with pytest.raises(Conflict):
        await shared_toolbox.run("voice", job_id, folder, job("two"), permit=approve(), progress=nothing)


@shared
async def test_a_job_cannot_name_a_file_outside_its_production(
    shared_toolbox: Toolbox, approve: Approve, folder: Path
) -> None:
    narration = Narration(audio=folder / "../../../etc/passwd", duration_ms=1, voice="x", words=())
    with pytest.raises(ValidationFailed, match="outside"):
        await shared_toolbox.run(
            "sound", uuid4(), folder, SoundJob(narration=narration, mood="calm", seed=1),
            permit=approve(), progress=nothing,
        )  # fmt: skip


@shared
async def test_a_folder_outside_the_servers_root_is_refused(
    shared_toolbox: Toolbox, approve: Approve, tmp_path: Path
) -> None:
    with pytest.raises(ValidationFailed, match="no folder inside"):
        await shared_toolbox.run("voice", uuid4(), tmp_path, job("one"), permit=approve(), progress=nothing)


@shared
@pytest.mark.parametrize(
    ("order", "kind", "message"),
    [
        ("too-long", VideoTooLong, "700 seconds"),
        pytest.param("fill", ToolFailed, "disk is full", marks=needs_full_disk),
        ("break", ToolFailed, "broke with KeyError"),
        ("crash", ToolFailed, "signal 9"),
    ],
)
async def test_a_tools_failure_comes_back_as_the_failure_it_is(
    shared_toolbox: Toolbox, approve: Approve, folder: Path, order: str, kind: type[ChimeraError], message: str
) -> None:
    with pytest.raises(kind, match=message) as failure:
        await shared_toolbox.run("voice", uuid4(), folder, job(order), permit=approve(), progress=nothing)
    assert "secret" not in str(failure.value.details)
    assert isinstance(failure.value.details["cpu_seconds"], float)


@shared
async def test_what_a_job_prints_stays_out_of_the_protocol(
    shared_toolbox: Toolbox, approve: Approve, folder: Path
) -> None:
    job_id = uuid4()
    await shared_toolbox.run("voice", job_id, folder, job("chatter"), permit=approve(), progress=nothing)
    assert "must not reach" in (folder / "jobs" / str(job_id) / "job.log").read_text()


def tampered(permit: Permit) -> Permit:
    document = permit.approval.document.replace('"0.25"', '"9.25"')
    return replace(permit, approval=permit.approval.model_copy(update={"document": document}))


@shared
async def test_no_approval_no_process(shared_toolbox: Toolbox, approve: Approve, folder: Path) -> None:
    other_key = approve(key=SigningKey(bytes(32)))
    renamed = replace(other_key, approval=other_key.approval.model_copy(update={"key_id": approve().approval.key_id}))
    refused = [
        tampered(approve()),
        other_key,
        renamed,
        approve(decision="rejected"),
        approve(decision="escalated"),
        replace(approve(), agent_id=uuid4()),
        replace(approve(), request_id=uuid4()),
        approve(amount="NaN"),
    ]
    for permit in refused:
        with pytest.raises(InvalidSignature):
            await shared_toolbox.run("voice", uuid4(), folder, job("one"), permit=permit, progress=nothing)
    assert contents(folder) == []


@shared
async def test_a_spent_approval_starts_nothing(shared_toolbox: Toolbox, approve: Approve, folder: Path) -> None:
    spent = approve(amount="0.25").after(Decimal("0.25"))
    with pytest.raises(BudgetExceeded):
        await shared_toolbox.run("voice", uuid4(), folder, job("one"), permit=spent, progress=nothing)
    assert contents(folder) == []


@shared
async def test_cancelling_ends_the_job_and_what_it_started(
    shared_toolbox: Toolbox, approve: Approve, folder: Path
) -> None:
    job_id = uuid4()
    running = asyncio.create_task(
        shared_toolbox.run("voice", job_id, folder, job("hang"), permit=approve(), progress=nothing)
    )
    await appears(folder / "hanging")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await ends(int((folder / "grandchild.pid").read_text()))
    await ends(runs_of(folder)[0])
    with pytest.raises(ToolFailed, match="cancelled"):
        await shared_toolbox.run("voice", job_id, folder, job("hang"), permit=approve(), progress=nothing)


async def test_a_job_over_its_time_is_ended_with_a_timeout(
    command: ServerCommand, cfo_key: SigningKey, approve: Approve, folder: Path
) -> None:
    async with open_toolbox(
        replace(command, limit_seconds=8.0), cfo_key.verify_key, SystemClock(), an_artist
    ) as toolbox:
        with pytest.raises(McpTimeout):
            await toolbox.run("voice", uuid4(), folder, job("hang"), permit=approve(), progress=nothing)
    await ends(int((folder / "grandchild.pid").read_text()))


@shared
async def test_one_job_at_a_time_unless_asked(shared_toolbox: Toolbox, approve: Approve, folder: Path) -> None:
    first = asyncio.create_task(
        shared_toolbox.run("voice", uuid4(), folder, job("hang"), permit=approve(), progress=nothing)
    )
    await appears(folder / "hanging")
    told: list[float] = []
    second = asyncio.create_task(
        shared_toolbox.run("voice", uuid4(), folder, job("two"), permit=approve(), progress=told.append)
    )
    await until(lambda: len(told) >= 3)
    assert len(runs_of(folder)) == 1
    (folder / "go").touch()
    assert (await first).state == (await second).state == "succeeded"


async def test_closing_the_toolbox_ends_its_jobs(
    command: ServerCommand, cfo_key: SigningKey, approve: Approve, folder: Path
) -> None:
    async with open_toolbox(command, cfo_key.verify_key, SystemClock(), an_artist) as toolbox:
        job_id = uuid4()
        running = asyncio.create_task(
            toolbox.run("voice", job_id, folder, job("hang"), permit=approve(), progress=nothing)
        )
        await appears(folder / "hanging")
    with pytest.raises((EngineUnavailable, ToolFailed)):
        await running
    await ends(runs_of(folder)[0])
    async with open_toolbox(command, cfo_key.verify_key, SystemClock(), an_artist) as toolbox:
        with pytest.raises(ToolFailed) as failure:
            await toolbox.run("voice", job_id, folder, job("hang"), permit=approve(), progress=nothing)
        assert is_lost(failure.value)


async def test_a_server_that_cannot_start_is_named(
    command: ServerCommand, cfo_key: SigningKey, approve: Approve, folder: Path
) -> None:
    broken = replace(command, functions={"no-such-tool": "a:b"})
    async with open_toolbox(broken, cfo_key.verify_key, SystemClock(), an_artist) as toolbox:
        with pytest.raises(EngineUnavailable, match=r"tools\.log"):
            await toolbox.run("voice", uuid4(), folder, job("one"), permit=approve(), progress=nothing)
        assert not await toolbox.healthy()


def server_pid(root: Path) -> int:
    found = server_pid_or_none(root)
    assert found is not None
    return found


def server_pid_or_none(root: Path) -> int | None:
    """The tool server's pid: our only child whose command line names this root."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"chimera.tools.local.server" in words and f"--root={root}".encode() in words:
                return int(entry.name)
    return None


linux_only = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")


@linux_only
async def test_a_killed_servers_orphan_is_adopted_and_not_run_twice(
    toolbox: Toolbox, command: ServerCommand, approve: Approve, folder: Path
) -> None:
    running = asyncio.create_task(
        toolbox.run("voice", uuid4(), folder, job("hang"), permit=approve(), progress=nothing)
    )
    await appears(folder / "hanging")
    os.kill(server_pid(command.root), 9)
    (folder / "go").touch()
    status = await running
    assert status.state == "succeeded"
    assert status.cpu_seconds is not None
    assert status.cpu_seconds > 0
    assert len(runs_of(folder)) == 1


@linux_only
async def test_after_killing_everything_the_job_is_lost_and_a_new_attempt_runs(
    toolbox: Toolbox, command: ServerCommand, approve: Approve, folder: Path
) -> None:
    running = asyncio.create_task(
        toolbox.run("voice", uuid4(), folder, job("hang"), permit=approve(), progress=nothing)
    )
    await appears(folder / "hanging")
    os.kill(server_pid(command.root), 9)
    os.killpg(runs_of(folder)[0], 9)
    with pytest.raises(ToolFailed) as failure:
        await running
    assert is_lost(failure.value)
    assert not died_alone(failure.value)
    used = failure.value.details["cpu_seconds"]
    assert isinstance(used, float), "what a killed job last told counts against its approval"
    assert used > 0
    again = await toolbox.run("voice", uuid4(), folder, job("one"), permit=approve(), progress=nothing)
    assert again.state == "succeeded"


async def test_a_job_that_dies_under_a_living_server_died_alone(
    toolbox: Toolbox, approve: Approve, folder: Path
) -> None:
    running = asyncio.create_task(
        toolbox.run("voice", uuid4(), folder, job("hang"), permit=approve(), progress=nothing)
    )
    await appears(folder / "hanging")
    os.killpg(runs_of(folder)[0], 9)
    with pytest.raises(ToolFailed) as failure:
        await running
    assert died_alone(failure.value)


@linux_only
async def test_a_server_killed_while_it_starts_is_started_again(
    toolbox: Toolbox, command: ServerCommand, approve: Approve, folder: Path
) -> None:
    assert await toolbox.healthy()
    first = server_pid(command.root)
    os.kill(first, 9)
    running = asyncio.create_task(toolbox.run("voice", uuid4(), folder, job("one"), permit=approve(), progress=nothing))
    await until(lambda: server_pid_or_none(command.root) not in {None, first})
    os.kill(server_pid(command.root), 9)
    assert (await running).state == "succeeded"


@linux_only
async def test_a_server_that_keeps_dying_is_given_up_for_a_while(
    toolbox: Toolbox, command: ServerCommand, approve: Approve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool_session, "REST_SECONDS", 1.0)
    for _ in range(tool_session.TROUBLES_MAX):
        assert await toolbox.healthy()
        os.kill(server_pid(command.root), 9)
        await until(lambda: server_pid_or_none(command.root) is None)
        assert not await toolbox.healthy()
    with pytest.raises(EngineUnavailable, match="ended 4 times"):
        await toolbox.run("voice", uuid4(), folder, job("one"), permit=approve(), progress=nothing)
    await until(lambda: server_pid_or_none(command.root) is not None)
    session = await toolbox._server.session()
    await until(lambda: session._client is not None)
    assert (await toolbox.run("voice", uuid4(), folder, job("one"), permit=approve(), progress=nothing)).state == (
        "succeeded"
    )


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ARTIST}))
async def test_only_an_artist_s_approval_starts_a_tool(
    command: ServerCommand, cfo_key: SigningKey, approve: Approve, folder: Path, role: Role
) -> None:
    async def not_an_artist(agent_id: UUID) -> Caller:
        return Caller(agent_id, role)

    async with open_toolbox(command, cfo_key.verify_key, SystemClock(), not_an_artist) as toolbox:
        job = VoiceJob(beats=("One.",), voice="af_heart", speed=1.0)
        with pytest.raises(Forbidden, match="call:mcp_tools"):
            await toolbox.run("voice", uuid4(), folder, job, permit=approve(), progress=lambda _: None)
