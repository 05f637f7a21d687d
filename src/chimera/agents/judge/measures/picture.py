"""Black and frozen stretches, and whether something changes often enough."""

import numpy as np
from numpy.typing import NDArray

from chimera.agents.judge.decoding.observation import Seen
from chimera.agents.judge.measures.scale import measure, ramp
from chimera.contracts.review import QualityMeasure

_DARK_SHARE = 0.98
_STILL_CHANGE = 3.0
"""Luma steps: less is encoding noise."""
_BLACK_SECONDS_GATE = 0.75
_FROZEN_SECONDS_GATE = 2.5
_VARIETY_SECONDS = 3.0


def black_picture(seen: Seen) -> QualityMeasure:
    """Seconds in which at least 98% of the picture is black (after ffmpeg's blackdetect)."""
    seconds = float((seen.dark >= _DARK_SHARE).sum()) * _frame_seconds(seen)
    return measure(
        "black_picture", ramp(seconds, 0.2, 2.0), f"{seconds:.2f} s black", gate_failed=seconds >= _BLACK_SECONDS_GATE
    )


def frozen_picture(seen: Seen) -> QualityMeasure:
    """The longest stretch in which nothing at all moves."""
    seconds = longest_run(seen.change[1:] < _STILL_CHANGE) * _frame_seconds(seen)
    return measure(
        "frozen_picture",
        ramp(seconds, 1.7, 4.5),
        f"{seconds:.2f} s without any change at most",
        gate_failed=seconds >= _FROZEN_SECONDS_GATE,
    )


def visual_variety(seen: Seen) -> QualityMeasure:
    """The longest time between visible changes (0.5% of the picture outside the captions): every 3 s at least."""
    changes = np.concatenate((seen.times[seen.scene_change], seen.times[-1:]))
    seconds = float(np.diff(changes).max(initial=0.0))
    return measure(
        "visual_variety", ramp(seconds, _VARIETY_SECONDS, 9.0), f"{seconds:.1f} s between visible changes at most"
    )


def longest_run(flags: NDArray[np.bool_]) -> int:
    """How many true values stand in a row at most."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _frame_seconds(seen: Seen) -> float:
    return float(np.median(np.diff(seen.times))) if len(seen.times) > 1 else 0.0
