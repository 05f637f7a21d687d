"""Are captions there, complete, readable and in time: the delivered file, the picture and the spoken words compared."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from chimera.agents.judge.decoding.observation import Luma, Seen
from chimera.agents.judge.measures.scale import measure, ramp
from chimera.agents.judge.subtitles import Subtitle, spoken_words
from chimera.contracts.production import SpokenWord
from chimera.contracts.review import QualityMeasure

_CONTRAST_GOOD, _CONTRAST_BAD = 4.5, 1.5
_EDGE_STEPS = 0.01
_INK_STEP = 25
_INK_SHARE_MIN = 0.01
_CHANGED_LUMA_MIN = 3.0
_COVERAGE_GATE = 0.6
_LAG_SECONDS_MAX = 1.5
_OFFSET_SECONDS_GATE = 0.4
_SEEN_PEAK_RATIO = 2.0


def caption_legibility(seen: Seen) -> QualityMeasure:
    """WCAG 2.2 contrast (section 1.4.3) across the strongest edges in the caption band; 4.5 to 1 is full marks."""
    ratios = [_contrast(crop) for crop in seen.crops]
    ratio = float(np.median(ratios)) if ratios else 1.0
    return measure("caption_legibility", ramp(ratio, _CONTRAST_GOOD, _CONTRAST_BAD), f"contrast {ratio:.1f} to 1")


def caption_coverage(seen: Seen, subtitles: Sequence[Subtitle], words: Sequence[SpokenWord]) -> QualityMeasure:
    """Spoken words found in the file, in order, times the share of its cues that are seen in the picture."""
    pairs = _matched(subtitles, words)
    spoken = sum(len(spoken_words(word.text)) for word in words)
    in_file = len(pairs) / spoken if spoken else 0.0
    on_screen = shown_share(seen, subtitles)
    text = f"{in_file:.0%} of the words in the file, {on_screen:.0%} of the cues on screen"
    score = ramp(in_file, 0.98, 0.3) * ramp(on_screen, 0.9, 0.2)
    return measure("caption_coverage", score, text, gate_failed=min(in_file, on_screen) < _COVERAGE_GATE)


def caption_timing(seen: Seen, subtitles: Sequence[Subtitle], words: Sequence[SpokenWord]) -> QualityMeasure:
    """How far cues stand from their words (P95 over all words), and the picture's captions from their cues."""
    outside = [_outside(subtitle, at) for subtitle, at in _matched(subtitles, words)]
    offset = float(np.percentile(outside, 95)) if outside else _LAG_SECONDS_MAX
    lag = abs(display_lag(seen, subtitles))
    score = ramp(offset, 0.12, 1.2) * ramp(lag, 0.12, 1.2)
    text = f"words outside their cue by {offset * 1000:.0f} ms (P95), picture off by {lag * 1000:.0f} ms"
    return measure("caption_timing", score, text, gate_failed=max(offset, lag) > _OFFSET_SECONDS_GATE)


def shown_share(seen: Seen, subtitles: Sequence[Subtitle]) -> float:
    """The share of cues at whose middle lettering stands in the band and differs from the cue before."""
    if not subtitles:
        return 0.0
    pictures = [_at(seen, (subtitle.start + subtitle.end) / 2) for subtitle in subtitles]
    shown = 0
    for index, picture in enumerate(pictures):
        other = pictures[index - 1] if index else pictures[min(1, len(pictures) - 1)]
        differs = len(pictures) == 1 or np.abs(picture - other).mean() >= _CHANGED_LUMA_MIN
        shown += int(bool(differs) and _ink_share(picture) >= _INK_SHARE_MIN)
    return shown / len(subtitles)


def display_lag(seen: Seen, subtitles: Sequence[Subtitle]) -> float:
    """Seconds by which the band's changes come after the cues' starts; the largest lag where no cue is seen changing.

    Of all shifts, the one at which most cue starts meet one of the band's great changes; of equals, the smallest.
    """
    starts = np.array([subtitle.start for subtitle in subtitles])
    if not len(starts) or len(seen.times) < 10:
        return _LAG_SECONDS_MAX
    step = float(np.median(np.diff(seen.times)))
    change = _clipped_changes(seen.band_change, len(starts))
    shifts = np.arange(round(-_LAG_SECONDS_MAX / step), round(_LAG_SECONDS_MAX / step) + 1)
    first = np.searchsorted(seen.times, starts - step / 2)
    met = np.array([_hits(change, first + shift) for shift in shifts])
    if met.max() < _SEEN_PEAK_RATIO * max(1e-6, float(np.median(change))):
        return _LAG_SECONDS_MAX
    best = shifts[met >= 0.97 * met.max()]
    return float(best[np.abs(best).argmin()]) * step


def _clipped_changes(band_change: NDArray[np.float32], cues: int) -> NDArray[np.float32]:
    """Changes cut at the height of the `cues`-th greatest, so that one cut of the scene counts no more than a cue."""
    quiet = band_change.copy()
    quiet[0] = 0.0
    highest: NDArray[np.float32] = np.minimum(quiet, np.sort(quiet)[-min(len(quiet), cues)])
    return highest


def _hits(change: NDArray[np.float32], frames: NDArray[np.int64]) -> float:
    """Mean over the cues of the greatest change within a frame of theirs; a cue shifted out of the video counts 0."""
    padded = np.pad(change, 1)
    inside = (frames >= 0) & (frames < len(change))
    near = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    return float(near[frames[inside]].sum() / len(frames)) if inside.any() else 0.0


def _at(seen: Seen, seconds: float) -> NDArray[np.float32]:
    index = int(np.abs(seen.snapshot_times - seconds).argmin())
    picture: NDArray[np.float32] = seen.snapshots[index].astype(np.float32)
    return picture


def _ink_share(picture: NDArray[np.float32]) -> float:
    return float((np.abs(np.diff(picture, axis=1)) > _INK_STEP).mean())


def _matched(subtitles: Sequence[Subtitle], words: Sequence[SpokenWord]) -> list[tuple[Subtitle, float]]:
    """Each spoken word found in the file's text, in order, with its cue and the second it is spoken at."""
    written = [(word, subtitle) for subtitle in subtitles for word in subtitle.words]
    spoken = [(part, word.start_ms / 1000) for word in words for part in spoken_words(word.text)]
    matcher = SequenceMatcher(None, [word for word, _ in written], [word for word, _ in spoken], autojunk=False)
    return [
        (written[block.a + place][1], spoken[block.b + place][1])
        for block in matcher.get_matching_blocks()
        for place in range(block.size)
    ]


def _outside(subtitle: Subtitle, at: float) -> float:
    return max(0.0, subtitle.start - at, at - subtitle.end)


def _contrast(crop: Luma) -> float:
    """The median contrast between the two sides of the strongest 1% of horizontal steps."""
    pixels = crop.astype(np.float32)
    reach = 3
    left, right = pixels[:, : -2 * reach], pixels[:, 2 * reach :]
    steps = np.abs(right - left)
    strongest = steps >= max(1.0, float(np.quantile(steps, 1 - _EDGE_STEPS)))
    if not strongest.any():
        return 1.0
    lighter = _luminance(np.maximum(left, right)[strongest])
    darker = _luminance(np.minimum(left, right)[strongest])
    return float(np.median((lighter + 0.05) / (darker + 0.05)))


def _luminance(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Relative luminance of grey of this encoded luma (BT.709 range 16 to 235, sRGB transfer)."""
    value = np.clip((luma - 16) / 219, 0, 1)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
