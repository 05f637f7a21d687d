"""The flags of the evidence that say which sentences fit: "falling", "majority", "floor"."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from chimera.agents.director import spoken
from chimera.contracts.evidence import TrendEvidence

SENTIMENT_SAMPLE_FEW = 30
MENTIONS_SMALL = 30
"""Below this a script calls its count small."""
RATIO_FAR = 3
"""From this ratio on a count may be called far above normal."""
PLACES_SCATTERED_MIN = 5
LATE_START_HOURS_MAX = 8


def fact_flags(evidence: TrendEvidence, values: Mapping[str, str], places: Sequence[tuple[str, int]]) -> frozenset[str]:
    """Every flag that holds; `places` are the communities that can be named, with their posts."""
    held = {
        "recorded": evidence.source.kind == "recorded",
        **_size_flags(evidence),
        **_time_flags(evidence, values),
        **_place_flags(evidence, places[0][1] if places else 0),
        **_word_flags(values),
        **_mood_flags(evidence),
    }
    return frozenset(name for name, holds in held.items() if holds)


def floor_applied(evidence: TrendEvidence) -> bool:
    """Whether the scout's floor on `expected` held the ratio down, so that only "at least" can be said of it."""
    return evidence.expected * evidence.ratio < Decimal("0.95") * evidence.mentions


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


def _size_flags(evidence: TrendEvidence) -> dict[str, bool]:
    return {
        "floor": floor_applied(evidence),
        "new": evidence.expected < 1,
        "far": evidence.ratio >= RATIO_FAR,
        "small": evidence.mentions < MENTIONS_SMALL,
        "short": evidence.timeframe_seconds <= 86_400,
        "daily": evidence.timeframe_seconds == 86_400,
    }


def _time_flags(evidence: TrendEvidence, values: Mapping[str, str]) -> dict[str, bool]:
    late = last_full_bucket(evidence)
    return {
        "hourly": evidence.bucket_seconds < 86_400,
        "by_day": evidence.bucket_seconds >= 86_400,
        "early": "first_ago" in values,
        "climb": "climb" in values,
        "late_start": "first_ago" in values
        and hours_between(evidence.first_seen, evidence.as_of) <= LATE_START_HOURS_MAX,
        "falling": "late" in values and late is not None and 2 * late < evidence.peak_mentions,
        "holding": "late" in values and late is not None and 2 * late >= evidence.peak_mentions,
        "quiet_end": "peak" in values and late == 0,
    }


def _place_flags(evidence: TrendEvidence, top: int) -> dict[str, bool]:
    return {
        "top": top > 0,
        "alone": evidence.community_count == 1 and top == evidence.mentions,
        "majority": evidence.mentions > top and 2 * top > evidence.mentions,
        "scattered": top > 0 and evidence.community_count >= PLACES_SCATTERED_MIN and 4 * top < evidence.mentions,
        "apart": top == 0 and evidence.community_count == evidence.mentions and bool(evidence.communities),
        "more": evidence.community_count > 3,
    }


def _word_flags(values: Mapping[str, str]) -> dict[str, bool]:
    first = values.get("p1_count")
    return {
        "lone_word": "p1" in values and "p2" not in values,
        "many_words": "p2" in values,
        "common_word": first not in {None, "1", values["count"]},
    }


def _mood_flags(evidence: TrendEvidence) -> dict[str, bool]:
    mean, size = evidence.sentiment.mean, evidence.sentiment.sample_size
    return {
        "few": 0 < size < SENTIMENT_SAMPLE_FEW,
        "all_scored": size == evidence.mentions,
        "positive": mean >= Decimal("0.05"),
        "negative": mean <= Decimal("-0.05"),
        "neither": abs(mean) < Decimal("0.05"),
    }
