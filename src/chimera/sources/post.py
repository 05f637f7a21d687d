"""What a source gives: posts as facts, and the one Protocol every source answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

PLAIN_FILE_PLATFORM = "file"


class Post(NamedTuple):
    """One post. `community`, `author` and `url` may be empty; `title` is empty where a source keeps keywords only.

    `keywords` are separated by blanks: a tuple of plain values costs the garbage collector nothing, which halves the
    time of reading.
    """

    created: int
    community: str
    author: str
    id: str
    url: str
    title: str
    keywords: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Posts of one stretch of time, oldest first, ids unique; `bad_rows` could not be read and were left out."""

    posts: Sequence[Post]
    bad_rows: int
    first_seen: datetime | None
    last_seen: datetime | None


class PostSource(Protocol):
    """A place where posts are read. `label` names it for people; a recorded sample says so in it."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Literal["recorded", "file"]: ...

    @property
    def label(self) -> str: ...

    @property
    def platform(self) -> str: ...

    def end(self) -> datetime:
        """The moment just after the newest post: what `as_of` is where nobody says otherwise."""
        ...

    def read(self, since: datetime, until: datetime) -> Reading:
        """Posts with `since <= created < until`; nothing of a later post leaves the source."""
        ...

    def spelling(self, words: tuple[str, ...]) -> str | None:
        """How people write these keywords, where the source keeps spellings apart from titles."""
        ...
