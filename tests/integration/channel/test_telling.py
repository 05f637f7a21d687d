"""What is told of content pieces: lists, one piece, its export with approvals that hold without Chimera."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from nacl.signing import VerifyKey

from chimera.agents.artist.production import Production, asset_id_of, production_request_id
from chimera.contracts.asset import AssetFile
from chimera.contracts.content import ContentList, ExportBundle
from chimera.core.clock import FixedClock
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.core.vocabulary import Aspect, FileType, QualityPreset, Role, Stage
from chimera.pipeline.telling import (
    export_bundle,
    find_piece,
    ledger_tx_ids,
    newest_pieces,
    production_of,
    why_not_published,
)
from chimera.security.decision_signature import read_verified
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, trends
from factories_production import AS_OF, make_evidence, make_storyboard
from factories_treasury import open_office


async def make_piece(database: Database, metadata: dict[str, Any] | None = None) -> UUID:
    content_id, trend_id, board = uuid4(), uuid4(), make_storyboard()
    async with database.transaction() as connection:
        director_id = await agents.ensure(connection, Role.DIRECTOR, [], uuid4())
        told = {
            "evidence": make_evidence().model_dump(mode="json"), "top_posts": ["https://example.org/1"],
            "influencers": [], "source": "recorded",
        }  # fmt: skip
        row = trends.TrendRecord(trend_id, "bitcoin", 40, Decimal("0.4"), Decimal(2), ["reddit"], told, None, AS_OF)
        await trends.insert(connection, row)
        await content_pipeline.insert_draft(
            connection, content_id, trend_id=trend_id, script=board.script, visual_prompts=["a chart"],
            metadata={"storyboard": board.model_dump(mode="json"), **(metadata or {})}, director_agent_id=director_id,
        )  # fmt: skip
    return content_id


def made(content_id: UUID) -> Production:
    file = AssetFile(type=FileType.VIDEO, url="local://assets/a/video.mp4", size_bytes=9, duration_seconds=3)
    return Production(
        asset_id=asset_id_of(content_id), content_id=content_id, attempt=1, files=(file,), video_url=file.url,
        thumbnail_url="local://assets/a/thumbnail.jpg", captions_srt_url="local://assets/a/captions.srt",
        captions_vtt_url="local://assets/a/captions.vtt", production_cost=Decimal("0.02"), tools=(), tool_notes=(),
        aspect=Aspect.VERTICAL, width=1080, height=1920, quality_preset=QualityPreset.DRAFT, voice="af_heart",
        mood="calm", seed=1, narration_words=(), cues=(),
    )  # fmt: skip


async def test_the_newest_pieces_come_first_and_can_be_filtered_by_stage(database: Database) -> None:
    ids = [await make_piece(database) for _ in range(3)]
    pieces = await newest_pieces(database, None, 2)
    assert [piece.content.id for piece in pieces] == [ids[2], ids[1]]
    assert await newest_pieces(database, Stage.PUBLISHED, 10) == []
    listed = ContentList(content=tuple(piece.summary for piece in pieces))
    assert ContentList.model_validate_json(listed.model_dump_json()) == listed
    assert listed.content[0].title == "Bitcoin is rising"


async def test_a_piece_is_found_by_its_id_or_as_the_newest(database: Database) -> None:
    with pytest.raises(NotFound):
        await find_piece(database, "newest")
    content_id = await make_piece(database)
    assert (await find_piece(database, str(content_id))).content.id == content_id
    assert (await find_piece(database, "newest")).content.id == content_id
    with pytest.raises(ValidationFailed, match="content list"):
        await find_piece(database, "yesterday's")
    with pytest.raises(NotFound, match="content list"):
        await find_piece(database, str(uuid4()))


async def test_what_is_not_produced_has_no_video_yet(database: Database) -> None:
    await make_piece(database)
    with pytest.raises(Conflict, match="stage draft"):
        production_of(await find_piece(database, "newest"))


@pytest.mark.parametrize(
    ("stage", "metadata", "why"),
    [
        (Stage.FAILED, {"error": {"code": "BUDGET_EXCEEDED", "message": "no money"}}, "BUDGET_EXCEEDED: no money"),
        (Stage.FAILED, {}, "INTERNAL: no reason was kept"),
        (Stage.REVIEW, {"review": {"reasons": ["a death", "politics"]}}, "a death; politics"),
        (Stage.PUBLISHED, {"error": {"code": "X"}}, None),
        (Stage.DRAFT, {}, None),
    ],
)
def test_a_list_says_why_a_piece_is_not_out(stage: Stage, metadata: dict[str, Any], why: str | None) -> None:
    assert why_not_published(stage, metadata) == why


async def test_an_export_can_be_checked_with_nothing_but_its_own_public_key(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    content_id = await make_piece(database, {"timings_ms": {"produce": 4200}})
    office = await open_office(database, clock)
    treasury, request = office.treasury(database), office.request(request_id=production_request_id(content_id))
    await treasury.decide(request)
    await treasury.settle(request.request_id, Decimal("14.00"))
    async with database.transaction() as connection:
        document = {"production": made(content_id).model_dump(mode="json")}
        await content_pipeline.merge_metadata(connection, content_id, document)
        await content_pipeline.set_quality(connection, content_id, Decimal("0.91"))
    piece = await find_piece(database, str(content_id))
    decisions = [await treasury.signed_decision_of_tx(tx_id) for tx_id in ledger_tx_ids(piece)]
    written = export_bundle(
        piece,
        (),
        decisions=decisions,
        cfo_public_key=bytes(treasury.public_key).hex(),
        publication=None,
        at=clock.now(),
    ).model_dump_json()
    read = ExportBundle.model_validate_json(written)
    public_key = VerifyKey(bytes.fromhex(read.cfo_public_key))
    assert [read_verified(item, public_key)["kind"] for item in read.signed_decisions] == ["decision", "settle"]
    assert read.asset is not None
    assert (read.asset.execution_time_ms, read.asset.quality_score) == (4200, Decimal("0.91"))
    assert read.trend.metadata.top_posts == ("https://example.org/1",)
    assert read.storyboard == make_storyboard()
