"""The channel's pages as HTML, by Jinja2 with autoescape on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from jinja2 import Environment, PackageLoader, StrictUndefined

from chimera.contracts.channel_post import ChannelPost
from chimera.contracts.error import ErrorEnvelope

POSTS_PER_PAGE = 24

templates = Environment(
    loader=PackageLoader("chimera.api", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of the gallery; `number` counts from 1."""

    number: int
    last: int


def paging(posts: int, number: int) -> Paging:
    """The page asked for, held within what there is."""
    last = max(1, -(-posts // POSTS_PER_PAGE))
    return Paging(min(max(1, number), last), last)


def clock_time(seconds: int) -> str:
    """51 as 0:51."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def window_text(seconds: int) -> str:
    """A window's length in words: 24 hours, 7 days."""
    length = timedelta(seconds=seconds)
    if length.days >= 2:
        return f"{length.days} days"
    return f"{seconds // 3600} hours" if seconds >= 7200 else f"{seconds // 60} minutes"


def expected_text(expected: Decimal) -> str:
    """An expected count in words: 3.4 posts, or fewer than one."""
    return "fewer than 1" if expected < 1 else f"{expected:,.1f}"


templates.filters["expected_text"] = expected_text
templates.filters["clock_time"] = clock_time
templates.filters["window_text"] = window_text


def gallery_page(posts: Sequence[ChannelPost], number: int) -> str:
    page = paging(len(posts), number)
    first = (page.number - 1) * POSTS_PER_PAGE
    return templates.get_template("gallery.html").render(
        posts=posts[first : first + POSTS_PER_PAGE], page=page, total=len(posts)
    )


def watch_page(post: ChannelPost) -> str:
    return templates.get_template("watch.html").render(post=post)


def error_page(envelope: ErrorEnvelope) -> str:
    return templates.get_template("error.html").render(error=envelope.error)
