"""When the picture of a beat makes its next visible move: at word onsets, sentence starts first; pure."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from chimera.tools.local.picture.easing import ease_in_out, phase

GAP_SECONDS_MAX = 2.2
"""No two acts begin further apart, and none begins further from the beat's end."""
GAP_SECONDS_MIN = 1.1
"""An act has at least this long to be seen before the next one."""
MOVE_SECONDS = 0.7
"""How long the move that opens an act takes."""
_WISHED_SECONDS = 1.9


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word of the beat and the second, counted from the beat's start, at which it is heard."""

    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Move:
    """From one state to another: `done` goes from 0 to 1, eased."""

    before: int
    after: int
    done: float

    def weight(self, state: int) -> float:
        """How far `state` is the one shown, 0 to 1."""
        return (self.done if state == self.after else 0.0) + (1 - self.done if state == self.before else 0.0)

    def opacity(self, state: int) -> float:
        """As `weight`, for texts that stand in the same place: one is gone before the next appears."""
        return max(0.0, 2 * self.weight(state) - 1)


def act_times(seconds: float, words: Sequence[HeardWord] = ()) -> tuple[float, ...]:
    """The second at which each act of a beat begins; the first is 0.

    At most `GAP_SECONDS_MAX` apart. Of the words in reach, one that opens a sentence or clause is preferred.
    """
    onsets = _onsets(words)
    acts = [0.0]
    while seconds - acts[-1] > GAP_SECONDS_MAX:
        now, rest = acts[-1], seconds - acts[-1]
        latest = now + min(GAP_SECONDS_MAX, rest - GAP_SECONDS_MIN)
        wished = min(now + _WISHED_SECONDS, latest)
        reachable = [one for one in onsets if now + GAP_SECONDS_MIN <= one[0] <= latest]
        acts.append(min(reachable, key=lambda one: one[1] + abs(one[0] - wished))[0] if reachable else wished)
    return tuple(acts)


def _onsets(words: Sequence[HeardWord]) -> list[tuple[float, float]]:
    """Each word's time and how badly it opens an act: 0 after a sentence, 0.4 after a clause, 0.8 elsewhere."""
    found: list[tuple[float, float]] = []
    before = "."
    for word in words:
        last = before.rstrip("\"')”’")[-1:]
        found.append((word.at, 0.0 if last in {".", "!", "?"} else 0.4 if last in {",", ";", ":"} else 0.8))
        before = word.text
    return found


def heard_at(name: str, words: Sequence[HeardWord]) -> float | None:
    """When `name` is first said, all its words in a row; None if it isn't."""
    wanted = _spoken_form(name).split()
    said = [_spoken_form(word.text) for word in words]
    for index in range(len(said) - len(wanted) + 1):
        if wanted and said[index : index + len(wanted)] == wanted:
            return words[index].at
    return None


@lru_cache(maxsize=1024)
def _spoken_form(text: str) -> str:
    kept = "".join(character if character.isalnum() else " " for character in text.casefold())
    return " ".join(kept.split())


def cycle(acts: Sequence[float], at: float, states: int) -> Move:
    """The states in turn, one an act, from state 0 on and round again."""
    act = current(acts, at)
    if act == 0 or states < 2:
        return Move(0, 0, 1.0)
    return Move((act - 1) % states, act % states, ease_in_out(phase(at, acts[act], MOVE_SECONDS)))


def spotlight(acts: Sequence[float], at: float, named: Sequence[float | None]) -> Move:
    """Which of the items stands out: the one said during the act, else the next in turn; -1 is none of them.

    In the first act nothing stands out, and a single item takes turns with nothing.
    """
    if not named:
        return Move(-1, -1, 1.0)
    chosen = [-1]
    for act in range(1, current(acts, at) + 1):
        until = acts[act + 1] if act + 1 < len(acts) else float("inf")
        said = [item for item, when in enumerate(named) if when is not None and acts[act] <= when < until]
        said = [item for item in said if item != chosen[-1]]
        following = (chosen[-1] + 1) % len(named)
        chosen.append(-1 if len(named) == 1 and chosen[-1] == 0 else said[0] if said else following)
    if len(chosen) == 1:
        return Move(-1, -1, 1.0)
    return Move(chosen[-2], chosen[-1], ease_in_out(phase(at, acts[len(chosen) - 1], MOVE_SECONDS)))


def current(acts: Sequence[float], at: float) -> int:
    """The index of the act that is on at `at`."""
    return max(0, bisect_right(acts, at) - 1)
