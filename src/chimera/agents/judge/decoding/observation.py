"""What one pass over a video file has seen and heard; all that the measures know."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]
Luma = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Band:
    """The part of the height where captions stand: from `top` to `bottom`, 0 to 1."""

    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Container:
    """The file as it says it is. Durations are seconds; `frames_declared` is 0 where the file does not tell."""

    size_bytes: int
    faststart: bool
    duration: float
    video_codec: str
    audio_codec: str
    width: int
    height: int
    pixel_format: str
    frame_rate: float
    frames_declared: int
    thumbnail_size: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One number a frame. Luma as encoded, 16 black to 235 white; times in seconds.

    `dark` is the share of dark pixels; `change` the largest change of a small area since the frame before;
    `band_change` the mean change within the caption band; `scene_change` the share of the picture outside the band
    that differs from how it looked at the last visible change; `quantiser` the encoder's mean parameter (0 to 51).
    `snapshots` are small pictures of the band at `snapshot_times`; `crops` are full-size ones at the wanted times.
    """

    times: Numbers
    dark: Numbers
    change: Numbers
    band_change: Numbers
    scene_change: NDArray[np.bool_]
    quantiser: Numbers
    blockiness: Numbers
    snapshot_times: Numbers
    snapshots: Luma
    crops: tuple[Luma, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """Loudness in LUFS and dBTP (-inf: nothing); `speech_db` is speech-band level every 10 ms from `start` on."""

    start: float
    duration: float
    sample_rate: int
    integrated_lufs: float
    true_peak_dbtp: float
    clipped_share: float
    level_db: Numbers
    speech_db: Numbers


@dataclass(frozen=True, slots=True)
class Observation:
    """`damage` are the decoder's complaints; a file that can't be opened at all has nothing else."""

    container: Container | None
    seen: Seen | None
    heard: Heard | None
    damage: tuple[str, ...]


HOP_SECONDS = 0.01
"""The step of `Heard.level_db` and `Heard.speech_db`."""
