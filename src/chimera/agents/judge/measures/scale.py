"""How measured values become scores: straight ramps, and the weight of each measure in the whole."""

import math
from decimal import Decimal

from chimera.contracts.review import QualityMeasure

WEIGHTS = {
    "stream_conformance": 1.0,
    "file_integrity": 1.0,
    "audio_video_agreement": 1.0,
    "loudness": 1.0,
    "silence": 1.0,
    "black_picture": 1.0,
    "frozen_picture": 1.0,
    "visual_variety": 1.0,
    "encode_fidelity": 1.5,
    "caption_legibility": 1.0,
    "caption_coverage": 1.5,
    "caption_timing": 1.5,
    "narration_fidelity": 2.0,
}


def ramp(value: float, good: float, bad: float) -> float:
    """1 at `good` or better, 0 at `bad` or worse, straight between; either end may be the larger. NaN is 0."""
    if math.isnan(value):
        return 0.0
    return min(1.0, max(0.0, (value - bad) / (good - bad)))


def measure(name: str, score: float, measured: str, *, gate_failed: bool = False) -> QualityMeasure:
    """The measure under its weight, its score to three decimals."""
    return QualityMeasure(
        name=name,
        score=Decimal(str(round(min(1.0, max(0.0, score)), 3))),
        weight=Decimal(str(WEIGHTS[name])),
        measured=measured,
        gate_failed=gate_failed,
    )
