"""The judge writes score and review to the piece, and refuses to judge its own work."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chimera.agents.judge.agent import Judge
from chimera.contracts.review import QualityMeasure, QualityReport, QualityRequest, ReviewOutcome, SafetyReport
from chimera.core.clock import FixedClock
from chimera.core.errors import Forbidden, NotFound
from chimera.core.vocabulary import Aspect, QualityPreset, Role
from chimera.safety.gateway import SafetyGateway
from chimera.safety.policy import load_policy
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, trends

CHECK = SafetyGateway(load_policy()).check
FINE = {"script": "Daft Punk stood in 58 posts today.", "title": "Daft Punk rises"}


def request_for(video: Path) -> QualityRequest:
    return QualityRequest(
        video=video,
        captions_srt=video.with_suffix(".srt"),
        thumbnail=None,
        aspect=Aspect.VERTICAL,
        quality_preset=QualityPreset.DRAFT,
        narration_words=(),
        cues=(),
    )


def good_quality(_request: QualityRequest) -> QualityReport:
    measure = QualityMeasure(
        name="loudness", score=Decimal(1), weight=Decimal(1), measured="-14 LUFS", gate_failed=False
    )
    return QualityReport(quality_score=Decimal("0.93"), measures=(measure,))


async def made_piece(database: Database, director: UUID) -> UUID:
    trend = trends.TrendRecord(
        uuid4(), "Daft Punk", 58, Decimal("0.1"), Decimal("1.5"), ["reddit"], {}, None, datetime(2026, 2, 6, tzinfo=UTC)
    )
    content_id = uuid4()
    async with database.transaction() as connection:
        await trends.insert(connection, trend)
        await content_pipeline.insert_draft(
            connection,
            content_id,
            trend_id=trend.id,
            script="Daft Punk stood in 58 posts today.",
            visual_prompts=[],
            metadata={"persona": "kept"},
            director_agent_id=director,
        )
    return content_id


async def agent(database: Database, role: Role) -> UUID:
    async with database.transaction() as connection:
        return await agents.ensure(connection, role, [], uuid4())


async def piece_of(database: Database, content_id: UUID) -> content_pipeline.ContentRecord:
    async with database.transaction() as connection:
        found = await content_pipeline.get(connection, content_id)
    assert found is not None
    return found


async def test_a_review_is_written_to_the_piece(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    judge_id, director = await agent(database, Role.JUDGE), await agent(database, Role.DIRECTOR)
    content_id = await made_piece(database, director)
    judge = Judge(judge_id, database, clock, CHECK, good_quality)
    review = await judge.review(content_id, request_for(tmp_path / "video.mp4"), FINE)
    piece = await piece_of(database, content_id)
    assert review.outcome is ReviewOutcome.PASSED
    assert piece.quality_score == Decimal("0.93")
    assert piece.metadata["persona"] == "kept"
    assert piece.metadata["review"]["outcome"] == "passed"
    assert piece.metadata["review"]["safety"]["policy_hash"] == load_policy().sha256


async def test_a_missing_file_fails_the_piece_with_score_nought(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    content_id = await made_piece(database, await agent(database, Role.DIRECTOR))
    judge = Judge(await agent(database, Role.JUDGE), database, clock, CHECK)
    review = await judge.review(content_id, request_for(tmp_path / "video.mp4"), FINE)
    assert (review.outcome, review.quality.quality_score) == (ReviewOutcome.FAILED, Decimal(0))
    assert (await piece_of(database, content_id)).quality_score == Decimal(0)


async def test_a_judge_refuses_its_own_work(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    director = await agent(database, Role.DIRECTOR)
    content_id = await made_piece(database, director)
    with pytest.raises(Forbidden, match="its own work"):
        await Judge(director, database, clock, CHECK, good_quality).review(content_id, request_for(tmp_path), FINE)
    assert (await piece_of(database, content_id)).quality_score is None


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.JUDGE}))
async def test_only_a_judge_reviews(database: Database, clock: FixedClock, tmp_path: Path, role: Role) -> None:
    content_id = await made_piece(database, await agent(database, Role.DIRECTOR))
    pretender = uuid4()
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO agents (id, role) VALUES (%s, %s)", (pretender, role))
    with pytest.raises(Forbidden, match="review:content"):
        await Judge(pretender, database, clock, CHECK, good_quality).review(content_id, request_for(tmp_path), FINE)
    assert (await piece_of(database, content_id)).quality_score is None


async def test_a_broken_gateway_blocks_the_piece(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    def broken(_texts: object) -> SafetyReport:
        raise RuntimeError("no policy")

    content_id = await made_piece(database, await agent(database, Role.DIRECTOR))
    judge = Judge(await agent(database, Role.JUDGE), database, clock, broken, good_quality)
    review = await judge.review(content_id, request_for(tmp_path), FINE)
    assert review.outcome is ReviewOutcome.FAILED
    assert "SafetyGateway failed" in review.reasons[0]


async def test_an_unknown_piece_is_told(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await Judge(uuid4(), database, clock, CHECK, good_quality).review(uuid4(), request_for(tmp_path), FINE)
