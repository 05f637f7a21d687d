"""The one gate between a source's rows and the scout: nothing outside the asked time, no post twice, all bounded."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from chimera.core.errors import ValidationFailed
from chimera.sources.keywords import keywords_of
from chimera.sources.post import Post, Reading

POSTS_MAX = 2_000_000
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class RawPost(NamedTuple):
    """A row as it stands in a source. `keywords` is set where the source keeps keywords instead of titles."""

    created: int
    community: str
    author: str
    id: str
    url: str
    title: str
    keywords: tuple[str, ...] | None = None


def collect(rows: Iterable[RawPost | None], since: datetime, until: datetime) -> Reading:
    """The posts of `since <= created < until`, oldest first; of rows with one id the earliest; None is a bad row.

    Raises:
        ValidationFailed: more than 2,000,000 posts fall into the stretch.
    """
    first, last = int(since.timestamp()), int(until.timestamp())
    kept: dict[str, RawPost] = {}
    bad_rows, earliest, latest = 0, None, None
    for row in rows:
        if row is None:
            bad_rows += 1
            continue
        if row.created >= last:
            continue
        earliest = row.created if earliest is None else min(earliest, row.created)
        latest = row.created if latest is None else max(latest, row.created)
        if row.created < first:
            continue
        key = row.id or f"#{len(kept)}"
        if (known := kept.get(key)) is None or row.created < known.created:
            kept[key] = row
        if len(kept) > POSTS_MAX:
            raise ValidationFailed(
                f"more than {POSTS_MAX:,} posts lie between {since:%Y-%m-%d} and {until:%Y-%m-%d}: "
                "import a shorter stretch of time",
                {"posts_max": POSTS_MAX},
            )
    posts = [_post(row) for row in sorted(kept.values(), key=lambda row: (row.created, row.id))]
    return Reading(posts=posts, bad_rows=bad_rows, first_seen=_moment(earliest), last_seen=_moment(latest))


def _post(row: RawPost) -> Post:
    if row.keywords is not None:
        return Post(row.created, row.community, row.author, row.id, row.url, row.keywords, None)
    return Post(row.created, row.community, row.author, row.id, row.url, keywords_of(row.title), row.title)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
