"""Random bytes drawn ahead are given once each, in the order in which they were drawn."""

from chimera.core.identity import StockedBytes


def numbered() -> StockedBytes:
    drawn = iter(range(256))
    return StockedBytes(lambda count: bytes(next(drawn) for _ in range(count)), drawn_bytes=24)


def test_no_byte_is_given_twice() -> None:
    given = b"".join([(stock := numbered())(10), stock(8), stock(6), stock(10)])
    assert list(given) == list(range(34))


def test_a_stock_too_short_is_left_and_a_new_one_drawn() -> None:
    stock = numbered()
    assert (stock(16), stock(16)) == (bytes(range(16)), bytes(range(24, 40)))


def test_more_than_a_stock_may_be_asked_for() -> None:
    assert numbered()(40) == bytes(range(40))
