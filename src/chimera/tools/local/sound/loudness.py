"""Loudness by ITU-R BS.1770-4, and the master that meets -14 LUFS and -1 dBTP. Pure."""

import math

import numpy as np
import pyloudnorm  # type: ignore[import-untyped]

from chimera.core.errors import ToolFailed
from chimera.tools.local.sound.dynamics import Floats, limited, true_peak
from chimera.tools.local.sound.instruments import RATE_HZ

TARGET_LUFS = -14.0
TOLERANCE_LU = 0.5
PEAK_DBTP_MAX = -1.0

_CEILING = 10 ** ((PEAK_DBTP_MAX - 0.3) / 20)
_PASSES_MAX = 6
_CLOSE_LU = 0.1
_BLOCK = RATE_HZ * 4 // 10


def integrated_lufs(audio: Floats) -> float:
    """Gated loudness; -70, the gate itself, for silence. Audio under 0.4 s is padded to one block."""
    padded = np.pad(audio, ((0, max(0, _BLOCK + 1 - len(audio))), (0, 0)))
    return max(-70.0, float(pyloudnorm.Meter(RATE_HZ).integrated_loudness(padded)))


def true_peak_dbtp(audio: Floats) -> float:
    return 20 * math.log10(max(true_peak(audio), 1e-9))


def mastered(audio: Floats) -> Floats:
    """The mix at -14 LUFS +-0.5 with no true peak above -1 dBTP: gain and limiter, repeated as limiting costs loudness.

    Raises:
        ToolFailed: the mix is silent, or so peaky that both can't be met.
    """
    if integrated_lufs(audio) <= -69.0:
        raise ToolFailed("the narration is silent: make it again")
    gain = 1.0
    for _ in range(_PASSES_MAX):
        result = limited(audio * np.float32(gain), _CEILING)
        missing = TARGET_LUFS - integrated_lufs(result)
        if abs(missing) <= _CLOSE_LU:
            return result
        gain *= 10 ** (missing / 20)
    if abs(missing) <= TOLERANCE_LU:
        return result
    raise ToolFailed(
        f"the mix can't reach {TARGET_LUFS:.0f} LUFS below {PEAK_DBTP_MAX:.0f} dBTP: its peaks are too sharp"
    )
