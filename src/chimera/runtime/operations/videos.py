"""`/v1/videos`: what was produced, the newest first."""

from uuid import UUID

from chimera.contracts.contract import Contract, Moment
from chimera.contracts.video import Video, VideoPage
from chimera.core.errors import NotFound, ValidationFailed
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import AnyOperation, Call, Operation
from chimera.runtime.operations.pages import PageRequest, paged, read_cursor
from chimera.security.permissions import Permission
from chimera.storage.records import video_metadata
from chimera.storage.records.video_metadata import VideoRecord


class VideosAsked(PageRequest):
    """Videos made at `since` or later; none leaves it open."""

    since: Moment | None = None


class VideoNamed(Contract):
    video_id: UUID


def video_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The reads of videos."""

    async def list_videos(_call: Call, asked: VideosAsked) -> VideoPage:
        async with desk.database.transaction() as connection:
            rows = await video_metadata.page(connection, read_cursor(asked.cursor), asked.since, asked.limit + 1)
        listed, cursor = paged(rows, asked.limit)
        return VideoPage(videos=tuple(map(_told, listed)), next_cursor=cursor)

    async def show_video(_call: Call, asked: VideoNamed) -> Video:
        async with desk.database.transaction() as connection:
            row = await video_metadata.get(connection, asked.video_id)
        if row is None:
            raise NotFound(f"there is no video {asked.video_id}", {"video_id": str(asked.video_id)})
        return _told(row)

    return (
        Operation(
            name="videos.list",
            summary="List the videos that were produced, the newest first.",
            method="GET",
            path="/v1/videos",
            asks=VideosAsked,
            answers=VideoPage,
            run=list_videos,
            right=Permission.READ_VIDEO,
            failures=(ValidationFailed,),
        ),
        Operation(
            name="videos.show",
            summary="Show one video.",
            method="GET",
            path="/v1/videos/{video_id}",
            asks=VideoNamed,
            answers=Video,
            run=show_video,
            right=Permission.READ_VIDEO,
            failures=(NotFound,),
        ),
    )


def _told(row: VideoRecord) -> Video:
    return Video(
        video_id=row.id,
        content_id=row.content_id,
        title=row.title,
        description=row.description,
        duration_seconds=row.duration_seconds,
        resolution=row.resolution,
        fps=row.fps,
        codec=row.codec,
        file_size_bytes=row.file_size_bytes,
        thumbnail_url=row.thumbnail_url,
        video_url=row.video_url,
        platform_ids=row.platform_ids,
        engagement_metrics=row.engagement_metrics,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
