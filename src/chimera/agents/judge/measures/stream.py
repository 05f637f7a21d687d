"""Is the file what was asked for, and whole: codecs, size, frame rate, pixel format, index first, nothing missing."""

import numpy as np

from chimera.agents.judge.decoding.observation import Container, Observation, Seen
from chimera.agents.judge.measures.scale import measure, ramp
from chimera.contracts.review import QualityMeasure
from chimera.core.limits import FILE_SIZE_BYTES_MAX
from chimera.core.vocabulary import Aspect, QualityPreset

_SHAPES = {Aspect.VERTICAL: (9, 16), Aspect.WIDE: (16, 9), Aspect.SQUARE: (1, 1)}
_FRAME_RATES = (24.0, 30.0, 60.0)
_FRAMES_MISSING_MAX = 0.02


def frame_size(aspect: Aspect, preset: QualityPreset) -> tuple[int, int]:
    """Width and height asked for: 720 pixels across the short side for a draft, 1080 otherwise."""
    short_side = 720 if preset is QualityPreset.DRAFT else 1080
    across, down = _SHAPES[aspect]
    unit = min(across, down)
    return short_side * across // unit, short_side * down // unit


def stream_conformance(
    container: Container, seen: Seen | None, aspect: Aspect, preset: QualityPreset
) -> QualityMeasure:
    """Any hard fault fails the gate; a late index and uneven frame times only lower the score."""
    width, height = frame_size(aspect, preset)
    rate = frame_rate(seen) if seen else 0.0
    faults = [
        text
        for holds, text in (
            (container.video_codec == "h264", f"video codec {container.video_codec or 'none'}, not h264"),
            (container.audio_codec == "aac", f"audio codec {container.audio_codec or 'none'}, not aac"),
            ((container.width, container.height) == (width, height), f"not {width}x{height}"),
            (any(abs(rate - right) <= 0.01 * right for right in _FRAME_RATES), f"{rate:.2f} frames a second"),
            (container.pixel_format in {"yuv420p", "yuvj420p"}, f"pixel format {container.pixel_format or 'none'}"),
            (container.size_bytes <= FILE_SIZE_BYTES_MAX, "larger than 100 MB"),
            (container.thumbnail_size is None or min(container.thumbnail_size) > 0, "unreadable thumbnail"),
        )
        if not holds
    ]
    late_index = "" if container.faststart else ", index at the end"
    score = (0.5 ** len(faults)) * (1.0 if container.faststart else 0.7) * ramp(_unevenness(seen), 0.1, 1.0)
    shape = f"{container.width}x{container.height} at {rate:.2f} fps{late_index}"
    return measure("stream_conformance", score, "; ".join([shape, *faults]), gate_failed=bool(faults))


def file_integrity(observation: Observation) -> QualityMeasure:
    """The share of declared frames and sound that could be decoded; any complaint of the decoder fails the gate."""
    container, seen, heard = observation.container, observation.seen, observation.heard
    frames = len(seen.times) if seen else 0
    declared = container.frames_declared if container else 0
    share = min(1.0, frames / declared) if declared else float(frames > 0)
    if container and heard:
        share = min(share, 1.0, (heard.duration + 0.3) / max(0.1, container.duration))
    problems = list(observation.damage)
    if not heard:
        problems.append("no sound")
    elif not seen:
        problems.append("no picture")
    missing = share < 1 - _FRAMES_MISSING_MAX
    score = share * (0.3 if problems else 1.0)
    text = "; ".join([f"{frames} of {declared or frames} frames decoded", *problems])
    return measure("file_integrity", score, text, gate_failed=missing or bool(problems))


def frame_rate(seen: Seen) -> float:
    """Frames a second between the first and the last frame."""
    span = float(seen.times[-1] - seen.times[0])
    return (len(seen.times) - 1) / span if span > 0 else 0.0


def _unevenness(seen: Seen | None) -> float:
    """The standard deviation of the frames' distances in relation to their mean."""
    if seen is None or len(seen.times) < 3:
        return 1.0
    steps = np.diff(seen.times)
    return float(steps.std() / max(1e-6, steps.mean()))
