"""How much the encoder took away, without a reference: its own quantiser, block edges, and how sharp lettering is."""

from collections.abc import Sequence

import numpy as np

from chimera.agents.judge.decoding.observation import Luma, Seen
from chimera.agents.judge.measures.scale import measure, ramp
from chimera.contracts.review import QualityMeasure

_QUANTISER_GOOD, _QUANTISER_BAD = 30.0, 48.0
_QUANTISER_GATE = 42.0
_SHARP_GOOD, _SHARP_BAD = 0.5, 0.12
_SHARP_GATE = 0.25
_BLOCKS_GOOD, _BLOCKS_BAD = 1.5, 4.0
_EDGES_KEPT = 0.995


def encode_fidelity(seen: Seen) -> QualityMeasure:
    """The product of three ramps: mean quantiser, edge sharpness in the captions, steps on the 8-pixel grid."""
    told = seen.quantiser[~np.isnan(seen.quantiser)]
    quantiser = float(told.mean()) if len(told) else float("nan")
    sharpness = edge_sharpness(seen.crops)
    blocks = float(np.median(seen.blockiness)) if len(seen.blockiness) else 1.0
    score = ramp(sharpness, _SHARP_GOOD, _SHARP_BAD) * ramp(blocks, _BLOCKS_GOOD, _BLOCKS_BAD)
    if len(told):
        score *= ramp(quantiser, _QUANTISER_GOOD, _QUANTISER_BAD)
    text = f"mean quantiser {quantiser:.1f}, edge sharpness {sharpness:.2f}, blockiness {blocks:.2f}"
    ruined = sharpness < _SHARP_GATE or (bool(len(told)) and quantiser >= _QUANTISER_GATE)
    return measure("encode_fidelity", score, text, gate_failed=ruined)


def edge_sharpness(crops: Sequence[Luma]) -> float:
    """Steepest steps between neighbouring pixels in relation to the range of light; 1 is a one-pixel edge.

    The median over the crops, as some may fall between two captions.
    """
    if not crops:
        return 0.0
    return float(np.median([_sharpness(crop) for crop in crops]))


def _sharpness(crop: Luma) -> float:
    """At 1080 across the short side or less; a narrower picture needs no steeper step."""
    pixels = crop.astype(np.int16)
    darkest, brightest = np.percentile(pixels, (1, 99))
    if brightest - darkest < 16:
        return 0.0
    steps = np.abs(np.diff(pixels, axis=1))
    return float(np.quantile(steps, _EDGES_KEPT) / (brightest - darkest))
