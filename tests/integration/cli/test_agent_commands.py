"""`chimera agents`: people see who is in the crew and decide about single agents."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from chimera.bootstrap.roster import open_roster
from chimera.cli import agents
from chimera.cli.studio import studio_of_environment
from chimera.core.errors import ChimeraError, Conflict, NotFound, ValidationFailed
from chimera.core.identity import new_id
from chimera.core.vocabulary import Role

pytestmark = pytest.mark.usefixtures("studio_environment")
Captured = pytest.CaptureFixture[str]


async def spawn(capsys: Captured, role: agents.RoleName, count: int = 1, config: Path | None = None) -> list[str]:
    capsys.readouterr()
    await agents.spawn(role, count=count, config=config, json=True)
    made: list[str] = json.loads(capsys.readouterr().out)["agent_ids"]
    return made


async def shown(capsys: Captured, agent_id: str) -> dict[str, object]:
    capsys.readouterr()
    await agents.show(agent_id, json=True)
    document: dict[str, object] = json.loads(capsys.readouterr().out)
    return document


def settings(folder: Path, document: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


async def test_a_list_counts_all_and_shows_few(capsys: Captured) -> None:
    await spawn(capsys, "worker", 1_000)
    await agents.list_(limit=5)
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("worker")).split() == [
        "worker", "-", "-", "-", "-", "1000", "-", "1000"
    ]  # fmt: skip
    assert len(lines) < 15
    await agents.list_(role="worker", status="offline", limit=2, json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["counts"]["worker"] == {"offline": 1000}
    assert len(document["agents"]) == 2


async def test_an_agent_at_work_is_shown_with_its_live_state_and_host(capsys: Captured) -> None:
    async with studio_of_environment() as studio:
        host_id = new_id(studio.clock)
        async with open_roster(studio, host_id, {Role.SCOUT: 1}) as roster:
            scout = roster.assign()[Role.SCOUT]
            await roster.flush()
            document = await shown(capsys, str(scout))
            await agents.show(str(scout))
    assert document["state"] is not None
    assert document["member"] is not None
    assert "0 tasks completed" in capsys.readouterr().out
    assert (await shown(capsys, str(scout)))["state"] is None


async def test_digits_that_fit_one_agent_only_name_it(capsys: Captured) -> None:
    (agent_id,) = await spawn(capsys, "judge")
    digits = UUID(agent_id).hex[-8:]
    await agents.pause(digits)
    assert agent_id in capsys.readouterr().out
    many = await spawn(capsys, "judge", 3)
    with pytest.raises(Conflict, match="several"):
        await agents.pause(UUID(many[0]).hex[:8])
    with pytest.raises(ValidationFailed):
        await agents.pause("12345")
    with pytest.raises(NotFound):
        await agents.pause("0" * 32)


async def test_people_pause_resume_and_retire(capsys: Captured) -> None:
    (agent_id,) = await spawn(capsys, "worker")
    for act, standing in ((agents.pause, "paused"), (agents.resume, "offline"), (agents.retire, "retired")):
        await act(agent_id)
        capsys.readouterr()
        await agents.list_(json=True)
        assert json.loads(capsys.readouterr().out)["counts"]["worker"] == {standing: 1}
    with pytest.raises(Conflict, match="retired"):
        await agents.resume(agent_id)


async def test_the_cfo_is_one_and_is_not_paused(capsys: Captured) -> None:
    async with studio_of_environment() as studio:
        cfo = await studio.agent(Role.CFO)
    with pytest.raises(ValidationFailed, match="spend pause"):
        await agents.pause(str(cfo))
    with pytest.raises(ValidationFailed, match="one CFO"):
        await spawn(capsys, "cfo")


async def test_settings_are_kept_as_given(capsys: Captured, tmp_path: Path) -> None:
    given = {"tools": ["local"], "request_usd_max": 2.5}
    (agent_id,) = await spawn(capsys, "artist", config=settings(tmp_path, given))
    assert (await shown(capsys, agent_id))["config"] == given


@pytest.mark.parametrize(
    ("role", "document", "told"),
    [
        ("artist", {"temperature": 1}, "temperature"),
        ("scout", {"tone": "dry"}, "no settings"),
        ("director", {"tools": ["local"]}, "steered by tone"),
        ("director", {"tone": ""}, "tone"),
        ("artist", {"tools": ["hammer"]}, "hammer"),
        ("artist", {"request_usd_max": 0}, "request_usd_max"),
        ("artist", {"request_usd_max": "5"}, "request_usd_max"),
        ("artist", ["tools"], "object"),
    ],
)
async def test_settings_without_effect_are_refused(
    capsys: Captured, tmp_path: Path, role: agents.RoleName, document: object, told: str
) -> None:
    with pytest.raises(ChimeraError, match=told):
        await spawn(capsys, role, config=settings(tmp_path, document))
