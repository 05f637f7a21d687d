"""Content pieces as the command line and the export bundle tell of them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.approval import SignedDecision
from chimera.contracts.asset import Asset
from chimera.contracts.channel_post import ChannelPost
from chimera.contracts.contract import Contract, Moment, Number, Usd
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.progress import PieceProgress
from chimera.contracts.publication_plan import PublicationPlan
from chimera.contracts.storyboard import Storyboard
from chimera.contracts.trend import Trend
from chimera.core.vocabulary import ContentFormat, Stage


class ContentSummary(Contract):
    """One piece in a list; `waits_or_failed` says why it went no further, where it did not, and
    `plan` when it goes out, where that is planned."""

    content_id: UUID
    stage: Stage
    format: ContentFormat | None
    topic: str
    title: str
    production_cost: Usd
    quality_score: Number | None
    media_url: str | None
    platform_ids: dict[str, str]
    waits_or_failed: str | None
    plan: PublicationPlan | None
    created_at: Moment
    published_at: Moment | None


class ContentList(Contract):
    """The newest pieces first."""

    content: tuple[ContentSummary, ...]


class PieceMoney(Contract):
    """What the ledger tells of a piece: approved in all, settled at what was really spent, and still held."""

    approved_usd: Usd
    settled_usd: Usd
    held_usd: Usd


class ContentDetails(Contract):
    """One piece with everything kept about it; `metadata` is its row's own."""

    summary: ContentSummary
    trend_id: UUID
    script: str | None
    visual_prompts: tuple[str, ...]
    duration_seconds: int | None
    resolution: str | None
    urls: dict[str, str]
    money: PieceMoney
    metadata: dict[str, Any]


class ExportedFile(Contract):
    """One file of a bundle."""

    name: str
    size_bytes: Annotated[int, Field(gt=0)]
    sha256: str


class ExportBundle(Contract):
    """Everything behind one piece, for keeping and for checking without Chimera.

    `signed_decisions` are the ledger's rows about the piece: approvals, and what settled or released them.
    Each holds under `cfo_public_key` (Ed25519, hex): see `security/decision_signature.py`.
    """

    exported_at: Moment
    content_id: UUID
    stage: Stage
    trend: Trend
    evidence: TrendEvidence
    script: str
    storyboard: Storyboard
    asset: Asset | None
    publication: ChannelPost | None
    signed_decisions: tuple[SignedDecision, ...]
    cfo_public_key: str
    metadata: dict[str, Any]
    files: tuple[ExportedFile, ...]


class ContentPage(Contract):
    """Pieces, the newest first; `next_cursor` asks for those behind them."""

    content: tuple[ContentSummary, ...]
    next_cursor: str | None


class ContentOrdered(Contract):
    """A piece that whoever is free begins next; its row is there once its draft stands."""

    content_id: UUID
    trend_id: UUID
    status_url: str


class ContentCancel(Contract):
    """`stopped`: the piece has ended by it. Otherwise it stops at its next safe point."""

    content_id: UUID
    stopped: bool
    stage: Stage


class ContentEvent(Contract):
    """One thing that happened to a piece; `took_ms` for steps only."""

    at: Moment
    event: Literal["drafted", "step", "money", "retried", "cancel_asked", "planned", "reviewed", "failed", "published"]
    message: str
    took_ms: int | None


class ContentHistory(Contract):
    """What happened to a piece as far as it is kept, oldest first, and what it is doing now, if anything."""

    content_id: UUID
    progress: PieceProgress | None
    events: tuple[ContentEvent, ...]
