"""Requests that show no token that counts, limited per network address, in a table that does not grow with a flood."""

import ipaddress
from collections import OrderedDict

from chimera.core.clock import Clock
from chimera.runtime.limiting.bucket import Bucket, OverRate, Quota
from chimera.runtime.operations.operation import Rate

UNKNOWN_CALLERS = Rate(per_second=5, burst=50)
ADDRESSES_MAX = 10_000
_IPV6_PREFIX = 64
"""What one subscriber of IPv6 is given: all its addresses count as one."""
_OTHERS = "others"


class Addresses:
    """Counts what each address asked without a token that counts."""

    def __init__(self, clock: Clock, rate: Rate = UNKNOWN_CALLERS, addresses_max: int = ADDRESSES_MAX) -> None:
        self._clock = clock
        self._rate = rate
        self._addresses_max = addresses_max
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def require(self, address: str) -> None:
        """Return if the address may go on asking.

        Raises:
            OverRate: it showed too many tokens that don't count, or none, too often.
        """
        if not self._buckets or (bucket := self._buckets.get(self._place(address))) is None:
            return
        if (seconds := bucket.seconds_until_one(self._clock.monotonic())) > 0:
            raise OverRate("it was asked without a token that counts", Quota(self._rate, 0, seconds))

    def charge(self, address: str) -> None:
        """Count one request without a token that counts."""
        now = self._clock.monotonic()
        place = self._place(address)
        bucket = self._buckets.get(place)
        if bucket is None:
            bucket = self._buckets[place] = Bucket.full(self._rate, now)
        self._buckets.move_to_end(place)
        bucket.take(1, now)

    def __len__(self) -> int:
        return len(self._buckets)

    def _place(self, address: str) -> str:
        """The address's own bucket, or, once the table is full of addresses that are being limited, the one that all
        further addresses share."""
        place = _network(address)
        if place in self._buckets or len(self._buckets) < self._addresses_max:
            return place
        oldest = next(name for name in self._buckets if name != _OTHERS)
        if self._buckets[oldest].is_full(self._clock.monotonic()):
            del self._buckets[oldest]
            return place
        return _OTHERS


def _network(address: str) -> str:
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, _IPV6_PREFIX), strict=False))
