"""Is the narration heard where its words are said to be: speech level within words against that between them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chimera.agents.judge.decoding.observation import HOP_SECONDS, Heard, Numbers
from chimera.agents.judge.measures.scale import measure, ramp
from chimera.contracts.production import SpokenWord
from chimera.contracts.review import QualityMeasure

_LAG_SECONDS_MAX = 1.5
_LAG_SECONDS_GATE = 0.25
_SEPARATION_GOOD, _SEPARATION_BAD = 0.8, 0.55
_SEPARATION_GATE = 0.65
"""Measured: real narrations over their bed 0.88-0.90."""
_GAP_HOPS_MIN = 6
_BEST_ENOUGH = 0.97


def narration_fidelity(heard: Heard, words: Sequence[SpokenWord]) -> QualityMeasure:
    """Lag: the shift at which words and level agree best; 80 ms are full marks.

    Separation, there: the chance that a moment within a word is louder than one between words (0.5 is chance).
    """
    said = spoken_mask(words, len(heard.speech_db), heard.start)
    if not said.any() or said.all():
        return measure("narration_fidelity", 0.0, "no narration to compare with", gate_failed=True)
    lag = narration_lag(heard.speech_db, said)
    separation = _separation(heard.speech_db, _moved(said, round(lag / HOP_SECONDS)))
    score = ramp(separation, _SEPARATION_GOOD, _SEPARATION_BAD) * ramp(abs(lag), 0.08, 1.0)
    text = f"speech stands out of pauses with {separation:.0%}, {abs(lag) * 1000:.0f} ms off"
    failed = separation < _SEPARATION_GATE or abs(lag) > _LAG_SECONDS_GATE
    return measure("narration_fidelity", score, text, gate_failed=failed)


def spoken_mask(words: Sequence[SpokenWord], hops: int, start: float) -> NDArray[np.bool_]:
    """For every 10 ms whether a word is said; pauses shorter than 60 ms belong to speech."""
    said = np.zeros(hops, dtype=np.bool_)
    previous = -_GAP_HOPS_MIN
    for word in words:
        begin, end = (round((ms / 1000 - start) / HOP_SECONDS) for ms in (word.start_ms, word.end_ms))
        begin = previous if 0 <= begin - previous < _GAP_HOPS_MIN else begin
        said[max(0, begin) : max(0, end)] = True
        previous = end
    return said


def narration_lag(speech_db: Numbers, said: NDArray[np.bool_]) -> float:
    """Seconds by which the sound comes after the words; 0 where that is as good as the best shift."""
    low, high = np.percentile(speech_db, (10, 95))
    level = np.clip((speech_db - low) / max(1e-6, high - low), 0, 1)
    hops = round(_LAG_SECONDS_MAX / HOP_SECONDS)
    shifts = np.arange(-hops, hops + 1, 2)
    fit = np.array([_correlation(level, said, int(shift)) for shift in shifts])
    best = shifts[fit >= fit.max() - (1 - _BEST_ENOUGH) * abs(fit.max())]
    return float(best[np.abs(best).argmin()]) * HOP_SECONDS


def _correlation(level: NDArray[np.float64], said: NDArray[np.bool_], shift: int) -> float:
    """Pearson's r between words and level shifted back by `shift`, over the whole length."""
    if abs(shift) >= len(level):
        return 0.0
    shifted = np.zeros_like(level)
    if shift >= 0:
        shifted[: len(level) - shift] = level[shift:]
    else:
        shifted[-shift:] = level[:shift]
    if shifted.std() == 0:
        return 0.0
    return float(np.corrcoef(shifted, said)[0, 1])


def _moved(said: NDArray[np.bool_], hops: int) -> NDArray[np.bool_]:
    """`said` as it would be `hops` later; what leaves the sound is lost."""
    moved = np.zeros_like(said)
    if hops >= 0:
        moved[hops:] = said[: len(said) - hops]
    else:
        moved[:hops] = said[-hops:]
    return moved if moved.any() and not moved.all() else said


def _separation(speech_db: Numbers, said: NDArray[np.bool_]) -> float:
    """The area under the ROC curve (Mann-Whitney U over pairs), ties by mean rank of 0.5 dB steps."""
    levels = np.round(speech_db * 2)
    _, place, counts = np.unique(levels, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    inside, outside = int(said.sum()), int((~said).sum())
    return float((ranks[said].sum() - inside * (inside + 1) / 2) / (inside * outside))
