"""How a script is shown: beats in order, each with its words, its picture and its on-screen headline.

Kept in `content_pipeline.metadata.storyboard`.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from chimera.contracts.contract import Contract


class Scene(StrEnum):
    """What a beat's picture draws, always from the trend's evidence."""

    HOOK = "hook"  # topic, and the ratio or count as the first thing seen
    COUNT = "count"  # mentions counting up against what was expected
    RATIO = "ratio"  # two bars or discs, expected and observed, to scale
    SERIES = "series"  # mentions over time with the baseline, peak marked
    COMMUNITIES = "communities"  # ranked bars of where it was said
    PHRASES = "phrases"  # words said along with it, sized by count
    TIMELINE = "timeline"  # first seen, peak, now
    SENTIMENT = "sentiment"  # gauge with its sample size
    CLOSING = "closing"  # call to action, source label, disclosure


class Beat(Contract):
    """One spoken part. `text` is what the voice says; `headline` what the screen shows (at most 48 characters)."""

    scene: Scene
    text: Annotated[str, Field(min_length=1)]
    headline: Annotated[str, Field(min_length=1, max_length=48)]
    visual_prompt: Annotated[str, Field(min_length=1, max_length=300)]


class Storyboard(Contract):
    """The whole piece; the script is the beats' texts joined by single spaces."""

    title: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=4000)]
    tags: tuple[str, ...]
    topic: str
    source_label: str = Field(description="shown on screen; says so where the source is a recorded sample")
    disclosure: str = Field(description="the visible label that the piece is made by a machine")
    persona: str
    tone: str
    beats: tuple[Beat, ...] = Field(min_length=3, max_length=16)

    @property
    def script(self) -> str:
        """The words as the voice says them."""
        return " ".join(beat.text for beat in self.beats)
