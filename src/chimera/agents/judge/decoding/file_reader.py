"""Opens a video file with libav and passes its frames to the meters; a damaged file is told, never a crash."""

import struct
from collections.abc import Sequence
from pathlib import Path

import av
import av.error
import numpy as np
from PIL import Image, UnidentifiedImageError

from chimera.agents.judge.decoding.observation import Band, Container, Heard, Observation, Seen
from chimera.agents.judge.decoding.picture_meter import PictureMeter
from chimera.core.limits import FILE_SIZE_BYTES_MAX, VIDEO_DURATION_SECONDS_MAX

_FRAMES_MAX = VIDEO_DURATION_SECONDS_MAX * 60
_SIDE_MAX = 4096
_SIDE_MIN = 64
_BOXES_MAX = 64


def observe(video: Path, thumbnail: Path | None, band: Band, crop_times: Sequence[float]) -> Observation:
    """Decode `video` once, whole. Reads at most 600 seconds, 60 frames a second and 100 MB; more is told as damage."""
    damage: list[str] = []
    try:
        if video.stat().st_size > FILE_SIZE_BYTES_MAX:
            return Observation(None, None, None, ("larger than 100 MB, not decoded",))
        container = _container(video, thumbnail)
    except (OSError, av.error.FFmpegError, ValueError) as error:
        return Observation(None, None, None, (f"the file can't be opened: {_what(error)}",))
    sides = (container.width, container.height)
    if container.video_codec and (max(sides) > _SIDE_MAX or min(sides) < _SIDE_MIN):
        return Observation(container, None, None, (f"{sides[0]}x{sides[1]} is too large or too small to measure",))
    seen = _see(video, PictureMeter(band, crop_times, container.duration), damage) if container.video_codec else None
    heard = _hear(video, damage) if container.audio_codec else None
    return Observation(container, seen, heard, tuple(damage))


def _container(video: Path, thumbnail: Path | None) -> Container:
    with av.open(str(video)) as file:
        pictures = file.streams.video[0] if file.streams.video else None
        sound = file.streams.audio[0] if file.streams.audio else None
        return Container(
            size_bytes=video.stat().st_size,
            faststart=_is_faststart(video),
            duration=float(file.duration or 0) / av.time_base,
            video_codec=pictures.codec_context.name if pictures else "",
            audio_codec=sound.codec_context.name if sound else "",
            width=pictures.codec_context.width if pictures else 0,
            height=pictures.codec_context.height if pictures else 0,
            pixel_format=str(pictures.codec_context.pix_fmt or "") if pictures else "",
            frame_rate=float(pictures.average_rate or 0) if pictures else 0.0,
            frames_declared=pictures.frames if pictures else 0,
            thumbnail_size=_image_size(thumbnail),
        )


def _see(video: Path, meter: PictureMeter, damage: list[str]) -> Seen | None:
    try:
        with av.open(str(video)) as file:
            stream = file.streams.video[0]
            stream.thread_type = "AUTO"
            stream.codec_context.options = {"export_side_data": "venc_params", "err_detect": "explode"}
            for count, frame in enumerate(file.decode(stream)):
                if count >= _FRAMES_MAX:
                    damage.append(f"more than {_FRAMES_MAX} frames")
                    break
                meter.feed(frame)
    except (OSError, av.error.FFmpegError, ValueError) as error:
        damage.append(f"the picture breaks off: {_what(error)}")
    return meter.seen()


def _hear(video: Path, damage: list[str]) -> Heard | None:
    # Imported here: scipy.signal takes half a second, which no command should pay before it decodes something.
    from chimera.agents.judge.decoding.sound_meter import RATE_HZ, SoundMeter

    meter: SoundMeter | None = None
    rate = 0
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)
    try:
        with av.open(str(video)) as file:
            stream = file.streams.audio[0]
            rate = stream.codec_context.sample_rate
            for frame in file.decode(stream):
                meter = meter or SoundMeter(2, float(frame.time or 0.0))
                for part in resampler.resample(frame):
                    meter.feed(part.to_ndarray().astype(np.float32, copy=False))
                if float(frame.time or 0.0) > VIDEO_DURATION_SECONDS_MAX:
                    damage.append("more than 600 seconds of sound")
                    break
    except (OSError, av.error.FFmpegError, ValueError) as error:
        damage.append(f"the sound breaks off: {_what(error)}")
    return meter.heard(rate) if meter else None


def _is_faststart(video: Path) -> bool:
    """Whether the index (`moov`) stands before the media (`mdat`) in ISO 14496-12's row of boxes."""
    with video.open("rb") as file:
        for _ in range(_BOXES_MAX):
            header = file.read(16)
            if len(header) < 8:
                return False
            size, kind = struct.unpack(">I4s", header[:8])
            if kind in (b"moov", b"mdat"):
                return bool(kind == b"moov")
            if size == 1 and len(header) == 16:
                (size,) = struct.unpack(">Q", header[8:])
            if size < 8:
                return False
            file.seek(size - len(header), 1)
    return False


def _image_size(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        with Image.open(path) as image:
            image.load()
            return image.size
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return (0, 0)


def _what(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)[:200]
