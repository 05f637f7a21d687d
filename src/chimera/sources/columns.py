"""Which column of a file holds what: common names are recognised, `time=created_utc,text=title` says the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from chimera.core.errors import ValidationFailed

_COMMON_NAMES: dict[str, tuple[str, ...]] = {
    "time": ("time", "created_utc", "created_at", "timestamp", "published_at", "publishedat", "publish_time", "date",
             "datetime", "created", "posted_at", "snapshot_utc", "upload_date"),
    "text": ("text", "title", "headline", "content", "body", "message", "tweet", "full_text"),
    "community": ("community", "subreddit", "channel_title", "channel", "category", "group", "forum"),
    "author": ("author", "user", "username", "screen_name", "by", "user_name", "account", "handle"),
    "id": ("id", "post_id", "item_id", "tweet_id", "video_id", "status_id"),
    "url": ("url", "link", "permalink", "post_url"),
}  # fmt: skip
_REQUIRED = ("time", "text")


@dataclass(frozen=True, slots=True)
class Columns:
    """Column names of one file; only time and text must be there."""

    time: str
    text: str
    community: str | None
    author: str | None
    id: str | None
    url: str | None


def parse_mapping(text: str) -> dict[str, str]:
    """`time=created_utc,text=title` as a dictionary.

    Raises:
        ValidationFailed: not pairs, or a field that is none of time, text, community, author, id, url.
    """
    mapping: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        field, equals, column = (part.strip() for part in pair.partition("="))
        if not equals or not column or field not in _COMMON_NAMES:
            raise ValidationFailed(
                f"{pair[:80]!r} is no column mapping: write field=column; fields are {', '.join(_COMMON_NAMES)}",
                {"columns": text[:200]},
            )
        mapping[field] = column
    return mapping


def choose_columns(header: Sequence[str], mapping: dict[str, str]) -> Columns:
    """The columns of a file with this header: those of `mapping`, the rest by their common names.

    Raises:
        ValidationFailed: a named column is not there, or none holds the time or the text; the message lists the header.
    """
    by_lower_name = {name.strip().lower(): name for name in reversed(header)}
    chosen: dict[str, str | None] = {}
    for field, common in _COMMON_NAMES.items():
        names = (mapping[field],) if field in mapping else common
        chosen[field] = next((by_lower_name[name.lower()] for name in names if name.lower() in by_lower_name), None)
        if chosen[field] is None and (field in mapping or field in _REQUIRED):
            raise _missing(field, mapping, header)
    time, text = chosen["time"], chosen["text"]
    assert time is not None  # noqa: S101 - required fields were refused above
    assert text is not None  # noqa: S101
    return Columns(time, text, chosen["community"], chosen["author"], chosen["id"], chosen["url"])


def _missing(field: str, mapping: dict[str, str], header: Sequence[str]) -> ValidationFailed:
    found = ", ".join(name[:40] for name in header[:30]) or "none"
    wanted = f"there is no column {mapping[field][:40]!r}" if field in mapping else f"no column holds the {field}"
    return ValidationFailed(
        f"{wanted}; the file's columns are: {found}. Name it with --columns {field}=NAME",
        {"field": field, "columns": [name[:40] for name in header[:30]]},
    )
