"""A token bucket, and what callers are told of it."""

from chimera.api.limits import fields_of
from chimera.runtime.limiting.bucket import Bucket, OverRate, Quota
from chimera.runtime.operations.operation import Rate

RATE = Rate(per_second=2, burst=4)


def test_a_bucket_gives_its_burst_and_then_what_flows_in() -> None:
    bucket = Bucket.full(RATE, now=100.0)
    assert [bucket.take(3, 100.0), bucket.take(3, 100.0), bucket.take(1, 100.0)] == [3, 1, 0]
    assert bucket.seconds_until_one(100.0) == 0.5
    assert [bucket.take(1, 100.4), bucket.take(1, 100.5), bucket.take(9, 900.0)] == [0, 1, 4]


def test_a_clock_that_goes_back_fills_nothing() -> None:
    bucket = Bucket.full(RATE, now=100.0)
    bucket.take(4, 100.0)
    assert [bucket.take(1, 50.0), bucket.take(1, 100.0), bucket.take(1, 100.5)] == [0, 0, 1]


def test_callers_are_told_the_policy_and_how_they_stand() -> None:
    assert fields_of(Quota(RATE, 3)) == {"RateLimit-Policy": '"caller";q=4;w=2', "RateLimit": '"caller";r=3'}
    assert fields_of(Quota(RATE, 0, 1.2))["RateLimit"] == '"caller";r=0;t=2'
    refused = OverRate("trends.list was asked", Quota(RATE, 0, 0.01))
    assert (refused.status, refused.details["retry_after_seconds"]) == (429, 1)
