"""The worker role: publishes a reviewed piece to the local channel, once (specification section 5, steps 9 and 10)."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from copy import copy
from pathlib import Path
from typing import Self
from uuid import UUID

from chimera.contracts.channel_post import ChannelPost, MediaName, PostFigures
from chimera.contracts.publication import Publication
from chimera.contracts.review import Review, ReviewOutcome
from chimera.core.clock import Clock
from chimera.core.errors import Conflict, Forbidden, NotFound
from chimera.core.vocabulary import Role
from chimera.platforms.local_channel.channel import LocalChannel, post_id_of
from chimera.security.permissions import Permission, caller_of, require
from chimera.storage.database import Connection, Database
from chimera.storage.records import agents, content_pipeline, effect_intent, trends, video_metadata
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.storage.records.trends import TrendRecord
from chimera.storage.records.video_metadata import VideoRecord

PLATFORM = "local"
_STEP = "publish/local"


class Worker:
    """Publishes; `media` gives the files of a piece by the names they have on the channel."""

    def __init__(
        self,
        agent_id: UUID,
        database: Database,
        channel: LocalChannel,
        clock: Clock,
        *,
        media: Callable[[ContentRecord], AbstractAsyncContextManager[Mapping[MediaName, Path]]],
        watch_url: Callable[[str], str],
    ) -> None:
        self.agent_id = agent_id
        self._database = database
        self._channel = channel
        self._clock = clock
        self._media = media
        self._watch_url = watch_url

    def speaking_as(self, agent_id: UUID) -> Self:
        """The same worker under another agent's name."""
        other = copy(self)
        other.agent_id = agent_id
        return other

    async def publish(self, content_id: UUID, review: Review, *, attempt: int = 1) -> Publication:
        """Put the piece on the channel, or find it there from before; the intent row stands first.

        Raises:
            Forbidden: this agent may not publish, or no judge other than it has passed this piece.
            Conflict: a newer attempt is under way, or the post was published and taken down again.
        """
        if review.content_id != content_id or review.outcome is not ReviewOutcome.PASSED:
            raise Forbidden(f"content {content_id} is not passed by the judge: it can't be published")
        async with self._database.transaction() as connection:
            require(caller_of(await agents.get(connection, self.agent_id), self.agent_id), Permission.CALL_PUBLISHING)
            await self._require_judge(connection, review)
            piece, trend, video = await _rows(connection, content_id)
            _require_passed(piece, review)
            intent = await effect_intent.prepare(connection, content_id, _STEP, attempt)
        standing = self._channel.probe(post_id_of(content_id))
        if standing is None and intent.state == "done":
            raise Conflict(f"content {content_id} was published and taken down: it does not go out again")
        if standing is None:
            async with self._media(piece) as media:
                post = _post(piece, trend, video, media, review, self._clock)
                standing = await asyncio.to_thread(self._channel.publish, post, media)
        async with self._database.transaction() as connection:
            if not await effect_intent.finish(connection, intent, standing.post_id, {"platform": PLATFORM}):
                raise Conflict(f"a newer attempt to publish content {content_id} is under way")
            await video_metadata.add_platform_ids(connection, content_id, {PLATFORM: standing.post_id})
        return Publication(
            content_id=content_id,
            platform_ids={PLATFORM: standing.post_id},
            urls={PLATFORM: self._watch_url(standing.post_id)},
            published_at=standing.published_at,
        )

    async def _require_judge(self, connection: Connection, review: Review) -> None:
        """A review counts only from an agent whose role is judge, never from the publisher itself."""
        reviewer = await agents.get(connection, review.judge_agent_id)
        if reviewer is None or reviewer.role is not Role.JUDGE or reviewer.id == self.agent_id:
            raise Forbidden(f"the review of content {review.content_id} is not by a judge: it can't be published")


def _require_passed(piece: ContentRecord, review: Review) -> None:
    """The judge's own record on the piece must say what the review that was handed over says."""
    kept = piece.metadata.get("review") or {}
    by_maker = review.judge_agent_id in {piece.director_agent_id, piece.artist_agent_id}
    same = (kept.get("outcome"), kept.get("judge_agent_id")) == (review.outcome, str(review.judge_agent_id))
    if by_maker or not same:
        raise Forbidden(
            f"the judge's record of content {piece.id} does not say that it is passed: it can't be published",
            {"content_id": str(piece.id)},
        )


async def _rows(connection: Connection, content_id: UUID) -> tuple[ContentRecord, TrendRecord, VideoRecord]:
    piece = await content_pipeline.get(connection, content_id)
    trend = await trends.get(connection, piece.trend_source_id) if piece else None
    video = await video_metadata.of_content(connection, content_id)
    if piece is None or trend is None or video is None:
        raise NotFound(f"content {content_id} has no finished video to publish", {"content_id": str(content_id)})
    return piece, trend, video


def _post(
    piece: ContentRecord,
    trend: TrendRecord,
    video: VideoRecord,
    media: Mapping[MediaName, Path],
    review: Review,
    clock: Clock,
) -> ChannelPost:
    storyboard, evidence = piece.storyboard, trend.evidence
    size = piece.metadata["video_size"]
    return ChannelPost(
        post_id=post_id_of(piece.id),
        content_id=piece.id,
        title=video.title,
        description=video.description or "",
        tags=storyboard.tags,
        topic=storyboard.topic,
        source_label=storyboard.source_label,
        disclosure=storyboard.disclosure,
        figures=PostFigures(
            mentions=evidence.mentions,
            expected=evidence.expected,
            timeframe_seconds=evidence.timeframe_seconds,
            as_of=evidence.as_of,
        ),
        production_cost=piece.production_cost,
        quality_score=review.quality.quality_score,
        approvals=tuple(UUID(tx) for tx in _approval_tx_ids(piece)),
        duration_seconds=video.duration_seconds,
        width=size["width"],
        height=size["height"],
        sizes_bytes={name: path.stat().st_size for name, path in media.items()},
        published_at=clock.now().replace(microsecond=0),
    )


def _approval_tx_ids(piece: ContentRecord) -> list[str]:
    """The approvals; a piece approved before they were settled names nothing else in its ledger rows."""
    ids: list[str] = piece.metadata.get("approval_tx_ids") or piece.metadata.get("ledger_tx_ids", [])
    return ids
