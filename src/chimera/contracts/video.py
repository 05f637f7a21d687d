"""Videos as section 1's `video_metadata` keeps them (`/v1/videos`)."""

from typing import Any
from uuid import UUID

from chimera.contracts.contract import Contract, Moment
from chimera.core.vocabulary import Resolution


class Video(Contract):
    """One row; `platform_ids` maps a platform's name to the id it gave."""

    video_id: UUID
    content_id: UUID
    title: str
    description: str | None
    duration_seconds: int
    resolution: Resolution | None
    fps: int | None
    codec: str | None
    file_size_bytes: int
    thumbnail_url: str | None
    video_url: str
    platform_ids: dict[str, str]
    engagement_metrics: dict[str, Any]
    created_at: Moment
    updated_at: Moment


class VideoPage(Contract):
    """Videos, the newest first; `next_cursor` asks for those behind them."""

    videos: tuple[Video, ...]
    next_cursor: str | None
