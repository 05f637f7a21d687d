"""Asset production (specification section 3, `internal.agent.artist.produce`)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Number, Usd
from chimera.core.limits import FILE_SIZE_BYTES_MAX, VIDEO_DURATION_SECONDS_MAX
from chimera.core.vocabulary import ContentFormat, FileType, QualityPreset

ToolName = Annotated[str, Field(min_length=1, max_length=50)]


class ToolChoice(Contract):
    """Which tool makes each kind of medium; `local` is a tool like the others."""

    image: ToolName
    video: ToolName
    audio: ToolName


class ProductionRequest(Contract):
    brief_id: UUID
    tools: ToolChoice
    quality_preset: QualityPreset


class AssetFile(Contract):
    """One produced file; `duration_seconds` only where the medium has a duration."""

    type: FileType
    url: str
    size_bytes: Annotated[int, Field(gt=0, le=FILE_SIZE_BYTES_MAX)]
    duration_seconds: Annotated[int, Field(gt=0, le=VIDEO_DURATION_SECONDS_MAX)] | None = Field(
        default=None, exclude_if=lambda value: value is None
    )


class Asset(Contract):
    """What was produced. `quality_score` is measured from the decoded files and must be greater than 0.8 to go on."""

    asset_id: UUID
    brief_id: UUID
    format: ContentFormat
    files: tuple[AssetFile, ...] = Field(min_length=1)
    production_cost: Annotated[Usd, Field(ge=0)]
    quality_score: Annotated[Number, Field(ge=0, le=1)]
    execution_time_ms: Annotated[int, Field(ge=0)]
