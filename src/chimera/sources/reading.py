"""The one gate between a source's rows and the scout: nothing outside the asked time, no post twice, all bounded."""

from collections.abc import Iterable
from datetime import UTC, datetime
from operator import itemgetter

from chimera.core.errors import ValidationFailed
from chimera.sources.keywords import keywords_of
from chimera.sources.post import Post, Reading

POSTS_MAX = 2_000_000
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def collect(rows: Iterable[Post | None], since: datetime, until: datetime) -> Reading:
    """The posts of `since <= created < until`, oldest first; of rows with one id the earliest; None is a bad row.

    Titles get their keywords here, so that only the posts asked for cost that work.

    Raises:
        ValidationFailed: more than 2,000,000 posts fall into the stretch.
    """
    first, last = int(since.timestamp()), int(until.timestamp())
    kept: dict[str, Post] = {}
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
    posts = [_with_keywords(row) for row in sorted(kept.values(), key=itemgetter(0, 3))]
    return Reading(posts=posts, bad_rows=bad_rows, first_seen=_moment(earliest), last_seen=_moment(latest))


def _with_keywords(row: Post) -> Post:
    return row._replace(keywords=" ".join(keywords_of(row.title))) if row.title else row


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
