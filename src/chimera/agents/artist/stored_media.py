"""A finished video's files in the media store, and the rows that tell of them."""

from dataclasses import dataclass
from datetime import datetime

from chimera.agents.artist.production import Production, asset_id_of, file_of, resolution_of, whole_seconds
from chimera.contracts.asset import AssetFile
from chimera.contracts.production import Video
from chimera.contracts.storyboard import Storyboard
from chimera.core.errors import ChimeraError
from chimera.core.vocabulary import FileType
from chimera.storage.blobs import Blobs
from chimera.storage.records.video_metadata import VideoRecord


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """The four files of a video, as the media store names them."""

    video: AssetFile
    thumbnail: AssetFile
    captions_srt: AssetFile
    captions_vtt: AssetFile


def store(blobs: Blobs, prefix: str, video: Video) -> StoredMedia:
    """Put the files into the media store, the video last, so that where it is the others are too.

    Raises:
        VideoTooLong, QualityFailed: over section 3's or 6's limits; OSError: no room.
    """
    seconds = whole_seconds(video.duration_ms)
    thumbnail = file_of(FileType.THUMBNAIL, video.thumbnail)
    srt, vtt = file_of(FileType.CAPTIONS, video.captions_srt), file_of(FileType.CAPTIONS, video.captions_vtt)
    film = file_of(FileType.VIDEO, video.video, seconds)
    return StoredMedia(
        thumbnail=_at(thumbnail, blobs.put(f"{prefix}/thumbnail{video.thumbnail.suffix}", video.thumbnail)),
        captions_srt=_at(srt, blobs.put(f"{prefix}/captions.srt", video.captions_srt)),
        captions_vtt=_at(vtt, blobs.put(f"{prefix}/captions.vtt", video.captions_vtt)),
        video=_at(film, blobs.put(f"{prefix}/video.mp4", video.video)),
    )


def _at(file: AssetFile, url: str) -> AssetFile:
    return file.model_copy(update={"url": url})


def still_stored(blobs: Blobs, production: Production) -> bool:
    """Whether every file of an earlier production is still there."""
    try:
        for file in production.files:
            blobs.open(file.url)
    except ChimeraError:
        return False
    return True


def video_record(board: Storyboard, production: Production, video: Video, now: datetime) -> VideoRecord:
    """The piece's row of table `video_metadata`."""
    return VideoRecord(
        id=asset_id_of(production.content_id),
        content_id=production.content_id,
        title=board.title,
        description=board.description,
        duration_seconds=whole_seconds(video.duration_ms),
        resolution=resolution_of(video),
        fps=video.fps,
        codec=video.codec,
        file_size_bytes=production.files[0].size_bytes,
        thumbnail_url=production.thumbnail_url,
        video_url=production.video_url,
        platform_ids={},
        engagement_metrics={},
        created_at=now,
        updated_at=now,
    )
