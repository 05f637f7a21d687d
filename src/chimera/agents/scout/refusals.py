"""Why the scout reports nothing, said so that the caller knows what to do next."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from chimera.agents.scout.index import PostIndex
from chimera.agents.scout.rising import velocity_of
from chimera.agents.scout.topics import Topic
from chimera.agents.scout.window import Window
from chimera.contracts.trend import TrendAnalysisRequest
from chimera.core.errors import Detail, NoTrends, SourceUnavailable, ValidationFailed
from chimera.sources.post import PostSource, Reading


def readable_platforms(asked: Sequence[str], source: PostSource) -> tuple[str, ...]:
    """The platforms asked for that this source can't serve.

    Raises:
        SourceUnavailable: it serves none of them.
    """
    unavailable = tuple(dict.fromkeys(name for name in asked if name.casefold() != source.platform.casefold()))
    if asked and len(unavailable) == len(set(asked)):
        raise SourceUnavailable(
            f"{source.label} holds posts of {source.platform} only: leave the platforms out, or ask for that one",
            {"unavailable": list(unavailable), "available": [source.platform]},
        )
    return unavailable


def no_posts(source: PostSource, window: Window, reading: Reading) -> ValidationFailed:
    """The window is empty: the moment asked for lies outside the source."""
    as_of = f"{window.end:%Y-%m-%dT%H:%MZ}"
    if reading.last_seen is None:
        message = f"{source.label} holds no post before {as_of}: choose a later as-of"
    else:
        newest = f"{reading.last_seen:%Y-%m-%dT%H:%MZ}"
        message = (
            f"{source.label} holds no post in the window before {as_of}, the newest before it is of {newest}: "
            "choose an as-of near that"
        )
    details: dict[str, Detail] = {
        "as_of": as_of,
        "newest_before": reading.last_seen.isoformat() if reading.last_seen else None,
        "bad_rows": reading.bad_rows,
    }
    return ValidationFailed(message, details)


def history_too_short(window: Window, index: PostIndex) -> NoTrends:
    """Nothing to compare with: less than one earlier slot of the window's kind."""
    begins = datetime.fromtimestamp(int(index.times[0]), UTC)
    held = max(window.start - begins, timedelta(0))
    needed = window.slot
    return NoTrends(
        f"the source begins {held.total_seconds() / 3600:.0f} h before the window, and what is usual needs "
        f"{needed.total_seconds() / 3600:.0f} h: choose a later as-of or a shorter timeframe",
        {"history_seconds": held.total_seconds(), "needed_seconds": needed.total_seconds(), "strongest": None},
    )


def nothing_rises(
    request: TrendAnalysisRequest,
    index: PostIndex,
    strongest: tuple[str, Topic, Sequence[int]] | None,
    *,
    is_topic: bool,
) -> NoTrends:
    """No topic is fast enough, or none holds together; `strongest` has its name and its mentions."""
    details: dict[str, Detail] = {"min_velocity": float(request.min_velocity), "strongest": None}
    if strongest:
        name, topic, posts = strongest
        speed = velocity_of(len(posts), topic.head.expected, index.counts)
        details["strongest"] = {"topic": name, "rising_velocity": float(speed), "volume": len(posts)}
    if not strongest or not is_topic:
        what = "none of the keywords has 3 mentions" if request.keywords else "no topic stands out from its usual level"
        word = (
            f" (the strongest word is {name!r} with {speed}, but its posts tell no common story)" if strongest else ""
        )
        return NoTrends(f"{what}{word}: try another moment, timeframe or keyword", details)
    return NoTrends(f"nothing rises by {request.min_velocity} or more; the strongest is {name!r} with {speed}", details)
