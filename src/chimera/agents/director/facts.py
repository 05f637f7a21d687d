"""The fact table: every value a sentence may name, said in words, and the flags that say which sentences fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from chimera.agents.director import spoken
from chimera.agents.director.fact_flags import fact_flags, floor_applied, hours_between, last_full_bucket
from chimera.contracts.evidence import Share, TrendEvidence
from chimera.core.errors import ValidationFailed

MENTIONS_MIN = 2
PEAK_MENTIONS_MIN = 3
"""A peak of fewer posts is no peak worth telling."""
VALUE_WORDS = frozenset(
    ["about", "at", "fewer", "noon", "midnight", "clearly", "slightly", "close", "a", "the", "on", "in"]
)
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
    return FactTable(said, values, fact_flags(evidence, values, places(evidence)))


def _counts(evidence: TrendEvidence) -> dict[str, str]:
    platform = spoken.spoken_name(evidence.source.platform) or "the source"
    platform = platform[:1].upper() + platform[1:] if platform != "the source" else platform
    kind = "a recorded sample" if evidence.source.kind == "recorded" else "a file"
    values = {
        "count": spoken.grouped(evidence.mentions),
        "posts": spoken.counted(evidence.mentions, "post"),
        "window": spoken.length(evidence.timeframe_seconds),
        "usual": _usual(evidence.expected),
        **_normal_span(evidence.timeframe_seconds),
        "times": _times_said(evidence),
        "platform": platform,
        "source": f"{kind} of {platform} posts",
    }
    if evidence.source.posts_read > evidence.mentions:
        values["posts_read"] = spoken.counted(evidence.source.posts_read, "post")
    return values


def _normal_span(seconds: int) -> dict[str, str]:
    """What the count is compared with: `on a normal day`, `in a normal week`, `in a normal stretch of 6 hours`."""
    named = {86_400: ("on", "day"), 604_800: ("in", "week")}
    preposition, span = named.get(seconds, ("in", f"stretch of {spoken.length(seconds)}"))
    return {"on": preposition, "span": span}


def _usual(expected: Decimal) -> str:
    if expected < 1:
        return "fewer than 1 post"
    about = "" if expected == expected.to_integral_value() else "about "
    return about + spoken.counted(spoken.rounded(expected), "post")


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


def _start(evidence: TrendEvidence) -> dict[str, str]:
    ago = hours_between(evidence.first_seen, evidence.as_of)
    if evidence.first_seen < evidence.window_start or ago < 2:
        return {}
    values = {
        "first_ago": f"about {spoken.counted(ago, 'hour')}",
        "first_clock": spoken.clock_time(evidence.first_seen),
        "first_day": spoken.day(evidence.first_seen),
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


def places(evidence: TrendEvidence) -> list[tuple[str, int]]:
    """The communities that can be named, largest first; none where the largest can't be, since "led by" would lie."""
    largest = max((share.mentions for share in evidence.communities), default=0)
    named = [place for place in _said_shares(evidence.communities) if len(place[0]) <= SHORT_NAME_CHARACTERS_MAX]
    return named if named and MENTIONS_MIN <= named[0][1] == largest <= evidence.mentions else []


def _communities(evidence: TrendEvidence) -> dict[str, str]:
    values: dict[str, str] = {}
    if evidence.community_count and evidence.communities:
        values["spread"] = spoken.counted(evidence.community_count, "community", "communities")
    if not (named := places(evidence)):
        return values
    top, mentions = named[0]
    values |= {"spread": spoken.counted(max(1, evidence.community_count), "community", "communities")}
    values |= {"top": top, "top_count": spoken.grouped(mentions), "top_posts": spoken.counted(mentions, "post")}
    if mentions < evidence.mentions:
        values["top_share"] = _percent(mentions, evidence.mentions)
    if len(named) > 1:
        values |= {"second": named[1][0], "second_posts": spoken.counted(named[1][1], "post")}
    if len(named) > 2:
        values["third"] = named[2][0]
    return values


def _phrases(topic: str, evidence: TrendEvidence) -> dict[str, str]:
    known = {word.casefold() for word in (*topic.split(), *spoken.spoken_name(evidence.source.platform).split())}
    values: dict[str, str] = {}
    chosen: list[tuple[str, int]] = []
    for name, mentions in _said_shares(evidence.phrases):
        words = {word.casefold() for word in name.split()}
        numbered = any(character.isdigit() for character in name)
        if words & known or numbered or len(name) > SHORT_NAME_CHARACTERS_MAX or mentions > evidence.mentions:
            continue
        known |= words
        chosen.append((name, mentions))
        rank = len(chosen)
        values |= {f"p{rank}": name, f"q{rank}": f'"{name}"', f"p{rank}_posts": spoken.counted(mentions, "post")}
        if rank == 3:
            break
    if chosen:
        name, mentions = chosen[0]
        values |= {"p1_count": spoken.grouped(mentions), "p1_kind": "phrase" if " " in name else "word"}
        values["words"] = spoken.quoted([name for name, _ in chosen])
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
