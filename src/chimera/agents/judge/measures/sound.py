"""Loudness, silence, and whether sound, picture and narration last equally long."""

from collections.abc import Sequence

from chimera.agents.judge.decoding.observation import HOP_SECONDS, Heard, Seen
from chimera.agents.judge.measures.picture import longest_run
from chimera.agents.judge.measures.scale import measure, ramp
from chimera.agents.judge.measures.stream import frame_rate
from chimera.contracts.production import SpokenWord
from chimera.contracts.review import QualityMeasure

TARGET_LUFS = -14.0
_LOUDNESS_GATE_LU = 6.0
_CLIPPED_SHARE_GATE = 0.003
_SILENT_DB = -60.0
_SILENT_SECONDS_GATE = 1.2
_DIFFERENCE_SECONDS_GATE = 0.7
_CUT_SECONDS_GATE = 0.3
_TAIL_SECONDS = 4.0


def loudness(heard: Heard) -> QualityMeasure:
    """Integrated loudness against -14 LUFS (within 1 LU is full marks), true peak and clipped samples."""
    off_target = abs(heard.integrated_lufs - TARGET_LUFS)
    score = ramp(off_target, 1.0, 8.0) * ramp(heard.true_peak_dbtp, 0.0, 4.0) * ramp(heard.clipped_share, 0.0002, 0.02)
    levels = f"{heard.integrated_lufs:.1f} LUFS, true peak {heard.true_peak_dbtp:.1f} dBTP"
    too_far = off_target > _LOUDNESS_GATE_LU or heard.clipped_share > _CLIPPED_SHARE_GATE
    return measure("loudness", score, f"{levels}, {heard.clipped_share:.2%} clipped", gate_failed=too_far)


def silence(heard: Heard) -> QualityMeasure:
    """The longest stretch below -60 dBFS."""
    seconds = longest_run(heard.level_db < _SILENT_DB) * HOP_SECONDS
    return measure(
        "silence",
        ramp(seconds, 0.7, 3.0),
        f"{seconds:.2f} s silent at most",
        gate_failed=seconds >= _SILENT_SECONDS_GATE,
    )


def audio_video_agreement(seen: Seen, heard: Heard, words: Sequence[SpokenWord]) -> QualityMeasure:
    """Ends of picture and sound against each other, and against the narration's last word."""
    rate = frame_rate(seen)
    picture_end = float(seen.times[-1]) + (1 / rate if rate else 0.0)
    sound_end = heard.start + heard.duration
    difference = max(abs(picture_end - sound_end), abs(float(seen.times[0]) - heard.start))
    said_until = max((word.end_ms for word in words), default=0) / 1000
    cut = max(0.0, said_until - min(picture_end, sound_end))
    tail = max(picture_end, sound_end) - said_until
    score = ramp(difference, 0.15, 1.5) * ramp(cut, 0.05, 2.0) * ramp(tail, _TAIL_SECONDS, 15.0)
    text = f"picture {picture_end:.2f} s, sound {sound_end:.2f} s, narration until {said_until:.2f} s"
    failed = difference > _DIFFERENCE_SECONDS_GATE or cut > _CUT_SECONDS_GATE
    return measure("audio_video_agreement", score, text, gate_failed=failed)
