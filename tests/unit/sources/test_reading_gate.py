"""Nothing outside the asked time leaves a source."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chimera.sources.post import Post
from chimera.sources.reading import collect

START = datetime(2013, 4, 1, tzinfo=UTC)
UNTIL = START + timedelta(days=2)
rows = st.builds(
    lambda seconds, number: Post(int(START.timestamp()) + seconds, "c", "", f"id{number}", "", "some title", ""),
    st.integers(-90_000, 400_000),
    st.integers(0, 40),
)


@given(st.lists(rows, max_size=60), st.lists(rows, max_size=60))
def test_later_rows_change_nothing(before: list[Post], after: list[Post]) -> None:
    limit = int(UNTIL.timestamp())
    later = [row for row in after if row.created >= limit]
    assert collect([*before, *later], START, UNTIL) == collect(before, START, UNTIL)
    assert collect([*later, *before], START, UNTIL) == collect(before, START, UNTIL)


@given(st.lists(rows, max_size=60))
def test_posts_are_in_time_order_within_the_stretch_and_unique(given_rows: list[Post]) -> None:
    posts = collect(given_rows, START, UNTIL).posts
    times = [post.created for post in posts]
    assert times == sorted(times)
    assert all(START.timestamp() <= time < UNTIL.timestamp() for time in times)
    assert len({post.id for post in posts}) == len(posts)


def test_rows_that_could_not_be_read_are_counted() -> None:
    assert collect([None, None], START, UNTIL).bad_rows == 2
