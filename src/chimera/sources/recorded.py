"""The recorded sample inside the package: Reddit posts of 1 to 13 April 2013, reduced to facts and keywords.

Made by `scripts/make_recorded_sample.py`; scores and comments stand in it as facts but are never read for detection,
since they are final values of a later day.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Literal

from chimera.sources.post import Post, Reading
from chimera.sources.reading import collect

POSTS_FILE = "reddit_2013-04-01_2013-04-13.csv.gz"
SPELLINGS_FILE = "spellings.csv.gz"
POST_FIELDS = ("seconds_later", "community", "id", "score", "comments", "keywords")
SAMPLE_START = datetime(2013, 4, 1, tzinfo=UTC)
SAMPLE_END = datetime(2013, 4, 14, tzinfo=UTC)


class RecordedSource:
    """The sample as a source; `label` says that it is recorded."""

    kind: Literal["recorded"] = "recorded"
    name = "recorded"
    label = "Recorded sample: Reddit, 1-13 April 2013"
    platform = "reddit"

    def end(self) -> datetime:
        return SAMPLE_END

    def read(self, since: datetime, until: datetime) -> Reading:
        return collect(_raw_posts(), since, until)

    def spelling(self, words: tuple[str, ...]) -> str | None:
        """How the titles of the sample write these words, where that is not simply a capital letter."""
        return _spellings().get(" ".join(words))


def _raw_posts() -> Iterator[Post]:
    """Times are kept as the seconds since the post before, the first since the sample's start."""
    created = int(SAMPLE_START.timestamp())
    rows = csv.reader(io.StringIO(_unpacked(POSTS_FILE)))
    next(rows)
    for seconds_later, community, post_id, _score, _comments, keywords in rows:
        created += int(seconds_later)
        url = f"https://www.reddit.com/comments/{post_id}"
        yield Post(created, community, "", post_id, url, "", keywords)


@cache
def _spellings() -> dict[str, str]:
    return dict(csv.reader(io.StringIO(_unpacked(SPELLINGS_FILE))))


def _unpacked(name: str) -> str:
    return gzip.decompress((files("chimera.sources") / "sample" / name).read_bytes()).decode()
