"""`chimera halt|unhalt` and `chimera content schedule|publish-now|unschedule|watch` on a studio."""

import json
from uuid import UUID, uuid4

import pytest

from chimera.cli import content_schedule, content_watch
from chimera.cli import halt as halting
from chimera.cli.studio import studio_of_environment
from chimera.core.errors import ChimeraError, Conflict, ValidationFailed
from chimera.core.vocabulary import Stage
from chimera.pipeline.halt import open_halt
from chimera.storage.records import content_pipeline
from factories_trend_rows import insert_trend

pytestmark = pytest.mark.usefixtures("studio_environment")
Captured = pytest.CaptureFixture[str]


async def add_piece() -> UUID:
    content_id = uuid4()
    async with studio_of_environment() as studio:
        trend_id = (await insert_trend(studio.database, studio.clock, 1)).trend_id  # type: ignore[arg-type]
        async with studio.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO content_pipeline (id, trend_source_id, stage) VALUES (%s, %s, 'review')",
                (content_id, trend_id),
            )
    return content_id


async def test_a_halt_is_told_with_who_and_why_and_ends(capsys: Captured) -> None:
    await halting.halt(reason="fire drill", json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["halted"], told["changed"], told["by"], told["reason"]) == (True, True, "ana", "fire drill")
    await halting.halt(reason="again", as_="bea")
    assert "already halted by ana" in capsys.readouterr().out
    async with studio_of_environment() as studio, open_halt(studio.database.url) as halt:
        assert halt.halted()
    await halting.unhalt(as_="bea")
    assert "goes on; bea let it go on" in capsys.readouterr().out
    await halting.unhalt(json=True)
    assert json.loads(capsys.readouterr().out)["changed"] is False


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\0b"])
async def test_a_halt_needs_a_reason_that_can_be_read(reason: str) -> None:
    with pytest.raises(ValidationFailed, match="say why"):
        await halting.halt(reason=reason)


async def test_a_piece_is_planned_replanned_and_kept_back(capsys: Captured) -> None:
    piece = await add_piece()
    async with studio_of_environment() as studio:
        at = studio.clock.now().replace(microsecond=0)
    await content_schedule.schedule(piece, at=at.isoformat(), json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["version"], told["set_by"]) == ("planned", 1, "ana")
    with pytest.raises(Conflict, match="version 1"):
        await content_schedule.publish_now(piece, if_version=0)
    await content_schedule.unschedule(piece, if_version=1)
    assert "kept back until it is scheduled again" in capsys.readouterr().out


@pytest.mark.parametrize("at", ["soon", "2026-02-06", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
async def test_what_is_no_time_to_come_is_refused(at: str) -> None:
    with pytest.raises(ChimeraError):
        await content_schedule.schedule(await add_piece(), at=at)


async def test_watching_ends_when_the_piece_has_ended(capsys: Captured) -> None:
    piece = await add_piece()
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        at = studio.clock.now()
        await content_pipeline.move(connection, piece, before=Stage.REVIEW, after=Stage.FAILED, at=at)
    await content_watch.watch(piece, json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["content_id"], told["stage"], told["at_rest"]) == (str(piece), "failed", True)
    await content_watch.watch()
    assert "No piece is in flight" in capsys.readouterr().err
