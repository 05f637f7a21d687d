"""The facts behind one topic, counted from the posts; everything in it can be counted again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from chimera.agents.scout.index import PostIndex, Terms
from chimera.agents.scout.naming import Spelling, clean_name
from chimera.agents.scout.near_duplicates import originals
from chimera.agents.scout.phrases import phrases_beside
from chimera.agents.scout.rising import ratio
from chimera.agents.scout.sentiment import sentiment_of
from chimera.agents.scout.series import mention_series
from chimera.agents.scout.topics import Topic
from chimera.agents.scout.window import Window
from chimera.contracts.evidence import PostFacts, Share, SourceFacts, TrendEvidence
from chimera.sources.post import Post

COMMUNITIES_MAX = 10
TOP_POSTS_MAX = 5
INFLUENCERS_MAX = 5
POST_KEYWORDS_MAX = 15
NAME_CHARACTERS_MAX = 50


@dataclass(frozen=True, slots=True)
class Scene:
    """What all topics of one analysis share."""

    index: PostIndex
    window: Window
    source: SourceFacts
    baseline_start: datetime


def mentions_of(topic: Topic, index: PostIndex) -> list[int]:
    """The topic's posts in the window, oldest first, without near-copies and one an author."""
    words = {int(post): index.posts[post].keywords.split(" ") for post in topic.head.posts}
    authors = {post: index.posts[post].author for post in words}
    return originals(words, words, authors)


def evidence_of(topic: Topic, mentions: Sequence[int], name: Terms, scene: Scene, spelling: Spelling) -> TrendEvidence:
    """The evidence of a topic with these `mentions`; phrases don't repeat the words of `name`."""
    index, window = scene.index, scene.window
    posts = [index.posts[post] for post in mentions]
    before = [int(post) for post in topic.head.baseline_posts]
    series = mention_series([*before, *mentions], topic.head.expected, index, window)
    communities = Counter(post.community for post in posts if post.community)
    expected = Decimal(f"{topic.head.expected:.2f}")
    return TrendEvidence(
        source=scene.source,
        as_of=window.end,
        timeframe_seconds=int(window.length.total_seconds()),
        window_start=window.start,
        window_end=window.end,
        baseline_start=scene.baseline_start,
        mentions=len(posts),
        expected=expected,
        ratio=ratio(len(posts), expected),
        first_seen=_moment(posts[0]),
        peak_start=series.peak.start,
        peak_mentions=series.peak.mentions,
        bucket_seconds=int(series.bucket.total_seconds()),
        series=series.buckets,
        communities=_shares(communities, COMMUNITIES_MAX),
        community_count=len(communities),
        phrases=phrases_beside(mentions, {*topic.head.terms, *name}, index, spelling),
        top_posts=tuple(_facts(post) for post in top_posts(posts, topic)),
        sentiment=sentiment_of([post.title or post.keywords for post in posts]),
    )


def top_posts(posts: Sequence[Post], topic: Topic) -> list[Post]:
    """Up to five posts with a web address that say most of what is said, each of another community where there are any.

    Scores of posts play no part: in an archive they are of a later day.
    """
    words = {companion.word: companion.share for companion in topic.companions}
    telling = sorted(
        (post for post in posts if post.url),
        key=lambda post: -sum(words.get(w, 0.0) for w in set(post.keywords.split())),
    )
    chosen: dict[str, Post] = {}
    for post in telling:
        chosen.setdefault(post.community or post.url, post)
    return list(chosen.values())[:TOP_POSTS_MAX]


def influencers(posts: Sequence[Post], platform: str) -> tuple[str, ...]:
    """Who said it first; where the source has no authors, the communities that said it most."""
    authors = dict.fromkeys(clean_name(post.author) for post in posts if post.author)
    if authors:
        return tuple(f"@{name.lstrip('@')[:NAME_CHARACTERS_MAX]}" for name in list(authors)[:INFLUENCERS_MAX])
    mark = "r/" if platform == "reddit" else ""
    counted = _shares(Counter(post.community for post in posts if post.community), INFLUENCERS_MAX)
    return tuple(f"{mark}{share.name}" for share in counted)


def _shares(counts: Counter[str], most: int) -> tuple[Share, ...]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Share(name=_plain(name), mentions=count) for name, count in ordered[:most])


def _plain(name: str) -> str:
    """A community's name fit to show; underscores belong to it."""
    return "_".join(clean_name(part) for part in name[: 2 * NAME_CHARACTERS_MAX].split("_"))[:NAME_CHARACTERS_MAX]


def _facts(post: Post) -> PostFacts:
    return PostFacts(
        url=post.url,
        community=_plain(post.community),
        created_at=_moment(post),
        keywords=tuple(word for word in post.keywords.split(" ")[:POST_KEYWORDS_MAX] if word.isprintable()),
    )


def _moment(post: Post) -> datetime:
    return datetime.fromtimestamp(post.created, UTC)
