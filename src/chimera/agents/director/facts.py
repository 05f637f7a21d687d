"""The fact table: every value a sentence may name, said in words, and the flags that say which sentences fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from chimera.agents.director import spoken
from chimera.contracts.evidence import Share, TrendEvidence
from chimera.core.errors import ValidationFailed

MENTIONS_MIN = 2
PEAK_MENTIONS_MIN = 3
"""A peak of fewer posts is no peak worth telling."""
SENTIMENT_SAMPLE_FEW = 30
VALUE_WORDS = frozenset(["about", "at", "fewer", "noon", "midnight", "clearly", "slightly", "close", "a", "the"])
"""The words a value itself can open a sentence with, in lower case."""
SHORT_NAME_CHARACTERS_MAX = 24


@dataclass(frozen=True, slots=True)
class FactTable:
    """`values` by the placeholder's name; `flags` name what holds; `topic` is the topic as it is said."""

    topic: str
    values: Mapping[str, str]
    flags: frozenset[str]


def fact_table(topic: str, evidence: TrendEvidence) -> FactTable:
    """What can be said about `topic` from its evidence alone.

    Raises:
        ValidationFailed: nothing of the topic can be spoken, or the evidence shows no rise.
    """
    said = spoken.spoken_name(topic)
    if not any(character.isalnum() for character in said):
        raise ValidationFailed(f"nothing of the topic {topic!r} can be spoken: choose another trend", {"topic": topic})
    if evidence.mentions < MENTIONS_MIN or evidence.ratio <= 1:
        raise ValidationFailed(
            f"the evidence of {said!r} shows no rise ({evidence.mentions} mentions, {evidence.ratio} times the usual): "
            "choose another trend",
            {"topic": topic, "mentions": evidence.mentions},
        )
    values = {"topic": said, **_counts(evidence), **_times(evidence), **_peak(evidence), **_start(evidence)}
    values |= _communities(evidence) | _phrases(said, evidence) | _sentiment(evidence)
    return FactTable(said, values, _flags(evidence, values))


def _counts(evidence: TrendEvidence) -> dict[str, str]:
    platform = spoken.spoken_name(evidence.source.platform) or "the source"
    platform = platform[:1].upper() + platform[1:] if platform != "the source" else platform
    kind = "a recorded sample" if evidence.source.kind == "recorded" else "a file"
    values = {
        "count": spoken.grouped(evidence.mentions),
        "posts": spoken.counted(evidence.mentions, "post"),
        "window": spoken.length(evidence.timeframe_seconds),
        "usual": _usual(evidence.expected),
        "times": _times_said(evidence),
        "platform": platform,
        "source": f"{kind} of {platform} posts",
    }
    if evidence.source.posts_read > evidence.mentions:
        values["posts_read"] = spoken.counted(evidence.source.posts_read, "post")
    return values


def _usual(expected: Decimal) -> str:
    if expected < 1:
        return "fewer than 1 post"
    about = "" if expected == expected.to_integral_value() else "about "
    return about + spoken.counted(spoken.rounded(expected), "post")


def floor_applied(evidence: TrendEvidence) -> bool:
    """Whether the scout's floor on `expected` held the ratio down, so that only "at least" can be said of it."""
    return evidence.expected * evidence.ratio < Decimal("0.95") * evidence.mentions


def _times_said(evidence: TrendEvidence) -> str:
    ratio = evidence.ratio
    if floor_applied(evidence):
        return "at least " + _factor(Decimal(int(ratio)))
    near = ratio.quantize(Decimal("0.1")) if ratio < 10 else Decimal(spoken.rounded(ratio))
    return "about " + _factor(near)


def _factor(value: Decimal) -> str:
    whole = value == value.to_integral_value()
    return f"{spoken.grouped(int(value)) if whole else value} time{'' if value == 1 else 's'}"


def _times(evidence: TrendEvidence) -> dict[str, str]:
    return {
        "end_date": spoken.date(evidence.as_of),
        "end_clock": spoken.clock_time(evidence.as_of),
        "baseline_date": spoken.date(evidence.baseline_start),
    }


def _peak(evidence: TrendEvidence) -> dict[str, str]:
    if not PEAK_MENTIONS_MIN <= evidence.peak_mentions <= evidence.mentions:
        return {}
    values = {
        "stretch": {3_600: "hour", 86_400: "day"}.get(
            evidence.bucket_seconds, f"stretch of {spoken.length(evidence.bucket_seconds)}"
        ),
        "peak": spoken.counted(evidence.peak_mentions, "post"),
        "peak_clock": spoken.clock_time(evidence.peak_start),
        "peak_date": spoken.day(evidence.peak_start),
        "peak_share": _percent(evidence.peak_mentions, evidence.mentions),
    }
    late = last_full_bucket(evidence)
    if late and late < evidence.peak_mentions:
        values["late"] = spoken.counted(late, "post")
    return values


def last_full_bucket(evidence: TrendEvidence) -> int | None:
    """Mentions in the newest stretch that lies wholly inside the window."""
    step = timedelta(seconds=evidence.bucket_seconds)
    full = [
        bucket
        for bucket in evidence.series
        if bucket.start >= evidence.window_start and bucket.start + step <= evidence.window_end
    ]
    return max(full, key=lambda bucket: bucket.start).mentions if full else None


def hours_between(earlier: datetime, later: datetime) -> int:
    """Whole hours, halves up."""
    return spoken.rounded(Decimal(int((later - earlier).total_seconds())) / 3600)


def _start(evidence: TrendEvidence) -> dict[str, str]:
    ago = hours_between(evidence.first_seen, evidence.as_of)
    if evidence.first_seen < evidence.window_start or ago < 2:
        return {}
    values = {
        "first_ago": f"about {spoken.counted(ago, 'hour')}",
        "first_clock": spoken.clock_time(evidence.first_seen),
        "first_date": spoken.date(evidence.first_seen),
    }
    climb = hours_between(evidence.first_seen, evidence.peak_start)
    if climb >= 2 and "peak" in _peak(evidence):
        values["climb"] = f"about {spoken.counted(climb, 'hour')}"
    return values


def _percent(part: int, whole: int) -> str:
    return f"about {spoken.rounded(Decimal(100 * part) / whole)} percent"


def _said_shares(shares: tuple[Share, ...]) -> list[tuple[str, int]]:
    ranked = sorted(shares, key=lambda share: -share.mentions)
    said = [(spoken.spoken_name(share.name), share.mentions) for share in ranked if share.mentions > 0]
    return [(name, mentions) for name, mentions in said if any(letter.isalpha() for letter in name)]


def _places(evidence: TrendEvidence) -> list[tuple[str, int]]:
    """The communities that can be named, largest first; none where the largest can't be, since "led by" would lie."""
    largest = max((share.mentions for share in evidence.communities), default=0)
    places = [place for place in _said_shares(evidence.communities) if len(place[0]) <= SHORT_NAME_CHARACTERS_MAX]
    return places if places and MENTIONS_MIN <= places[0][1] == largest <= evidence.mentions else []


def _communities(evidence: TrendEvidence) -> dict[str, str]:
    places = _places(evidence)
    if not places:
        return {}
    top, mentions = places[0]
    values = {
        "top": top,
        "top_posts": spoken.counted(mentions, "post"),
    }
    if mentions < evidence.mentions:
        values["top_share"] = _percent(mentions, evidence.mentions)
    values["spread"] = spoken.counted(max(1, evidence.community_count), "community", "communities")
    if len(places) > 1:
        values |= {"second": places[1][0], "second_posts": spoken.counted(places[1][1], "post")}
    if len(places) > 2:
        values["third"] = places[2][0]
    return values


def _phrases(topic: str, evidence: TrendEvidence) -> dict[str, str]:
    known = {word.casefold() for word in (*topic.split(), *spoken.spoken_name(evidence.source.platform).split())}
    values: dict[str, str] = {}
    for name, mentions in _said_shares(evidence.phrases):
        words = {word.casefold() for word in name.split()}
        numbered = any(character.isdigit() for character in name)
        if words & known or numbered or len(name) > SHORT_NAME_CHARACTERS_MAX or mentions > evidence.mentions:
            continue
        known |= words
        rank = len(values) // 2 + 1
        values |= {f"p{rank}": name, f"p{rank}_posts": spoken.counted(mentions, "post")}
        if rank == 3:
            break
    return values


def _sentiment(evidence: TrendEvidence) -> dict[str, str]:
    if evidence.sentiment.sample_size == 0:
        return {}
    return {"scored": spoken.counted(evidence.sentiment.sample_size, "post"), "mood": mood(evidence.sentiment.mean)}


def mood(mean: Decimal) -> str:
    """The word for a mean VADER compound; +-0.05 is VADER's own bound of neutral, +-0.35 ours for clearly."""
    if abs(mean) < Decimal("0.05"):
        return "close to neutral"
    strength = "clearly" if abs(mean) >= Decimal("0.35") else "slightly"
    return f"{strength} {'positive' if mean > 0 else 'negative'}"


def _flags(evidence: TrendEvidence, values: Mapping[str, str]) -> frozenset[str]:
    late = last_full_bucket(evidence)
    top = places[0][1] if (places := _places(evidence)) else 0
    held = {
        "recorded": evidence.source.kind == "recorded",
        "floor": floor_applied(evidence),
        "new": evidence.expected < 1,
        "early": "first_ago" in values,
        "climb": "climb" in values,
        "late_start": "first_ago" in values and hours_between(evidence.first_seen, evidence.as_of) <= 8,
        "falling": "late" in values and late is not None and 2 * late < evidence.peak_mentions,
        "holding": "late" in values and late is not None and 2 * late >= evidence.peak_mentions,
        "alone": evidence.community_count == 1 and top == evidence.mentions,
        "majority": 2 * top > evidence.mentions,
        "scattered": top > 0 and evidence.community_count >= 5 and 4 * top < evidence.mentions,
        "second": "second" in values,
        "third": "third" in values,
        "two": "p2" in values,
        "three": "p3" in values,
        "few": 0 < evidence.sentiment.sample_size < SENTIMENT_SAMPLE_FEW,
    }
    return frozenset(name for name, holds in held.items() if holds)
