"""The quality of one produced video: every measure over one decoding, joined into one score."""

import math
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path

from chimera.agents.judge.decoding.file_reader import observe
from chimera.agents.judge.decoding.observation import Band, Observation
from chimera.agents.judge.measures.captions import caption_coverage, caption_legibility, caption_timing
from chimera.agents.judge.measures.encoding import encode_fidelity
from chimera.agents.judge.measures.narration import narration_fidelity
from chimera.agents.judge.measures.picture import black_picture, frozen_picture, visual_variety
from chimera.agents.judge.measures.scale import WEIGHTS, measure
from chimera.agents.judge.measures.sound import audio_video_agreement, loudness, silence
from chimera.agents.judge.measures.stream import file_integrity, stream_conformance
from chimera.agents.judge.subtitles import Subtitle, parse_srt
from chimera.contracts.review import QualityMeasure, QualityReport, QualityRequest
from chimera.core.vocabulary import Aspect

GATE_CAP = Decimal("0.50")
SCORE_FLOOR = 0.01
"""A measure at 0 must not wipe out what the others say, so that worse is still told from bad."""
CAPTION_BANDS = {
    Aspect.VERTICAL: Band(0.64, 0.757),
    Aspect.WIDE: Band(0.74, 0.91),
    Aspect.SQUARE: Band(0.745, 0.90),
}
_CROPS = 8
_SRT_BYTES_MAX = 1_000_000


def measure_quality(request: QualityRequest) -> QualityReport:
    """Decode the video once and measure it. A file that can't be opened scores 0; no bad file makes it raise."""
    subtitles = _subtitles(request.captions_srt)
    observation = observe(request.video, request.thumbnail, CAPTION_BANDS[request.aspect], _crop_times(subtitles))
    if observation.container is None:
        problem = "; ".join(observation.damage)
        return report([measure(name, 0.0, problem, gate_failed=True) for name in WEIGHTS])
    return report(_measures(request, observation, subtitles))


def report(measures: Sequence[QualityMeasure]) -> QualityReport:
    """The weighted geometric mean of the measures, at most 0.50 where a gate failed, rounded down to two decimals."""
    weight = sum(float(one.weight) for one in measures)
    mean = math.exp(sum(float(one.weight) * math.log(max(SCORE_FLOOR, float(one.score))) for one in measures) / weight)
    nothing_there = all(one.score == 0 for one in measures)
    score = Decimal(0) if nothing_there else Decimal(str(mean)).quantize(Decimal("0.01"), rounding=ROUND_FLOOR)
    if any(one.gate_failed for one in measures):
        score = min(score, GATE_CAP)
    return QualityReport(quality_score=score, measures=tuple(measures))


def _measures(request: QualityRequest, observation: Observation, subtitles: Sequence[Subtitle]) -> list[QualityMeasure]:
    container, seen, heard = observation.container, observation.seen, observation.heard
    words = request.narration_words
    measures = [file_integrity(observation)]
    if container:
        measures.append(stream_conformance(container, seen, request.aspect, request.quality_preset))
    if seen:
        measures += [black_picture(seen), frozen_picture(seen), visual_variety(seen), encode_fidelity(seen)]
        measures += [caption_legibility(seen), caption_coverage(seen, subtitles, words)]
        measures.append(caption_timing(seen, subtitles, words))
    if heard:
        measures += [loudness(heard), silence(heard), narration_fidelity(heard, words)]
    if seen and heard:
        measures.append(audio_video_agreement(seen, heard, words))
    found = {one.name: one for one in measures}
    return [found.get(name) or measure(name, 0.0, "nothing to measure", gate_failed=True) for name in WEIGHTS]


def _subtitles(path: Path) -> tuple[Subtitle, ...]:
    """The cues of the delivered file; an unreadable or oversized file has none, which the caption measures tell."""
    try:
        with path.open("rb") as file:
            return parse_srt(file.read(_SRT_BYTES_MAX).decode("utf-8", errors="replace"))
    except OSError:
        return ()


def _crop_times(subtitles: Sequence[Subtitle]) -> list[float]:
    """The middles of at most eight cues, spread over all of them."""
    count = min(_CROPS, len(subtitles))
    chosen = [subtitles[index * len(subtitles) // count] for index in range(count)]
    return [(cue.start + cue.end) / 2 for cue in chosen]
