"""How long and for which screen a brief is written."""

from dataclasses import dataclass

from chimera.core.errors import ValidationFailed
from chimera.core.limits import PRODUCTION_SECONDS_MAX_VIDEO, SCRIPT_WORDS_MIN
from chimera.core.vocabulary import Aspect, QualityPreset

WORDS_PER_MINUTE = 150
"""The slower end of the voice's 150 to 160 words a minute, pauses included."""
PRODUCTION_SECONDS_PER_VIDEO_SECOND = 1.0
"""Wall seconds a second of video takes on two cores (a goal of 45 s for 45 to 56 s of video), rounded up."""
PRODUCTION_LIMIT_SHARE = 0.8
"""The share of section 3's 120 seconds a production is planned to use, so that a slow machine stays within it."""
WORDS_MAX = int(
    PRODUCTION_SECONDS_MAX_VIDEO * PRODUCTION_LIMIT_SHARE / PRODUCTION_SECONDS_PER_VIDEO_SECOND * WORDS_PER_MINUTE / 60
)
"""240 words: 96 seconds of video, which is well inside the 500 words of section 3."""
WORDS_RANGE_MIN = 20


@dataclass(frozen=True, slots=True)
class BriefOptions:
    """The script has `words_min` to `words_max` words, both included.

    Raises:
        ValidationFailed: outside 100 to 240 words, or a range narrower than 20 words.
    """

    words_min: int = 110
    words_max: int = 140
    aspect: Aspect = Aspect.VERTICAL
    quality_preset: QualityPreset = QualityPreset.STANDARD

    def __post_init__(self) -> None:
        if not SCRIPT_WORDS_MIN <= self.words_min <= self.words_max <= WORDS_MAX:
            raise ValidationFailed(
                f"a script has {SCRIPT_WORDS_MIN} to {WORDS_MAX} words, so that its production ends within "
                f"{PRODUCTION_SECONDS_MAX_VIDEO} seconds; {self.words_min} to {self.words_max} was asked",
                {"words_min": self.words_min, "words_max": self.words_max},
            )
        if self.words_max - self.words_min < WORDS_RANGE_MIN:
            raise ValidationFailed(
                f"leave at least {WORDS_RANGE_MIN} words between the shortest and the longest script",
                {"words_min": self.words_min, "words_max": self.words_max},
            )
