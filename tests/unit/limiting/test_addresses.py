"""Floods without a token, by address."""

from datetime import UTC, datetime, timedelta

import pytest

from chimera.core.clock import FixedClock
from chimera.runtime.limiting.addresses import Addresses
from chimera.runtime.limiting.bucket import OverRate
from chimera.runtime.operations.operation import Rate

RATE = Rate(per_second=1, burst=2)


@pytest.fixture
def time() -> FixedClock:
    return FixedClock(datetime(2026, 2, 6, 12, 0, tzinfo=UTC))


def flood(addresses: Addresses, address: str, times: int = 2) -> None:
    for _ in range(times):
        addresses.charge(address)


def test_an_address_without_tokens_is_refused_after_its_burst_and_no_other_is(time: FixedClock) -> None:
    addresses = Addresses(time, RATE)
    flood(addresses, "192.0.2.1")
    addresses.require("192.0.2.2")
    with pytest.raises(OverRate):
        addresses.require("192.0.2.1")
    time.advance(timedelta(seconds=1))
    addresses.require("192.0.2.1")


@pytest.mark.parametrize(
    ("asked", "same"),
    [("2001:db8::1", "2001:db8::ffff:1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("no address", "no address")],
)
def test_addresses_of_one_subscriber_count_as_one(time: FixedClock, asked: str, same: str) -> None:
    addresses = Addresses(time, RATE)
    flood(addresses, asked)
    with pytest.raises(OverRate):
        addresses.require(same)


def test_a_flood_from_ever_new_addresses_does_not_grow_the_table_nor_free_the_first(time: FixedClock) -> None:
    addresses = Addresses(time, RATE, addresses_max=10)
    flood(addresses, "192.0.2.1")
    for number in range(1_000):
        addresses.charge(f"198.51.100.{number}")
    assert len(addresses) <= 11
    for limited in ("192.0.2.1", "203.0.113.7"):
        with pytest.raises(OverRate):
            addresses.require(limited)
    time.advance(timedelta(seconds=60))
    flood(addresses, "203.0.113.8")
    addresses.require("203.0.113.7")
    assert len(addresses) <= 11
