"""A source that did not change is read and indexed once, however often it is asked about."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chimera.agents.scout.look import KeptLooks
from chimera.core.errors import SourceUnavailable
from chimera.sources.post import Post, Reading
from chimera.sources.recorded import RecordedSource
from chimera.sources.standing import StandingSource

AS_OF = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class CountedSource(RecordedSource):
    """Three posts, and how often they were read."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, since: datetime, until: datetime) -> Reading:
        self.reads += 1
        ages = (timedelta(hours=1), timedelta(hours=30), timedelta(hours=54))
        posts = [Post(int((AS_OF - age).timestamp()), "c", "a", str(age), "", "", "chip war") for age in ages]
        return Reading(posts[::-1], 0, since, until)


def test_the_same_look_is_taken_once() -> None:
    source, looks = CountedSource(), KeptLooks()
    assert looks(source, AS_OF, DAY) is looks(source, AS_OF, DAY)
    assert source.reads == 1
    assert looks(source, AS_OF + DAY, DAY) is not looks(source, AS_OF, DAY)
    assert looks(CountedSource(), AS_OF, DAY) is not looks(source, AS_OF, DAY)
    assert source.reads == 2


@pytest.mark.parametrize("bounds", [(2, 100), (10, 6)])
def test_looks_are_bounded_in_number_and_in_posts(bounds: tuple[int, int]) -> None:
    source, looks = CountedSource(), KeptLooks(*bounds)
    for length in (1, 2, 3, 1):
        looks(source, AS_OF, timedelta(hours=length))
    assert source.reads == 4


def test_a_file_is_opened_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("time,text\n2026-02-06T10:00:00Z,chip war\n")
    source = StandingSource(str(path))
    first, as_of = source.current()
    assert source.current() == (first, as_of)
    path.write_text("time,text\n2026-02-06T10:00:00Z,chip war\n2026-02-06T11:00:00Z,chip war again\n")
    os.utime(path, ns=(1, 1))
    second, later = source.current()
    assert second is not first
    assert later == as_of + timedelta(hours=1)
    path.unlink()
    with pytest.raises(SourceUnavailable, match="gone"):
        source.current()
