"""The recorded sample: facts and keywords only, and named as recorded."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from chimera.core.errors import ValidationFailed
from chimera.sources.catalogue import open_source
from chimera.sources.keywords import STOP_WORDS


def test_it_holds_thirteen_days_of_keywords_without_sentences() -> None:
    source = open_source("recorded")
    posts = source.read(source.end() - timedelta(days=30), source.end()).posts
    assert len(posts) > 60_000
    assert posts[0].created >= datetime(2013, 4, 1, tzinfo=UTC).timestamp()
    assert posts[-1].created < datetime(2013, 4, 14, tzinfo=UTC).timestamp()
    assert all(post.title == "" and not STOP_WORDS.intersection(post.keywords.split(" ")) for post in posts[::7])
    assert posts[0].url == f"https://www.reddit.com/comments/{posts[0].id}"


def test_its_label_says_that_it_is_recorded() -> None:
    assert open_source("recorded").label == "Recorded sample: Reddit, 1-13 April 2013"


def test_it_is_small_enough_to_ship() -> None:
    folder = files("chimera.sources") / "sample"
    assert sum(len(file.read_bytes()) for file in folder.iterdir() if file.name.endswith(".gz")) < 2_500_000


def test_it_takes_no_column_mapping() -> None:
    with pytest.raises(ValidationFailed, match="its own columns"):
        open_source("recorded", "time=x")
