"""The director turns a trend's row into a draft piece, once."""

from uuid import UUID, uuid4

import pytest

from chimera.agents.director.agent import Director
from chimera.agents.director.options import BriefOptions
from chimera.agents.director.persona import load_persona
from chimera.agents.director.price_book import shipped_price_book
from chimera.contracts.brief import BriefRequest, words_in
from chimera.contracts.storyboard import Storyboard
from chimera.core.clock import FixedClock
from chimera.core.errors import Conflict, Forbidden, NotFound, QualityFailed, ValidationFailed
from chimera.core.vocabulary import Aspect, QualityPreset, Role, Stage
from chimera.pipeline.stages import Stages
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, production_history
from factories_trend_rows import insert_trend


@pytest.fixture
async def director(database: Database, clock: FixedClock) -> Director:
    async with database.transaction() as connection:
        agent_id = await agents.ensure(connection, Role.DIRECTOR, [], uuid4())
    return Director(agent_id, database, clock, shipped_price_book())


def request(trend_id: UUID) -> BriefRequest:
    return BriefRequest(trend_id=trend_id, personality_profile=load_persona("dry_wit"))


async def test_a_brief_is_written_as_a_draft_with_all_that_produces_it(
    database: Database, clock: FixedClock, director: Director
) -> None:
    trend_id = (await insert_trend(database, clock, 1)).trend_id
    content_id = uuid4()
    brief = await director.create_brief(request(trend_id), content_id=content_id)
    async with database.transaction() as connection:
        row = await content_pipeline.get(connection, content_id)
    assert row is not None
    storyboard = Storyboard.model_validate(row.metadata["storyboard"])
    assert (row.stage, row.script, row.trend_source_id) == (Stage.DRAFT, brief.script, trend_id)
    assert brief.script == storyboard.script
    assert 110 <= words_in(brief.script) <= 140
    assert list(brief.visual_prompts) == row.visual_prompts == [beat.visual_prompt for beat in storyboard.beats]
    assert brief.target_platforms == ("youtube", "tiktok", "instagram")
    assert row.metadata["projected_roi"] > 0
    assert [part["tool"] for part in row.metadata["cost_estimate"]["tools"]] == ["voice", "sound", "video"]


async def test_a_piece_sent_back_to_its_beginning_gets_another_script_once(
    database: Database, clock: FixedClock, director: Director
) -> None:
    trend_id = (await insert_trend(database, clock, 1)).trend_id
    content_id, stages = uuid4(), Stages(database, clock)
    scripts = [(await director.create_brief(request(trend_id), content_id=content_id)).script]
    for _ in range(2):
        await stages.fail(content_id, QualityFailed("too dull"))
        await stages.retry(content_id, Stage.DRAFT)
        written = await director.create_brief(request(trend_id), content_id=content_id)
        assert await director.create_brief(request(trend_id), content_id=content_id) == written
        assert written.script != scripts[-1]
        scripts.append(written.script)
    async with database.transaction() as connection:
        row = await content_pipeline.get(connection, content_id)
    assert row is not None
    assert (row.stage, row.script, row.storyboard.script) == (Stage.DRAFT, scripts[-1], scripts[-1])
    assert row.metadata["retries"][0]["error"]["code"] == "QUALITY_FAILED"


async def test_a_piece_sent_back_to_its_production_keeps_its_script(
    database: Database, clock: FixedClock, director: Director
) -> None:
    trend_id = (await insert_trend(database, clock, 1)).trend_id
    content_id, stages = uuid4(), Stages(database, clock)
    first = await director.create_brief(request(trend_id), content_id=content_id)
    await stages.fail(content_id, QualityFailed("too dull"))
    await stages.retry(content_id, Stage.GENERATING)
    assert await director.create_brief(request(trend_id), content_id=content_id) == first


async def test_the_same_piece_asked_again_answers_the_same_brief(
    database: Database, clock: FixedClock, director: Director
) -> None:
    trend_id = (await insert_trend(database, clock, 2)).trend_id
    content_id = uuid4()
    first = await director.create_brief(request(trend_id), content_id=content_id)
    again = await director.create_brief(
        request(trend_id), content_id=content_id, options=BriefOptions(words_min=150, words_max=200)
    )
    assert again == first


async def test_a_piece_of_another_trend_is_a_conflict(
    database: Database, clock: FixedClock, director: Director
) -> None:
    one, other = await insert_trend(database, clock, 1), await insert_trend(database, clock, 2)
    content_id = uuid4()
    await director.create_brief(request(one.trend_id), content_id=content_id)
    with pytest.raises(Conflict, match="new content id"):
        await director.create_brief(request(other.trend_id), content_id=content_id)


async def test_the_options_steer_length_platforms_and_cost(
    database: Database, clock: FixedClock, director: Director
) -> None:
    trend_id = (await insert_trend(database, clock, 3)).trend_id
    options = BriefOptions(words_min=180, words_max=220, aspect=Aspect.WIDE, quality_preset=QualityPreset.HIGH)
    brief = await director.create_brief(request(trend_id), content_id=uuid4(), options=options)
    assert 180 <= words_in(brief.script) <= 220
    assert brief.target_platforms == ("youtube",)


async def test_no_such_trend_is_not_found(director: Director) -> None:
    with pytest.raises(NotFound, match="run the scout"):
        await director.create_brief(request(uuid4()), content_id=uuid4())


async def test_a_trend_without_evidence_is_refused_and_leaves_no_draft(
    database: Database, clock: FixedClock, director: Director
) -> None:
    trend_id = (await insert_trend(database, clock, 1, with_evidence=False)).trend_id
    content_id = uuid4()
    with pytest.raises(ValidationFailed, match="scout it again"):
        await director.create_brief(request(trend_id), content_id=content_id)
    async with database.transaction() as connection:
        assert await content_pipeline.get(connection, content_id) is None


async def test_measured_productions_are_read_with_their_duration(
    database: Database, clock: FixedClock, director: Director
) -> None:
    trend_id = (await insert_trend(database, clock, 1)).trend_id
    content_id = uuid4()
    await director.create_brief(request(trend_id), content_id=content_id)
    async with database.transaction() as connection:
        await content_pipeline.merge_metadata(connection, content_id, {"tools": [{"tool": "video", "cpu_seconds": 60}]})
        await connection.execute(
            "INSERT INTO video_metadata (content_id, title, duration_seconds, file_size_bytes, video_url) "
            "VALUES (%s, 't', 50, 1, 'local://assets/x')",
            (content_id,),
        )
        (past,) = await production_history.newest(connection, 10)
    assert (past.quality_preset, past.aspect, past.duration_seconds) == ("standard", "9:16", 50)
    assert past.tools == [{"tool": "video", "cpu_seconds": 60}]


@pytest.mark.parametrize("role", [Role.SCOUT, Role.PLANNER, Role.CFO])
async def test_who_may_not_write_pieces_writes_no_brief(database: Database, clock: FixedClock, role: Role) -> None:
    trend_id = (await insert_trend(database, clock, 1)).trend_id
    async with database.transaction() as connection:
        agent_id = await agents.ensure(connection, role, [], uuid4())
    with pytest.raises(Forbidden, match="write:content_pipeline"):
        await Director(agent_id, database, clock, shipped_price_book()).create_brief(
            request(trend_id), content_id=uuid4()
        )
