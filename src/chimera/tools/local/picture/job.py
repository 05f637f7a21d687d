"""The video tool: a storyboard, its evidence and its soundtrack in, an MP4 with captions and a thumbnail out."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from chimera.contracts.production import Video, VideoJob
from chimera.core.errors import ToolFailed, VideoTooLong
from chimera.core.limits import VIDEO_DURATION_SECONDS_MAX
from chimera.tools.local.picture.caption_files import srt, vtt
from chimera.tools.local.picture.captions import captions
from chimera.tools.local.picture.encoder import CODEC, VideoWriter, writing_video
from chimera.tools.local.picture.film import Film
from chimera.tools.local.picture.frame_format import FrameFormat, frame_format, frames_in
from chimera.tools.local.picture.look import look_for
from chimera.tools.local.picture.screen_text import on_screen
from chimera.tools.local.picture.sheet import Sheet
from chimera.tools.local.picture.thumbnail import write_thumbnail, write_whole

_FRAMES_UNDER_WAY = 3
"""Converted frames that may wait for the encoder while the next one is drawn."""


def run(job: VideoJob, folder: Path, progress: Callable[[float], None]) -> Video:
    """Make the video in `folder`. `progress` hears a fraction from 0 to 1 about twice a second of video.

    The same job gives the same frames. Nothing is left under a final name unless it is whole.

    Raises:
        VideoTooLong: the soundtrack is longer than specification section 6 allows.
        ToolFailed: the soundtrack is missing or unreadable, or there is no room to write.
    """
    _check(job)
    form = frame_format(job.aspect, job.quality_preset)
    look = look_for(job.aspect, job.storyboard.tone, job.seed)
    cues = captions(job.soundtrack.words, look.layout.caption_characters, job.soundtrack.duration_ms)
    film = Film(job, form, look, cues)
    frames = frames_in(job.soundtrack.duration_ms, form.fps)
    target = folder / "video.mp4"
    with writing_video(target, job.soundtrack.audio, form, frames / form.fps, _tags(job)) as writer:
        _shoot(film, form, writer, frames, progress)
    written = tuple(caption.cue for caption in cues)
    write_whole(folder / "captions.srt", srt(written).encode())
    write_whole(folder / "captions.vtt", vtt(written).encode())
    write_thumbnail(film, job.storyboard, form, folder / "thumbnail.jpg")
    progress(1.0)
    return Video(
        video=target,
        thumbnail=folder / "thumbnail.jpg",
        captions_srt=folder / "captions.srt",
        captions_vtt=folder / "captions.vtt",
        cues=written,
        width=form.width,
        height=form.height,
        fps=form.fps,
        duration_ms=round(frames * 1000 / form.fps),
        codec=CODEC,
    )


def _check(job: VideoJob) -> None:
    if job.soundtrack.duration_ms > VIDEO_DURATION_SECONDS_MAX * 1000:
        raise VideoTooLong(
            f"the soundtrack lasts {job.soundtrack.duration_ms / 1000:.0f} s and a video at most "
            f"{VIDEO_DURATION_SECONDS_MAX} s: shorten the script",
            {"duration_ms": job.soundtrack.duration_ms},
        )
    if not job.soundtrack.audio.is_file():
        raise ToolFailed(
            f"the soundtrack {job.soundtrack.audio} is not there: produce the piece again",
            {"audio": str(job.soundtrack.audio)},
        )


def _tags(job: VideoJob) -> dict[str, str]:
    story = job.storyboard
    comment = f"{on_screen(story.disclosure)}. Source: {on_screen(story.source_label)}"
    return {"title": on_screen(story.title), "comment": comment}


def _shoot(film: Film, form: FrameFormat, writer: VideoWriter, frames: int, progress: Callable[[float], None]) -> None:
    """Draw and convert every frame here while a second thread encodes the ones before."""
    sheet = Sheet(form)
    under_way: deque[Future[None]] = deque()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="encode") as encoder:
        for index in range(frames):
            film.paint(sheet, index / form.fps)
            frame = writer.converted(sheet.pixels)
            if len(under_way) == _FRAMES_UNDER_WAY:
                under_way.popleft().result()
            under_way.append(encoder.submit(writer.write, frame))
            if index % (form.fps // 2) == 0:
                progress(0.99 * index / frames)
        while under_way:
            under_way.popleft().result()
