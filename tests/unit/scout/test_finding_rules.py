"""What is found in made streams of posts: events yes; floods, habits and generic words no."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera.agents.scout.agent import Finding, find
from chimera.agents.scout.refusals import readable_platforms
from chimera.contracts.trend import TrendAnalysisRequest
from chimera.core.errors import NoTrends, SourceUnavailable, ValidationFailed
from chimera.sources.post import Post, Reading
from chimera.sources.reading import collect

NOW = datetime(2020, 5, 20, tzinfo=UTC)
DAYS = 10
POSTS_A_DAY = 300
WORDS = [f"word{letter}{other}" for letter in "abcdefghijklmnopqrst" for other in "abcdefghijklmnopqrst"]
REQUEST = TrendAnalysisRequest(timeframe="24h", min_velocity=Decimal("0.5"))


class ListSource:
    """Posts in memory, behind the same gate as every source."""

    name = "list"
    kind: Literal["file"] = "file"
    label = "Posts of a test"
    platform = "reddit"

    def __init__(self, posts: Iterable[Post]) -> None:
        self._posts = list(posts)

    def end(self) -> datetime:
        return NOW

    def read(self, since: datetime, until: datetime) -> Reading:
        return collect(self._posts, since, until)

    def spelling(self, words: tuple[str, ...]) -> str | None:  # noqa: ARG002 - titles show it
        return None


def post(hours_ago: float, title: str, number: int, community: str = "", author: str = "") -> Post:
    created = int((NOW - timedelta(hours=hours_ago)).timestamp()) - 1
    url = f"https://www.reddit.com/comments/{number}"
    return Post(created, community or f"c{number % 40}", author or f"author{number}", f"p{number}", url, title, "")


def everyday() -> list[Post]:
    dice = random.Random(7)
    return [
        post(dice.uniform(0, 24 * DAYS), " ".join(dice.sample(WORDS, 6)), number)
        for number in range(DAYS * POSTS_A_DAY)
    ]


EVERYDAY = everyday()


def event(count: int = 12, author: str = "", community: str = "") -> list[Post]:
    dice = random.Random(11)
    return [
        post(1 + n / 2, f"Volcano Hekla erupts: {' '.join(dice.sample(WORDS, 4))}", 10_000 + n, community, author)
        for n in range(count)
    ]


def found(posts: Iterable[Post], request: TrendAnalysisRequest = REQUEST) -> list[Finding]:
    return find(request, ListSource(posts), NOW)


def test_an_event_is_one_topic_with_its_name() -> None:
    (finding,) = found([*EVERYDAY, *event()])
    assert finding.name == "Volcano Hekla Erupts"
    assert finding.evidence.mentions == 12
    assert finding.evidence.first_seen == NOW - timedelta(hours=6, minutes=30, seconds=1)


def test_days_without_an_event_have_no_trend() -> None:
    with pytest.raises(NoTrends, match="no topic stands out"):
        found(EVERYDAY)


@settings(max_examples=12, deadline=None)
@given(authors=st.integers(1, 3), count=st.integers(20, 200), copies=st.booleans(), seed=st.integers(0, 1000))
def test_a_flood_by_few_authors_never_ranks(authors: int, count: int, copies: bool, seed: int) -> None:
    dice = random.Random(seed)
    flood = [
        post(
            dice.uniform(0, 20),
            "Buy Snakecoin now " + ("today folks" if copies else " ".join(dice.sample(WORDS, 4))),
            20_000 + n,
            author=f"seller{n % authors}",
        )
        for n in range(count)
    ]
    with pytest.raises(NoTrends):
        found([*EVERYDAY, *flood])


def test_one_text_copied_by_many_authors_is_one_mention() -> None:
    copies = [post(n / 10, "Buy Snakecoin now it is going to the moon", 30_000 + n) for n in range(100)]
    with pytest.raises(NoTrends):
        found([*EVERYDAY, *copies])


def test_what_stays_in_one_community_is_its_own_habit() -> None:
    with pytest.raises(NoTrends):
        found([*EVERYDAY, *event(30, community="vulcanology")])


def test_what_comes_back_every_day_is_no_trend() -> None:
    dice = random.Random(3)
    habit = [
        post(24 * day + n, f"Good Coffee Thread: {' '.join(dice.sample(WORDS, 3))}", 40_000 + 100 * day + n)
        for day in range(DAYS)
        for n in range(12)
    ]
    with pytest.raises(NoTrends):
        found([*EVERYDAY, *habit])


def test_calendar_words_are_no_trend() -> None:
    dice = random.Random(5)
    fridays = [post(n / 2, f"Happy Friday {' '.join(dice.sample(WORDS, 4))}", 50_000 + n) for n in range(30)]
    with pytest.raises(NoTrends):
        found([*EVERYDAY, *fridays])


def test_a_word_that_many_say_about_different_things_is_no_topic() -> None:
    dice = random.Random(9)
    fashion = [post(n / 2, f"{' '.join(dice.sample(WORDS, 5))} gorgeous", 60_000 + n) for n in range(12)]
    with pytest.raises(NoTrends):
        found([*EVERYDAY, *fashion])


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.sampled_from(["Volcano Hekla erupts", "Other news here"])), max_size=30)
)
def test_later_posts_never_change_the_answer(later: list[tuple[int, str]]) -> None:
    future = [
        post(-hours - 0.001, f"{title} {WORDS[n]}", 70_000 + n, f"f{n}") for n, (hours, title) in enumerate(later)
    ]
    assert found([*EVERYDAY, *event(), *future]) == found([*EVERYDAY, *event()])


def test_a_velocity_below_the_least_wanted_is_named_as_the_strongest() -> None:
    with pytest.raises(NoTrends) as refusal:
        found([*EVERYDAY, *event()], TrendAnalysisRequest(timeframe="24h", min_velocity=Decimal("9.5")))
    strongest = refusal.value.details["strongest"]
    assert isinstance(strongest, dict)
    assert strongest["topic"] == "Volcano Hekla Erupts"


def test_a_keyword_matches_its_plural_and_its_community() -> None:
    dice = random.Random(2)
    rest = [" ".join(dice.sample(WORDS, 4)) for _ in range(9)]
    posts = [post(1, f"volcano {rest[n]}", 80_000 + n) for n in range(3)]
    posts += [post(2, f"volcanos {rest[3 + n]}", 81_000 + n) for n in range(3)]
    posts += [post(3, f"nothing {rest[6 + n]}", 82_000 + n, community="Volcano") for n in range(3)]
    (finding,) = found([*EVERYDAY, *posts], REQUEST.model_copy(update={"keywords": ("Volcano",)}))
    assert (finding.name, finding.evidence.mentions) == ("Volcano", 9)


def test_a_keyword_nobody_says_is_no_trend() -> None:
    with pytest.raises(NoTrends, match="none of the keywords"):
        found(EVERYDAY, REQUEST.model_copy(update={"keywords": ("the", "zzz", "!!")}))


def test_too_little_history_is_said() -> None:
    recent = [item for item in EVERYDAY if item.created > (NOW - timedelta(hours=30)).timestamp()]
    with pytest.raises(NoTrends, match="what is usual needs 24 h"):
        found(recent)


def test_a_moment_outside_the_source_is_refused() -> None:
    source = ListSource(EVERYDAY)
    with pytest.raises(ValidationFailed, match="newest before it is of 2020-05-19"):
        find(REQUEST, source, NOW + timedelta(days=5))
    with pytest.raises(ValidationFailed, match="no post before"):
        find(REQUEST, source, NOW - timedelta(days=90))


def test_platforms_the_source_cannot_serve_are_named() -> None:
    source = ListSource(())
    assert readable_platforms(("reddit", "tiktok", "twitter"), source) == ("tiktok", "twitter")
    assert readable_platforms((), source) == ()
    with pytest.raises(SourceUnavailable, match="reddit only"):
        readable_platforms(("tiktok", "twitter"), source)


def test_evidence_can_be_counted_again_from_the_posts() -> None:
    posts = [*EVERYDAY, *event()]
    evidence = found(posts)[0].evidence
    said = [item for item in posts if "Volcano" in item.title and item.created >= evidence.window_start.timestamp()]
    inside = [bucket for bucket in evidence.series if bucket.start >= evidence.window_start]
    assert evidence.mentions == len(said) == sum(bucket.mentions for bucket in inside)
    assert evidence.community_count == len({item.community for item in said})
    assert evidence.peak_mentions == max(bucket.mentions for bucket in inside)
    assert float(sum(bucket.expected for bucket in inside)) == pytest.approx(float(evidence.expected), abs=0.05)
    assert len(evidence.series) == 72
    assert not {"volcano", "hekla", "erupts"} & {phrase.name for phrase in evidence.phrases}
