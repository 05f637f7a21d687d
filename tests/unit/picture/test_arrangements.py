"""Where the dots of COUNT stand, and how a ratio reads: every number is the evidence's own."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from chimera.contracts.evidence import BucketCount, Share, TrendEvidence
from chimera.tools.local.picture.scenes.dot_arrangements import arrangements, by_community, by_hour
from chimera.tools.local.picture.scenes.painter import has_ratio, is_lower_bound, ratio_text
from chimera.tools.local.picture.scenes.series_plot import busy_window, plot
from chimera.tools.local.picture.scenes.timeline import milestones
from chimera.tools.local.picture.skyline import heights
from chimera.tools.local.picture.stage_layout import Box

STAGE = Box(72, 700, 936, 430)


@pytest.fixture
def small(evidence: TrendEvidence) -> TrendEvidence:
    """Ten posts in ten communities over nine hours of a quiet day, against a fifth of a post."""
    counts = {3: 2, 4: 1, 7: 4, 11: 3}
    series = tuple(
        BucketCount(
            start=evidence.window_start + timedelta(hours=hour), mentions=counts.get(hour, 0), expected=Decimal("0.01")
        )
        for hour in range(24)
    )
    return evidence.model_copy(
        update={
            "mentions": 10,
            "expected": Decimal("0.2"),
            "ratio": Decimal(10),
            "peak_mentions": 4,
            "peak_start": series[7].start,
            "first_seen": series[3].start + timedelta(minutes=12),
            "series": series,
            "communities": tuple(Share(name=f"place{number}", mentions=1) for number in range(10)),
            "community_count": 10,
        }
    )


@pytest.mark.parametrize("mentions", [1, 2, 10, 34, 45, 370, 1_000, 1_000_000])
def test_every_arrangement_has_the_same_dots_and_keeps_them_on_the_stage(
    evidence: TrendEvidence, mentions: int
) -> None:
    ways = arrangements(evidence.model_copy(update={"mentions": mentions}), STAGE)
    assert len(ways) >= 2
    for way in ways:
        reach = way.diameter / 2 - 0.01
        assert len(way.centres) == len(ways[0].centres)
        for x, y in (*way.centres, *way.expected):
            assert STAGE.x <= x - reach
            assert x + reach <= STAGE.right
            assert STAGE.y <= y - reach
            assert y + reach <= STAGE.bottom


def test_a_small_count_is_laid_out_in_four_ways_with_large_dots(small: TrendEvidence) -> None:
    ways = arrangements(small, STAGE)
    assert len(ways) == 4
    assert ways[0].diameter > 100


def test_by_hour_stacks_as_many_dots_as_the_buckets_hold(small: TrendEvidence) -> None:
    way = by_hour(small, STAGE)
    assert way is not None
    stacks = Counter(round(x) for x, _ in way.centres)
    assert [stacks[x] for x in sorted(stacks)] == [2, 1, 4, 3]


def test_by_hour_is_left_out_where_the_series_does_not_add_up(small: TrendEvidence) -> None:
    assert by_hour(small.model_copy(update={"mentions": 11}), STAGE) is None


def test_communities_that_do_not_fit_stand_together_with_their_own_count(small: TrendEvidence) -> None:
    way = by_community(small, STAGE)
    assert way is not None
    assert [tag.text for tag in way.tags][-1] == "5 more"
    rows = Counter(round(y) for _, y in way.centres)
    assert [rows[y] for y in sorted(rows)] == [1, 1, 1, 1, 1, 5]


def test_by_community_is_left_out_where_the_counts_do_not_add_up(small: TrendEvidence) -> None:
    assert by_community(small.model_copy(update={"mentions": 9}), STAGE) is None
    assert by_community(small.model_copy(update={"mentions": 12}), STAGE) is None


def test_less_than_one_expected_post_is_part_of_one_dot(small: TrendEvidence) -> None:
    against = arrangements(small, STAGE)[1]
    assert len(against.expected) == 1
    assert against.expected_part == pytest.approx(0.2)


def test_a_ratio_held_down_by_the_floor_reads_as_a_lower_bound(small: TrendEvidence, evidence: TrendEvidence) -> None:
    assert is_lower_bound(small)
    assert ratio_text(small) == "10×+"
    assert ratio_text(small.model_copy(update={"ratio": Decimal("9.97")})) == "9×+"
    assert has_ratio(small.model_copy(update={"expected": Decimal(0)}))
    assert not is_lower_bound(evidence)
    assert ratio_text(evidence) == "7×"


def test_the_close_up_holds_every_busy_bucket_of_the_window(small: TrendEvidence) -> None:
    window = busy_window(small)
    chart = plot(small, STAGE, window)
    busy = [x for (x, _), bucket in zip(chart.mentions, small.series, strict=True) if bucket.mentions]
    assert window.buckets < len(small.series)
    assert all(STAGE.x < x < STAGE.right for x in busy)


def test_a_sparse_strip_adds_up_and_a_full_one_stays_as_it_is() -> None:
    assert heights([0, 0, 0, 2, 0, 0, 1, 0]) == [2, 2, 2, 3, 3]
    assert heights([1, 2, 0, 4]) == [1, 2, 0, 4]
    assert heights([0, 0]) == [0, 0]


def test_the_stretch_in_which_it_was_first_seen_does_not_come_before_it(small: TrendEvidence) -> None:
    early = small.model_copy(update={"peak_start": small.series[3].start})
    assert [name for _, name, _ in milestones(early)] == ["First seen", "Peak", "As of"]
