"""What is told of content pieces: lists, details and export bundles, read from their rows."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from chimera.agents.artist.production import Production, asset_of, production_request_ids
from chimera.contracts.approval import SignedDecision
from chimera.contracts.asset import Asset
from chimera.contracts.channel_post import ChannelPost, MediaName
from chimera.contracts.content import ContentDetails, ContentSummary, ExportBundle, ExportedFile
from chimera.contracts.review import ReviewOutcome
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.core.vocabulary import Stage
from chimera.pipeline.flow import PRODUCE
from chimera.pipeline.money import money_of
from chimera.pipeline.planning import plan_of
from chimera.pipeline.trend_record import trend_of
from chimera.storage.blobs import Blobs
from chimera.storage.database import Connection, Database
from chimera.storage.records import content_pipeline, ledger, publication_plan, trends, video_metadata
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.storage.records.ledger import LedgerRecord
from chimera.storage.records.publication_plan import PlanRecord
from chimera.storage.records.trends import TrendRecord
from chimera.storage.records.video_metadata import VideoRecord

NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows of one content piece; those of the ledger oldest first."""

    content: ContentRecord
    trend: TrendRecord
    video: VideoRecord | None
    spending: Sequence[LedgerRecord] = ()
    plan: PlanRecord | None = None

    @property
    def summary(self) -> ContentSummary:
        storyboard = self.content.metadata.get("storyboard") or {}
        return ContentSummary(
            content_id=self.content.id,
            stage=self.content.stage,
            format=self.content.format,
            topic=self.trend.topic,
            title=str(storyboard.get("title") or self.trend.topic),
            production_cost=self.content.production_cost,
            quality_score=self.content.quality_score,
            media_url=self.content.media_url,
            platform_ids=self.video.platform_ids if self.video else {},
            waits_or_failed=why_not_published(self.content.stage, self.content.metadata),
            plan=plan_of(self.plan) if self.plan else None,
            created_at=self.content.created_at,
            published_at=self.content.published_at,
        )

    def details(self, urls: dict[str, str]) -> ContentDetails:
        """Everything kept about the piece; `urls` is where it stands, by platform."""
        return ContentDetails(
            summary=self.summary,
            trend_id=self.trend.id,
            script=self.content.script,
            visual_prompts=tuple(self.content.visual_prompts),
            duration_seconds=self.video.duration_seconds if self.video else None,
            resolution=self.video.resolution if self.video else None,
            urls=urls,
            money=money_of(self.spending),
            metadata=self.content.metadata,
        )


def why_not_published(stage: Stage, metadata: dict[str, Any]) -> str | None:
    """Why the piece failed, or what a person is asked; None where it goes on or is out."""
    if stage is Stage.FAILED:
        error = metadata.get("error") or {}
        return f"{error.get('code', 'INTERNAL')}: {error.get('message', 'no reason was kept')}"
    if tx_id := metadata.get("waits_for"):
        return f"a person is asked for its money: see `chimera approvals show {tx_id}`"
    if stage is Stage.REVIEW and (metadata.get("review") or {}).get("outcome") == ReviewOutcome.PASSED:
        return None
    if stage is Stage.REVIEW:
        reasons = (metadata.get("review") or {}).get("reasons") or ["it is being reviewed, or waits for a person"]
        return "; ".join(str(reason) for reason in reasons)
    return None


async def newest_pieces(database: Database, stage: Stage | None, limit: int) -> list[Piece]:
    """The newest pieces, of one stage or of all; at most `limit`."""
    async with database.transaction() as connection:
        rows = await content_pipeline.newest(connection, stage, limit)
        found = {row.id: row for row in await trends.get_many(connection, [row.trend_source_id for row in rows])}
        plans = await publication_plan.get_many(connection, [row.id for row in rows])
        return [
            Piece(
                row,
                found[row.trend_source_id],
                await video_metadata.of_content(connection, row.id),
                plan=plans.get(row.id),
            )
            for row in rows
        ]


async def find_piece(database: Database, named: str) -> Piece:
    """The piece of this id; `newest` names the newest one.

    Raises:
        ValidationFailed: neither an id nor `newest`.
        NotFound: no such piece.
    """
    async with database.transaction() as connection:
        content = await _content(connection, named)
        trend = await trends.get(connection, content.trend_source_id) if content else None
        if content is None or trend is None:
            raise NotFound(f"there is no content piece {named}: `chimera content list` shows them", {"content": named})
        spending = await ledger.of_requests(connection, production_request_ids(content.id))
        plans = await publication_plan.get_many(connection, [content.id])
        video = await video_metadata.of_content(connection, content.id)
        return Piece(content, trend, video, spending, plans.get(content.id))


async def _content(connection: Connection, named: str) -> ContentRecord | None:
    if named == NEWEST:
        rows = await content_pipeline.newest(connection, None, 1)
        return rows[0] if rows else None
    try:
        content_id = UUID(named)
    except ValueError as error:
        raise ValidationFailed(
            f"{named!r} is no content id: copy one from `chimera content list`, or say {NEWEST}", {"content": named}
        ) from error
    return await content_pipeline.get(connection, content_id)


def production_of(piece: Piece) -> Production:
    """The piece's production.

    Raises:
        Conflict: it is not produced yet.
    """
    document = piece.content.metadata.get("production")
    if not document:
        raise Conflict(
            f"content {piece.content.id} has no video: it is in stage {piece.content.stage}",
            {"stage": piece.content.stage},
        )
    try:
        return Production.model_validate(document)
    except ValidationError as error:
        raise Conflict(f"content {piece.content.id} was produced by another version of Chimera") from error


@asynccontextmanager
async def media_of(production: Production, blobs: Blobs) -> AsyncIterator[Mapping[MediaName, Path]]:
    """Plain copies of the produced files while the block runs, by the names they go out under.

    Raises:
        NotFound: a file is gone; SealBroken: it was changed.
    """
    urls: dict[MediaName, str] = {
        "video.mp4": production.video_url,
        "thumbnail.jpg": production.thumbnail_url,
        "captions.vtt": production.captions_vtt_url,
        "captions.srt": production.captions_srt_url,
    }
    async with blobs.copies(list(urls.values())) as copies:
        yield dict(zip(urls, copies, strict=True))


def ledger_tx_ids(piece: Piece) -> list[UUID]:
    """The ledger transactions that approved the piece's spending, and those that settled or released it."""
    return [row.tx_id for row in piece.spending]


def export_bundle(
    piece: Piece,
    files: tuple[ExportedFile, ...],
    *,
    decisions: Sequence[SignedDecision],
    cfo_public_key: str,
    publication: ChannelPost | None,
    at: datetime,
) -> ExportBundle:
    """Everything behind the piece in one document."""
    return ExportBundle(
        exported_at=at,
        content_id=piece.content.id,
        stage=piece.content.stage,
        trend=trend_of(piece.trend),
        evidence=piece.trend.evidence,
        script=piece.content.script or "",
        storyboard=piece.content.storyboard,
        asset=_asset(piece),
        publication=publication,
        signed_decisions=tuple(decisions),
        cfo_public_key=cfo_public_key,
        metadata=piece.content.metadata,
        files=files,
    )


def _asset(piece: Piece) -> Asset | None:
    """Section 3's asset, once the judge has measured it."""
    if piece.content.quality_score is None:
        return None
    took_ms = (piece.content.metadata.get("timings_ms") or {}).get(PRODUCE.name, 0)
    return asset_of(production_of(piece), Decimal(piece.content.quality_score), int(took_ms))
