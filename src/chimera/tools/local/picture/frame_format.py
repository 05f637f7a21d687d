"""Sizes, rates and encoder settings: one picture of `Aspect` and one effort of `QualityPreset`; no drawing."""

from dataclasses import dataclass
from typing import Literal

from chimera.core.limits import FILE_SIZE_BYTES_MAX
from chimera.core.vocabulary import Aspect, QualityPreset

DESIGN_SHORT_SIDE = 1080
"""Everything is laid out for 1080 pixels across the short side and scaled from there."""

AUDIO_BITS_PER_SECOND = 192_000
_DESIGN_SIZES = {Aspect.VERTICAL: (1080, 1920), Aspect.WIDE: (1920, 1080), Aspect.SQUARE: (1080, 1080)}
_SHARE_OF_FILE_FOR_VIDEO = 0.9
_VIDEO_BITS_PER_SECOND_MAX = 12_000_000


@dataclass(frozen=True, slots=True)
class Effort:
    """x264's preset and constant rate factor (lower is finer), and the short side in pixels."""

    preset: str
    crf: int
    short_side: int


EFFORTS = {
    QualityPreset.DRAFT: Effort("superfast", 26, 720),
    QualityPreset.STANDARD: Effort("veryfast", 21, 1080),
    QualityPreset.HIGH: Effort("fast", 18, 1080),
}


@dataclass(frozen=True, slots=True)
class FrameFormat:
    """What a frame measures: pixels as encoded, and the design units it is drawn in."""

    width: int
    height: int
    design_width: int
    design_height: int
    fps: Literal[24, 30, 60]
    effort: Effort

    @property
    def scale(self) -> float:
        """Pixels to a design unit."""
        return self.width / self.design_width


def frame_format(aspect: Aspect, preset: QualityPreset) -> FrameFormat:
    """The format of a video in this aspect at this preset; sides are even, as 4:2:0 wants them."""
    effort = EFFORTS[preset]
    design_width, design_height = _DESIGN_SIZES[aspect]
    return FrameFormat(
        width=design_width * effort.short_side // DESIGN_SHORT_SIDE,
        height=design_height * effort.short_side // DESIGN_SHORT_SIDE,
        design_width=design_width,
        design_height=design_height,
        fps=30,
        effort=effort,
    )


def video_bits_per_second_max(duration_seconds: float) -> int:
    """The rate ceiling that keeps a video of this length under the file size limit of specification section 6."""
    whole = FILE_SIZE_BYTES_MAX * 8 * _SHARE_OF_FILE_FOR_VIDEO / max(duration_seconds, 1.0)
    return int(min(_VIDEO_BITS_PER_SECOND_MAX, whole - AUDIO_BITS_PER_SECOND))


def frames_in(duration_ms: int, fps: int) -> int:
    """Frames that cover the duration, the last one begun included."""
    return max(1, -(-duration_ms * fps // 1000))
