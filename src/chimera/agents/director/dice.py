"""Choices that look free and repeat exactly: a SHA-256 counter, the same on every Python and machine."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """A stream of choices fixed by `seed`."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._throws = 0

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1; the bias of the modulus is below 2**-50 for the small bounds used here."""
        self._throws += 1
        digest = hashlib.sha256(self._seed + self._throws.to_bytes(8, "big")).digest()
        return int.from_bytes(digest[:8], "big") % bound

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`, which must not be empty."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """All of `items` in a new order (Fisher-Yates)."""
        deck = list(items)
        for last in range(len(deck) - 1, 0, -1):
            other = self.below(last + 1)
            deck[last], deck[other] = deck[other], deck[last]
        return deck
