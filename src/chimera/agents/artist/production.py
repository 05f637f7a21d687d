"""What the artist hands on: the produced files, what made them, and what the judge needs to measure them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid5

from pydantic import Field

from chimera.agents.artist.direction import Mood, Voice
from chimera.contracts.asset import Asset, AssetFile
from chimera.contracts.contract import Contract, Usd
from chimera.contracts.production import CaptionCue, SpokenWord, ToolUse, Video
from chimera.contracts.review import QualityRequest
from chimera.core.errors import QualityFailed, VideoTooLong
from chimera.core.identity import step_request_id
from chimera.core.limits import FILE_SIZE_BYTES_MAX, VIDEO_DURATION_SECONDS_MAX
from chimera.core.vocabulary import Aspect, ContentFormat, FileType, QualityPreset, Resolution

PRODUCTION_ATTEMPTS_MAX = 3
"""In one run of a piece; a retry has as many again."""
PRODUCTION_REQUESTS_MAX = 30
"""Over all retries of a piece."""
"""A further attempt is made where the approval of the one before ran out."""


@dataclass(frozen=True, slots=True)
class ProductionOptions:
    """What a caller may choose; None leaves it to the piece's tone, sentiment and id.

    `estimated_cpu_seconds` is the price book's estimate by tool (voice, sound, video), kept beside the actual.
    """

    aspect: Aspect = Aspect.VERTICAL
    voice: Voice | None = None
    mood: Mood | None = None
    seed: int | None = None
    attempt: int = 1
    estimated_cpu_seconds: Mapping[str, Decimal] = field(default_factory=dict)


class Production(Contract):
    """A finished production. Urls are the media store's; the words' times count from the video's start."""

    asset_id: UUID
    content_id: UUID
    attempt: Annotated[int, Field(ge=1)]
    files: tuple[AssetFile, ...] = Field(min_length=1)
    video_url: str
    thumbnail_url: str
    captions_srt_url: str
    captions_vtt_url: str
    production_cost: Annotated[Usd, Field(ge=0)]
    tools: tuple[ToolUse, ...]
    tool_notes: tuple[str, ...]
    aspect: Aspect
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    quality_preset: QualityPreset
    voice: str
    mood: str
    seed: int
    narration_words: tuple[SpokenWord, ...]
    cues: tuple[CaptionCue, ...]


def production_request_id(content_id: UUID, attempt: int = 1) -> UUID:
    """Under which request the CFO must have approved this attempt of the production."""
    return step_request_id(content_id, "produce", attempt)


def production_request_ids(content_id: UUID) -> list[UUID]:
    """The requests under which any attempt at the production asked for its money."""
    return [production_request_id(content_id, attempt) for attempt in range(1, PRODUCTION_REQUESTS_MAX + 1)]


def asset_id_of(content_id: UUID) -> UUID:
    """The piece's one asset, the same however often it is produced."""
    return uuid5(content_id, "asset")


def job_id_of(content_id: UUID, tool: str, attempt: int, lost: int = 0) -> UUID:
    """The id of a tool's job in this attempt, after `lost` of its jobs vanished with their processes."""
    return uuid5(content_id, f"{tool}/{attempt}" if lost == 0 else f"{tool}/{attempt}.{lost}")


def asset_of(production: Production, quality_score: Decimal, execution_time_ms: int) -> Asset:
    """Section 3's asset, once the judge has measured the quality."""
    return Asset(
        asset_id=production.asset_id,
        brief_id=production.content_id,
        format=ContentFormat.VIDEO,
        files=production.files,
        production_cost=production.production_cost,
        quality_score=quality_score,
        execution_time_ms=execution_time_ms,
    )


def quality_request_of(production: Production, video: Path, captions_srt: Path, thumbnail: Path) -> QualityRequest:
    """What the judge is asked, with the stored files in their place."""
    return QualityRequest(
        video=video,
        captions_srt=captions_srt,
        thumbnail=thumbnail,
        aspect=production.aspect,
        quality_preset=production.quality_preset,
        narration_words=production.narration_words,
        cues=production.cues,
    )


def resolution_of(video: Video) -> Resolution | None:
    """Section 1's name for the picture's shorter side; None for sizes it has no name for."""
    names = {720: Resolution.HD, 1080: Resolution.FULL_HD, 2160: Resolution.UHD}
    return names.get(min(video.width, video.height))


def whole_seconds(duration_ms: int) -> int:
    """The duration in whole seconds, at least one.

    Raises:
        VideoTooLong: more than section 6 allows.
    """
    seconds = max(1, round(duration_ms / 1000))
    if duration_ms > VIDEO_DURATION_SECONDS_MAX * 1000:
        raise VideoTooLong(
            f"the video takes {seconds} seconds, {VIDEO_DURATION_SECONDS_MAX} are allowed: shorten the script",
            {"duration_seconds": seconds, "limit_seconds": VIDEO_DURATION_SECONDS_MAX},
        )
    return seconds


def checked_size(path: Path) -> int:
    """The file's size in bytes.

    Raises:
        QualityFailed: empty, or more than section 3's 100 MB.
    """
    size_bytes = path.stat().st_size
    if not 0 < size_bytes <= FILE_SIZE_BYTES_MAX:
        raise QualityFailed(
            f"{path.name} has {size_bytes} bytes, 1 to {FILE_SIZE_BYTES_MAX} are allowed: try quality preset draft",
            {"size_bytes": size_bytes, "limit_bytes": FILE_SIZE_BYTES_MAX},
        )
    return size_bytes


def file_of(kind: FileType, path: Path, duration_seconds: int | None = None) -> AssetFile:
    """The file as it lies in the work folder, its size checked."""
    return AssetFile(type=kind, url=path.as_uri(), size_bytes=checked_size(path), duration_seconds=duration_seconds)
