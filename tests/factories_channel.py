"""Channel posts for tests, each with small real files."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid5

from chimera.contracts.channel_post import ChannelPost, MediaName, PostFigures
from chimera.platforms.local_channel.channel import post_id_of

NAMES: tuple[MediaName, ...] = ("video.mp4", "thumbnail.jpg", "captions.vtt", "captions.srt")
_SPACE = UUID("0190aaaa-0000-7000-8000-00000000aaaa")


def make_media(folder: Path, video_bytes: bytes = bytes(range(256)) * 8) -> dict[MediaName, Path]:
    """Files with the names of a post; the video is 2,048 known bytes unless told."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (folder / name).write_bytes(video_bytes if name == "video.mp4" else name.encode())
    return {name: folder / name for name in NAMES}


def make_post(number: int, media: dict[MediaName, Path], title: str = "Ninety posts about <one> thing") -> ChannelPost:
    """Post `number`, published so many minutes after noon."""
    content_id = uuid5(_SPACE, str(number))
    return ChannelPost(
        post_id=post_id_of(content_id),
        content_id=content_id,
        title=title,
        description="What rose, & by how much.",
        tags=("trend", "numbers"),
        topic="One Thing",
        source_label="Recorded sample: somewhere, 2013",
        disclosure="Made by AI from public post counts",
        figures=PostFigures(
            mentions=90,
            expected=Decimal("1.5"),
            timeframe_seconds=86400,
            as_of=datetime(2013, 4, 8, 18, tzinfo=UTC),
        ),
        production_cost=Decimal("0.03"),
        quality_score=Decimal("0.91"),
        approvals=(uuid5(_SPACE, f"tx {number}"),),
        duration_seconds=51,
        width=1080,
        height=1920,
        sizes_bytes={name: path.stat().st_size for name, path in media.items()},
        published_at=datetime(2026, 2, 6, 12, tzinfo=UTC) + timedelta(minutes=number),
    )
