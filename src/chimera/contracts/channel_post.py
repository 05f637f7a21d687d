"""One post on the local channel, as its folder and its feeds tell it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Moment, Number, Usd

PostId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
MediaName = Literal["video.mp4", "thumbnail.jpg", "captions.vtt", "captions.srt"]


class PostFigures(Contract):
    """The counts the piece is about, as shown beside it."""

    mentions: Annotated[int, Field(ge=0)]
    expected: Annotated[Number, Field(ge=0)]
    timeframe_seconds: Annotated[int, Field(gt=0)]
    as_of: Moment


class ChannelPost(Contract):
    """`source_label` says so where the source is a recorded sample; `approvals` are ledger tx ids."""

    post_id: PostId
    content_id: UUID
    title: str
    description: str
    tags: tuple[str, ...]
    topic: str
    source_label: str
    disclosure: str
    figures: PostFigures
    production_cost: Usd
    quality_score: Number
    approvals: tuple[UUID, ...]
    duration_seconds: Annotated[int, Field(gt=0)]
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    sizes_bytes: dict[MediaName, int]
    published_at: Moment
