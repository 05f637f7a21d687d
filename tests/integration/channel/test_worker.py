"""The worker publishes what the judge passed, once, however often it is asked and wherever it was cut off."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chimera.agents.worker.agent import Worker
from chimera.contracts.channel_post import MediaName
from chimera.contracts.review import QualityReport, Review, ReviewOutcome, SafetyReport, SafetyVerdict
from chimera.core.clock import FixedClock
from chimera.core.errors import ChimeraError, Conflict, Forbidden, NotFound
from chimera.core.vocabulary import Resolution, Role
from chimera.platforms.local_channel.channel import LocalChannel, post_id_of
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, effect_intent, trends, video_metadata
from chimera.storage.records.content_pipeline import ContentRecord
from factories_channel import make_media
from factories_production import AS_OF, make_evidence, make_storyboard


class Desk:
    """One produced piece, and a worker to publish it."""

    def __init__(self, database: Database, clock: FixedClock, folder: Path) -> None:
        self.database, self.clock = database, clock
        self.channel = LocalChannel(folder / "channel")
        self.media = make_media(folder / "media")
        self.content_id, self.judge_id, self.worker_id = uuid4(), uuid4(), uuid4()

    async def produce(self) -> None:
        trend_id, board = uuid4(), make_storyboard()
        async with self.database.transaction() as connection:
            self.judge_id = await agents.ensure(connection, Role.JUDGE, [], self.judge_id)
            self.worker_id = await agents.ensure(connection, Role.WORKER, [], self.worker_id)
            metadata = {
                "storyboard": board.model_dump(mode="json"),
                "video_size": {"width": 720, "height": 1280},
                "review": self.review().model_dump(mode="json"),
            }
            director_id = await agents.ensure(connection, Role.DIRECTOR, [], uuid4())
            evidence = {"evidence": make_evidence().model_dump(mode="json")}
            row = trends.TrendRecord(trend_id, "bitcoin", 40, Decimal(0), Decimal(2), [], evidence, None, AS_OF)
            await trends.insert(connection, row)
            await content_pipeline.insert_draft(
                connection, self.content_id, trend_id=trend_id, script=board.script, visual_prompts=[],
                metadata=metadata, director_agent_id=director_id,
            )  # fmt: skip
            await video_metadata.put(
                connection,
                video_metadata.VideoRecord(
                    uuid4(), self.content_id, board.title, "d", 30, Resolution.HD, 30, "h264", 2048, None,
                    "local://v", {}, {}, self.clock.now(), self.clock.now(),
                ),
            )  # fmt: skip

    def review(self, outcome: ReviewOutcome = ReviewOutcome.PASSED, judge: UUID | None = None) -> Review:
        return Review(
            content_id=self.content_id,
            judge_agent_id=judge or self.judge_id,
            outcome=outcome,
            confidence=Decimal("0.95"),
            quality=QualityReport(quality_score=Decimal("0.91"), measures=()),
            safety=SafetyReport(verdict=SafetyVerdict.PASSED, sensitive_topics=(), findings=(), policy_hash="x"),
            reasons=(),
        )

    def worker(self) -> Worker:
        @asynccontextmanager
        async def media(piece: ContentRecord) -> AsyncIterator[dict[MediaName, Path]]:
            yield self.media

        return Worker(
            self.worker_id,
            self.database,
            self.channel,
            self.clock,
            media=media,
            watch_url=lambda post_id: f"u/{post_id}",
        )

    async def platform_ids(self) -> dict[str, str]:
        async with self.database.transaction() as connection:
            video = await video_metadata.of_content(connection, self.content_id)
        assert video is not None
        return video.platform_ids


@pytest.fixture
async def desk(database: Database, clock: FixedClock, tmp_path: Path) -> Desk:
    opened = Desk(database, clock, tmp_path)
    await opened.produce()
    return opened


async def test_a_passed_piece_is_published_and_its_platform_id_is_kept(desk: Desk) -> None:
    publication = await desk.worker().publish(desk.content_id, desk.review())
    post_id = post_id_of(desk.content_id)
    assert publication.platform_ids == await desk.platform_ids() == {"local": post_id}
    assert publication.urls == {"local": f"u/{post_id}"}
    post = desk.channel.probe(post_id)
    assert post is not None
    assert (post.width, post.height, post.figures.mentions) == (720, 1280, 40)


async def test_publishing_again_later_is_the_same_publication(desk: Desk) -> None:
    first = await desk.worker().publish(desk.content_id, desk.review())
    desk.clock.advance(timedelta(hours=1))
    assert await desk.worker().publish(desk.content_id, desk.review()) == first
    assert len(desk.channel.posts()) == 1


@pytest.mark.parametrize("outcome", [ReviewOutcome.HUMAN, ReviewOutcome.FAILED])
async def test_what_the_judge_did_not_pass_does_not_go_out(desk: Desk, outcome: ReviewOutcome) -> None:
    with pytest.raises(Forbidden):
        await desk.worker().publish(desk.content_id, desk.review(outcome))
    assert desk.channel.posts() == ()


async def test_a_review_of_another_piece_or_by_no_judge_does_not_count(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        await desk.worker().publish(uuid4(), desk.review())
    for reviewer in (desk.worker_id, uuid4()):
        with pytest.raises(Forbidden, match="not by a judge"):
            await desk.worker().publish(desk.content_id, desk.review(judge=reviewer))
    assert desk.channel.posts() == ()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.WORKER}))
async def test_only_a_worker_publishes(desk: Desk, role: Role) -> None:
    async with desk.database.transaction() as connection:
        desk.worker_id = await agents.ensure(connection, role, [], uuid4())
    with pytest.raises(Forbidden, match="call:publish_tools"):
        await desk.worker().publish(desk.content_id, desk.review())
    assert desk.channel.posts() == ()


async def test_an_agent_of_another_program_does_not_publish(desk: Desk) -> None:
    desk.worker_id = uuid4()
    async with desk.database.transaction() as connection:
        await agents.ensure_named(connection, desk.worker_id, "their bot")
    with pytest.raises(Forbidden, match="call:publish_tools"):
        await desk.worker().publish(desk.content_id, desk.review())


async def test_a_passed_review_that_the_judge_did_not_record_does_not_count(desk: Desk) -> None:
    async with desk.database.transaction() as connection:
        failed = desk.review(ReviewOutcome.FAILED).model_dump(mode="json")
        await content_pipeline.merge_metadata(connection, desk.content_id, {"review": failed})
    with pytest.raises(Forbidden, match="judge's record"):
        await desk.worker().publish(desk.content_id, desk.review())
    assert desk.channel.posts() == ()


async def test_a_kill_between_the_post_and_its_rows_leaves_one_post(desk: Desk) -> None:
    cut_off = desk.worker()
    desk.media, media = {**desk.media}, desk.media

    class Killed(BaseException):
        """Stands for the process dying there."""

    class DyingChannel(LocalChannel):
        def publish(self, post, media):  # type: ignore[no-untyped-def]
            super().publish(post, media)
            raise Killed

    cut_off._channel = DyingChannel(media["video.mp4"].parent.parent / "channel")
    with pytest.raises(Killed):
        await cut_off.publish(desk.content_id, desk.review())
    assert await desk.platform_ids() == {}
    standing = desk.channel.probe(post_id_of(desk.content_id))
    assert standing is not None
    desk.clock.advance(timedelta(minutes=5))
    publication = await desk.worker().publish(desk.content_id, desk.review())
    assert publication.published_at == standing.published_at
    assert await desk.platform_ids() == publication.platform_ids
    assert len(desk.channel.posts()) == 1


async def test_an_older_attempt_that_wakes_up_late_changes_nothing(desk: Desk) -> None:
    async with desk.database.transaction() as connection:
        await effect_intent.prepare(connection, desk.content_id, "publish/local", 2)
    with pytest.raises(Conflict, match="newer attempt"):
        await desk.worker().publish(desk.content_id, desk.review())
    assert await desk.platform_ids() == {}


async def test_a_post_taken_down_stays_down(desk: Desk) -> None:
    await desk.worker().publish(desk.content_id, desk.review())
    assert desk.channel.delete(post_id_of(desk.content_id))
    with pytest.raises(Conflict, match="taken down"):
        await desk.worker().publish(desk.content_id, desk.review())
    assert desk.channel.posts() == ()


async def test_a_missing_file_is_a_clear_failure_and_nothing_goes_out(desk: Desk) -> None:
    desk.media["video.mp4"].unlink()
    with pytest.raises((ChimeraError, FileNotFoundError)):
        await desk.worker().publish(desk.content_id, desk.review())
    assert desk.channel.posts() == ()


async def test_an_unknown_piece_is_not_found(desk: Desk) -> None:
    review = desk.review().model_copy(update={"content_id": UUID(int=1)})
    with pytest.raises(NotFound):
        await desk.worker().publish(UUID(int=1), review)
