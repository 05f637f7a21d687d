"""Topics for a human are caught from general words; everyday talk of games, sport and gadgets is not."""

import csv
import gzip
import os
import random
from collections import defaultdict
from pathlib import Path

import pytest

from chimera.safety.topics import TEXTS_MAX, TOPICS, sensitive_topics

SHARED_DATA = Path(os.environ.get("CHIMERA_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
REDDIT = SHARED_DATA / "reddit_2013" / "reddit_2013-04-01_2013-05-15.csv.gz"


@pytest.mark.parametrize(
    ("texts", "topic"),
    [
        (["margaret thatcher dies stroke", "former prime minister thatcher died", "iron lady dead aged 87"], "death"),
        (["margaret thatcher dies stroke", "former prime minister thatcher died"], "politics"),
        (["Bitcoin"], "finance"),
        (["bitcoin price crash exchange", "btc 200 dollars"], "finance"),
        (["The drummer has died at 63."], "death"),
        (["Explosion at the marathon, people killed"], "death"),
        (["Plane crash in the mountains"], "death"),
        (["The senate votes on the bill today"], "politics"),
        (["Protesters march against the government"], "politics"),
        (["New vaccine trial for malaria begins"], "health"),
        (["She was diagnosed with leukemia"], "health"),
        (["Star player out after surgery on his knee"], "health"),
        (["Stocks fall as the central bank raises interest rates"], "finance"),
        (["Band sued over copyright, lawyers say"], "law"),
        (["Police arrested two men after the robbery"], "law"),
        (["Cancer survivor completes run"], "health"),
        (["ｄｅａｔｈ of a sіnger"], "death"),
    ],
)
def test_a_grave_topic_is_caught(texts: list[str], topic: str) -> None:
    assert topic in sensitive_topics(texts)


@pytest.mark.parametrize(
    "text",
    [
        "Arsenal beats Chelsea 3-1 with a late goal",
        "How I finally killed the final boss of this game",
        "You died: a Dark Souls speedrun in 48 minutes",
        "Battlefield players get a triple kill in the new DLC",
        "Daft Punk announce a new album and the first single is out",
        "The new trailer drops a deadline for the movie",
        "Google Glass teardown: what is inside",
        "Knicks beat the Celtics, shooting guard scores 40 points",
        "This burger is to die for",
        "I almost died laughing at this cat",
        "The Walking Dead finale was something else",
        "Game of Thrones season 3 episode 4 discussion",
        "Tennis court opens in the park",
        "Space station seen through my telescope",
        "Minecraft 1.5 redstone tutorial",
        "A free trial of the photo editor",
        "Gold medal for the young skater",
        "My phone died at the best concert of the year",
        "Lego model of a castle with 10,000 bricks",
        "A stock photo with a funny face",
        "",
    ],
)
def test_everyday_talk_is_left_alone(text: str) -> None:
    assert sensitive_topics([text]) == ()


def test_topics_come_in_one_order_and_once() -> None:
    found = sensitive_topics(["court convicts senator of fraud", "stock market falls after death of banker"])
    assert found == tuple(topic for topic in TOPICS if topic in found)
    assert {"death", "politics", "finance", "law"} <= set(found)


def test_one_stray_post_among_many_decides_nothing() -> None:
    posts = [f"Daft Punk play a new song number {number}" for number in range(19)]
    assert sensitive_topics([*posts, "my grandfather died listening to this"]) == ()


def test_a_share_of_the_posts_decides() -> None:
    posts = [f"thoughts about the actor, part {number}" for number in range(15)]
    assert "death" in sensitive_topics([*posts, *["the actor has died at home"] * 5])


def test_more_texts_than_the_bound_are_not_read() -> None:
    assert sensitive_topics(["a calm day"] * TEXTS_MAX + ["murder"] * TEXTS_MAX) == ()


@pytest.mark.skipif(not REDDIT.is_file(), reason="the Reddit titles are not on this machine")
def test_communities_about_grave_topics_are_told_from_those_about_play() -> None:
    titles: defaultdict[str, list[str]] = defaultdict(list)
    with gzip.open(REDDIT, "rt", encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            titles[row["subreddit"].lower()].append(row["title"])

    def share_caught(communities: tuple[str, ...]) -> float:
        """Of trends made of ten posts each of one community, how many are caught."""
        shuffled = [random.Random(7).sample(titles[name], len(titles[name]) // 10 * 10) for name in communities]
        trends = [posts[start : start + 10] for posts in shuffled for start in range(0, min(len(posts), 100), 10)]
        return sum(bool(sensitive_topics(trend)) for trend in trends) / len(trends)

    assert share_caught(("politics", "worldnews", "bitcoin", "law", "medicine", "economics", "legaladvice")) >= 0.95
    assert share_caught(("gaming", "nba", "hockey", "soccer", "minecraft", "food", "dota2", "pokemon", "diy")) <= 0.10
