"""Reads a SubRip (SRT) file as it was delivered; pure."""

import re
import unicodedata
from dataclasses import dataclass

_TIMES = re.compile(r"(\d{1,3}):(\d{2}):(\d{2})[,.](\d{3})\s*-->\s*(\d{1,3}):(\d{2}):(\d{2})[,.](\d{3})")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_CUES_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Subtitle:
    """One cue: seconds, and its words folded for comparison."""

    start: float
    end: float
    words: tuple[str, ...]


def parse_srt(text: str) -> tuple[Subtitle, ...]:
    """The cues with a time line, in order of their start; what is not a cue is passed over, as players do."""
    cues: list[Subtitle] = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").lstrip("\ufeff"))[:_CUES_MAX]:
        if times := _TIMES.search(block):
            numbers = [int(number) for number in times.groups()]
            start, end = _seconds(numbers[:4]), _seconds(numbers[4:])
            if end > start:
                cues.append(Subtitle(start, end, spoken_words(block[times.end() :])))
    return tuple(sorted(cues, key=lambda cue: cue.start))


def spoken_words(text: str) -> tuple[str, ...]:
    """Words without punctuation, case and invisible characters."""
    visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", visible).casefold()))


def _seconds(parts: list[int]) -> float:
    hours, minutes, seconds, milliseconds = parts
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
