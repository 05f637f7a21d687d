"""What the local media tools are asked for and answer: one job contract and one result contract a tool.

Paths are absolute and lie in the production's own work folder. A tool never reads anything else.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from chimera.contracts.contract import Contract, Number, Usd
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.storyboard import Storyboard
from chimera.core.vocabulary import Aspect, QualityPreset

Milliseconds = Annotated[int, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class SpokenWord(Contract):
    """One word of the script as written, and when it is heard, counted from the start of the narration."""

    text: str
    start_ms: Milliseconds
    end_ms: Milliseconds
    beat: Annotated[int, Field(ge=0)]


class VoiceJob(Contract):
    """Say the beats, one after the other, with a short pause between them."""

    beats: tuple[Annotated[str, Field(min_length=1, max_length=5000)], ...] = Field(min_length=1, max_length=16)
    voice: Literal["af_heart", "am_michael"]
    speed: Annotated[float, Field(ge=0.7, le=1.4)]


class Narration(Contract):
    """`audio` is a 24 kHz mono WAV; `words` cover the script in order, every word once."""

    audio: Path
    duration_ms: Annotated[int, Field(gt=0)]
    voice: str
    words: tuple[SpokenWord, ...]


class SoundJob(Contract):
    """Lay a music bed under the narration, ducked under speech, at -14 LUFS and a true peak of at most -1 dBTP."""

    narration: Narration
    mood: Literal["bright", "calm", "tense", "sombre"]
    seed: Seed
    lead_in_ms: Milliseconds = 400
    tail_ms: Milliseconds = 1200


class Soundtrack(Contract):
    """`audio` is a 48 kHz stereo WAV; `words` are the narration's, shifted by the lead-in."""

    audio: Path
    duration_ms: Annotated[int, Field(gt=0)]
    words: tuple[SpokenWord, ...]
    integrated_lufs: float
    true_peak_dbtp: float


class VideoJob(Contract):
    """Draw the storyboard from the evidence's own numbers in time with the words, and encode it with the soundtrack."""

    storyboard: Storyboard
    evidence: TrendEvidence
    soundtrack: Soundtrack
    aspect: Aspect
    quality_preset: QualityPreset
    seed: Seed


class CaptionCue(Contract):
    """One caption as it stands on screen, at most two lines, and in the SRT and VTT files."""

    start_ms: Milliseconds
    end_ms: Milliseconds
    text: str


class Video(Contract):
    """`video` is H.264 + AAC in MP4 with the captions burned in; `captions_*` carry the same cues as files."""

    video: Path
    thumbnail: Path
    captions_srt: Path
    captions_vtt: Path
    cues: tuple[CaptionCue, ...]
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    fps: Literal[24, 30, 60]
    duration_ms: Annotated[int, Field(gt=0)]
    codec: str


JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class JobStatus(Contract):
    """Where one tool job is. `cpu_seconds` is measured over the job's own process and its children."""

    job_id: str
    tool: Literal["voice", "sound", "video"]
    state: JobState
    progress: Annotated[float, Field(ge=0, le=1)]
    cpu_seconds: Annotated[float, Field(ge=0)] | None
    result: dict[str, object] | None
    error: dict[str, object] | None


class ToolUse(Contract):
    """One tool as it really ran, for `content_pipeline.metadata.tools`."""

    tool: str
    version: str
    job_id: str
    cpu_seconds: Annotated[float, Field(ge=0)]
    cost_usd: Annotated[Usd, Field(ge=0)]
    estimated_cpu_seconds: Annotated[Number, Field(ge=0)]
