"""The claim checker: every number and every name in a text must stand in the trend's evidence.

It reads a finished text and recomputes from the evidence what may be said; it knows nothing of how the text was
made. A number is a claim of (unit, qualifier, value). The rounding rules a text may use: "about" before a whole
number rounded half up, or before a ratio below 10 rounded to one decimal; "at least" before a ratio cut to whole;
"fewer than 1" where less than one post was expected; "about N hours" before a length rounded to whole hours.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Literal

from chimera.agents.director.number_words import FACTOR_WORDS, NUMBER_WORDS, read_number_words
from chimera.agents.director.spoken import MONTHS, spoken_name
from chimera.contracts.evidence import TrendEvidence

Unit = Literal["post", "times", "percent", "hour", "minute", "day", "community", "clock", "date", "year"]
Qualifier = Literal["", "about", "at least", "fewer than"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A number as a text states it: "about 5.7 times" is (times, about, 5.7)."""

    unit: Unit
    qualifier: Qualifier
    value: Decimal


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A number or name that the evidence does not hold; `excerpt` is the word with its neighbours."""

    kind: Literal["number", "name"]
    excerpt: str


_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?(?![\w])|[\w'’-]+|[.?!:]")
_NUMERAL = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_UNITS: dict[str, Unit] = {
    "post": "post", "posts": "post", "mention": "post", "mentions": "post",
    "time": "times", "times": "times", "percent": "percent",
    "hour": "hour", "hours": "hour", "minute": "minute", "minutes": "minute", "day": "day", "days": "day",
    "community": "community", "communities": "community",
}  # fmt: skip
_APPROXIMATE = frozenset({"about", "around", "roughly", "nearly", "almost"})
_QUALIFIERS: dict[tuple[str, str], Qualifier] = {
    ("at", "least"): "at least", ("fewer", "than"): "fewer than", ("less", "than"): "fewer than",
}  # fmt: skip
_MONTH_NUMBERS = {month.casefold(): number for number, month in enumerate(MONTHS, start=1)}
_FREE_NAMES = frozenset({"i", "ai", "utc", *_MONTH_NUMBERS})
_PARTS_OF_DAY = frozenset({"morning", "afternoon", "evening"})
_MASK = "\u241f"
"""Stands for a name that holds a number of its own ("iPhone 15"), so that it is not read as a count."""


def unsupported(
    text: str, topic: str, evidence: TrendEvidence, vocabulary: frozenset[str] = frozenset()
) -> tuple[Unsupported, ...]:
    """What `text` states without the evidence holding it; empty where every number and name stands.

    `vocabulary` (lower case) lists the words that may open a sentence. A capitalised word anywhere else must
    belong to the topic, the platform, a community or a phrase.
    """
    names = _names(topic, evidence)
    tokens = _TOKEN.findall(_masked(text.replace("’", "'"), names))
    return (*_unsupported_numbers(tokens, allowed_claims(evidence)), *_unsupported_names(tokens, names, vocabulary))


def allowed_claims(evidence: TrendEvidence) -> frozenset[Claim]:
    """Every number the evidence supports, by the rules in this module's docstring."""
    return frozenset(
        (*_post_claims(evidence), *_ratio_claims(evidence), *_share_claims(evidence), *_time_claims(evidence))
    )


def _names(topic: str, evidence: TrendEvidence) -> tuple[str, ...]:
    source = evidence.source
    shares = (share.name for share in (*evidence.communities, *evidence.phrases))
    raw = [topic, source.platform, *shares]
    return tuple(dict.fromkeys(name for text in raw for name in (text, spoken_name(text)) if name))


def _half_up(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1), rounding=ROUND_HALF_UP)


def _exactly(unit: Unit, value: int | Decimal) -> Iterator[Claim]:
    yield Claim(unit, "", Decimal(value))
    yield Claim(unit, "about", Decimal(value))


def _post_claims(evidence: TrendEvidence) -> Iterator[Claim]:
    counts = {evidence.mentions, evidence.peak_mentions, evidence.source.posts_read, evidence.sentiment.sample_size}
    counts |= {share.mentions for share in (*evidence.communities, *evidence.phrases)}
    counts |= _last_full_bucket(evidence)
    for count in counts:
        yield from _exactly("post", count)
    if evidence.expected < 1:
        yield Claim("post", "fewer than", Decimal(1))
    elif evidence.expected == evidence.expected.to_integral_value():
        yield from _exactly("post", evidence.expected)
    else:
        yield Claim("post", "about", _half_up(evidence.expected))
    yield from _exactly("community", evidence.community_count)


def _last_full_bucket(evidence: TrendEvidence) -> set[int]:
    step = timedelta(seconds=evidence.bucket_seconds)
    starts = [
        bucket.start
        for bucket in evidence.series
        if evidence.window_start <= bucket.start <= evidence.window_end - step
    ]
    return {bucket.mentions for bucket in evidence.series if starts and bucket.start == max(starts)}


def _ratio_claims(evidence: TrendEvidence) -> Iterator[Claim]:
    ratio = evidence.ratio
    yield Claim("times", "at least", Decimal(int(ratio)))
    # The scout keeps a floor under `expected`: where it held the ratio down, "about" would understate it.
    if ratio * evidence.expected >= Decimal("0.95") * evidence.mentions:
        yield Claim("times", "about", ratio.quantize(Decimal("0.1")) if ratio < 10 else _half_up(ratio))


def _share_claims(evidence: TrendEvidence) -> Iterator[Claim]:
    if not evidence.mentions:
        return
    parts = {evidence.peak_mentions, *(share.mentions for share in (*evidence.communities, *evidence.phrases))}
    for part in parts:
        yield Claim("percent", "about", _half_up(Decimal(100 * part) / evidence.mentions))


def _time_claims(evidence: TrendEvidence) -> Iterator[Claim]:
    for seconds in (evidence.timeframe_seconds, evidence.bucket_seconds):
        yield from _length_claims(seconds)
    moments = (evidence.first_seen, evidence.peak_start, evidence.window_start, evidence.window_end, evidence.as_of)
    for earlier in moments:
        for later in moments:
            if earlier < later:
                lapse = Decimal((later - earlier) // timedelta(seconds=1))
                yield Claim("hour", "about", _half_up(lapse / 3600))
    for moment in (*moments, evidence.baseline_start):
        yield from _moment_claims(moment)


def _length_claims(seconds: int) -> Iterator[Claim]:
    lengths: tuple[tuple[Unit, int], ...] = (("day", 86_400), ("hour", 3_600), ("minute", 60))
    for unit, size in lengths:
        if seconds % size == 0:
            yield Claim(unit, "", Decimal(seconds // size))


def _moment_claims(moment: datetime) -> Iterator[Claim]:
    yield Claim("clock", "", Decimal(moment.hour % 12 or 12))
    yield Claim("date", "", Decimal(moment.month * 100 + moment.day))
    yield Claim("year", "", Decimal(moment.year))


def _masked(text: str, names: Iterable[str]) -> str:
    units = "|".join(_UNITS)
    for name in sorted(names, key=len, reverse=True):
        if any(_is_number(token) for token in _TOKEN.findall(name)):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)(?!\s+(?:{units})\b)", _MASK, text, flags=re.IGNORECASE)
    return text


def _is_number(token: str) -> bool:
    words = token.casefold().split("-")
    return any(character.isdigit() for character in token) or any(word in NUMBER_WORDS for word in words)


def _is_emphasis(tokens: list[str], position: int) -> bool:
    """Whether this is the "single" of "a single corner", which counts nothing."""
    after = [token.casefold() for token in tokens[position + 1 : position + 3]]
    return tokens[position].casefold() == "single" and not any(word in _UNITS for word in after)


def _unsupported_numbers(tokens: list[str], allowed: frozenset[Claim]) -> Iterator[Unsupported]:
    position = 0
    while position < len(tokens):
        if not _is_number(tokens[position]) or _is_emphasis(tokens, position):
            position += 1
            continue
        end, claim = _claim_at(tokens, position)
        if claim is None or claim not in allowed:
            yield Unsupported("number", _excerpt(tokens, position))
        position = end


def _claim_at(tokens: list[str], start: int) -> tuple[int, Claim | None]:
    """The claim that begins at `start`, and where the next one may begin; None where it can't be read."""
    token = tokens[start]
    if _NUMERAL.fullmatch(token.rstrip(",")):
        end, value = start + 1, Decimal(token.replace(",", ""))
    elif any(character.isdigit() for character in token):
        return start + 1, None
    else:
        end, spelled = read_number_words(tokens, start)
        if spelled is None:
            return end, None
        value = spelled
    return end, _claim(tokens, start, end, value)


def _claim(tokens: list[str], start: int, end: int, value: Decimal) -> Claim:
    before = [token.casefold() for token in tokens[max(0, start - 2) : start]]
    after = [token.casefold() for token in tokens[end : end + 3]]
    if before and (month := _MONTH_NUMBERS.get(before[-1])):
        return Claim("date", "", month * 100 + value)
    if len(before) == 2 and before[0] in _MONTH_NUMBERS:
        return Claim("year", "", value)
    if after[:2] == ["at", "night"] or (after[:2] == ["in", "the"] and after[2:] and after[2] in _PARTS_OF_DAY):
        return Claim("clock", "", value)
    units = [_UNITS[word] for word in after[:2] if word in _UNITS]
    unit: Unit = units[0] if units else "post"
    if tokens[start].casefold() in FACTOR_WORDS:
        unit = "times"
    return Claim(unit, _qualifier(before), value)


def _qualifier(before: list[str]) -> Qualifier:
    if len(before) == 2 and (found := _QUALIFIERS.get((before[0], before[1]))):
        return found
    return "about" if before and before[-1] in _APPROXIMATE else ""


def _unsupported_names(tokens: list[str], names: Iterable[str], vocabulary: frozenset[str]) -> Iterator[Unsupported]:
    known = {word.casefold() for name in names for word in re.findall(r"[\w'’]+", name)} | _FREE_NAMES
    for position, (before, token) in enumerate(pairwise([".", *tokens])):
        if not token[0].isupper():
            continue
        words = re.findall(r"[\w']+", token.casefold())
        opens = before in {".", "?", "!", ":"}
        if not all(word in known or (opens and word in vocabulary) for word in words):
            yield Unsupported("name", _excerpt(tokens, position))


def _excerpt(tokens: list[str], position: int) -> str:
    return " ".join(tokens[max(0, position - 2) : position + 3])
