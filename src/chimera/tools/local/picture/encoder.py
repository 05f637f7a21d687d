"""H.264 and AAC into an MP4 that is there whole or not at all (PyAV: FFmpeg's libraries, libx264).

Colours are BT.709 in limited range and tagged so; the index stands first in the file (fast start).
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from chimera.core.errors import ToolFailed
from chimera.core.limits import FILE_SIZE_BYTES_MAX
from chimera.tools.local.picture.frame_format import AUDIO_BITS_PER_SECOND, FrameFormat, video_bits_per_second_max
from chimera.tools.local.picture.sheet import Pixels

CODEC = "h264/aac"
_ENCODER_THREADS = 2
_KEYFRAME_SECONDS = 2
_SAMPLE_RATE = 48_000
_BT709 = "colorprim=bt709:transfer=bt709:colormatrix=bt709:fullrange=off"


class VideoWriter:
    """Takes frames in order and lays the sound beside them as it goes; one thread may convert while another writes."""

    def __init__(
        self, container: OutputContainer, sound: InputContainer, form: FrameFormat, duration_seconds: float
    ) -> None:
        self._container, self._form = container, form
        self._video = _video_stream(container, form, duration_seconds)
        self._audio: AudioStream = container.add_stream("aac", rate=_SAMPLE_RATE, layout="stereo")
        self._audio.bit_rate = AUDIO_BITS_PER_SECOND
        self._reformatter = VideoReformatter()
        self._sound = sound.decode(audio=0)
        self._sound_until = 0.0
        self._frames = 0

    def converted(self, pixels: Pixels) -> av.VideoFrame:
        """The pixels as the encoder takes them; they may be drawn over when this returns."""
        rgb = av.VideoFrame.from_numpy_buffer(pixels, format="rgba")
        return self._reformatter.reformat(
            rgb,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BILINEAR,
            threads=1,
        )

    def write(self, frame: av.VideoFrame) -> None:
        """Encode the next converted frame."""
        frame.pts, frame.time_base = self._frames, Fraction(1, self._form.fps)
        self._frames += 1
        self._container.mux(self._video.encode(frame))
        self._write_sound(self._frames / self._form.fps)

    def finish(self) -> None:
        """Write what the encoders still hold."""
        self._container.mux(self._video.encode())
        self._container.mux(self._audio.encode())

    def _write_sound(self, until: float) -> None:
        while self._sound_until < until:
            frame = next(self._sound, None)
            if frame is None:
                return
            self._sound_until += frame.samples / frame.sample_rate
            self._container.mux(self._audio.encode(frame))


@contextlib.contextmanager
def writing_video(
    target: Path, sound: Path, form: FrameFormat, duration_seconds: float, tags: dict[str, str]
) -> Iterator[VideoWriter]:
    """A writer whose file takes the name `target` when the `with` ends well; otherwise nothing is left.

    Raises:
        ToolFailed: the soundtrack can't be read, the disk is full, or the file would be too large.
    """
    partial = target.with_name(f".{target.name}.part")
    try:
        with (
            av.open(str(sound)) as heard,
            av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as container,
        ):
            container.metadata.update(tags)
            writer = VideoWriter(container, heard, form, duration_seconds)
            yield writer
            writer.finish()
        _settle(partial, target)
    except (FFmpegError, OSError) as failure:
        raise _explained(failure, target) from failure
    finally:
        partial.unlink(missing_ok=True)


def _video_stream(container: OutputContainer, form: FrameFormat, duration_seconds: float) -> VideoStream:
    ceiling = video_bits_per_second_max(duration_seconds)
    stream: VideoStream = container.add_stream(
        "libx264",
        rate=form.fps,
        options={
            "preset": form.effort.preset,
            "crf": str(form.effort.crf),
            "profile": "high",
            "maxrate": str(ceiling),
            "bufsize": str(2 * ceiling),
            "x264-params": _BT709,
        },
    )
    stream.width, stream.height, stream.pix_fmt = form.width, form.height, "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, form.fps)
    context.gop_size = _KEYFRAME_SECONDS * form.fps
    context.thread_count = _ENCODER_THREADS
    context.thread_type = "FRAME"  # sliced threads, PyAV's default, took 1.4 times as long on two cores
    context.colorspace, context.color_range, context.color_primaries, context.color_trc = 1, 1, 1, 1
    return stream


def _settle(partial: Path, target: Path) -> None:
    size = partial.stat().st_size
    if size > FILE_SIZE_BYTES_MAX:
        raise ToolFailed(
            f"the video came to {size:,} bytes, over the limit of {FILE_SIZE_BYTES_MAX:,}: shorten the script",
            {"size_bytes": size},
        )
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(target)


def _explained(failure: OSError | FFmpegError, target: Path) -> ToolFailed:
    if failure.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return ToolFailed(
            f"no room to write the video in {target.parent}: free some space there (about 100 MB) and try again",
            {"folder": str(target.parent)},
        )
    return ToolFailed(f"the video could not be encoded: {failure}", {"folder": str(target.parent)})
