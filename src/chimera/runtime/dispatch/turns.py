"""Whose turn it is: the more urgent first, but every priority that waits gets a share of the claims."""

from collections.abc import Mapping

from chimera.core.vocabulary import Priority

ONE_IN: Mapping[Priority, int] = {Priority.HIGH: 4, Priority.NORMAL: 8, Priority.LOW: 16}
"""Of so many claims at least one is of this priority, if one waits."""


class Turns:
    """The shares of one role's claims."""

    def __init__(self) -> None:
        self._since = dict.fromkeys(ONE_IN, 0)

    def reserved(self, count: int) -> dict[Priority, int]:
        """How many of the next `count` claims belong to each priority; the least urgent one is served first."""
        return {priority: (self._since[priority] + count) // period for priority, period in ONE_IN.items()}

    def taken(self, counts: Mapping[Priority, int]) -> None:
        """Note what was claimed. A share that nobody used is not saved up beyond the next claim."""
        total = sum(counts.values())
        for priority, period in ONE_IN.items():
            owed = self._since[priority] + total - period * counts.get(priority, 0)
            self._since[priority] = max(0, min(owed, period - 1))


def share(available: Mapping[Priority, int], count: int, turns: Turns) -> dict[Priority, int]:
    """How many to take of each priority, of what is available, `count` together at most."""
    taken = dict.fromkeys(Priority, 0)
    left = count
    for priority, amount in reversed(turns.reserved(count).items()):
        taken[priority] = min(amount, available.get(priority, 0), left)
        left -= taken[priority]
    for priority in Priority:
        more = min(available.get(priority, 0) - taken[priority], left)
        taken[priority] += more
        left -= more
    return taken
