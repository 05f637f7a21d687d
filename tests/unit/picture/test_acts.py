"""When a beat's picture moves: never long apart, on the words, whatever the beat's length."""

from itertools import pairwise

import pytest

from chimera.tools.local.picture.acts import (
    GAP_SECONDS_MAX,
    GAP_SECONDS_MIN,
    HeardWord,
    act_times,
    cycle,
    heard_at,
    spotlight,
)


def spoken(seconds: float, pace: float) -> tuple[HeardWord, ...]:
    """Words at an even pace, a sentence every seven of them."""
    count = int(seconds / pace)
    return tuple(HeardWord("end." if place % 7 == 6 else "word", 0.2 + place * pace) for place in range(count))


@pytest.mark.parametrize("pace", [0.21, 0.34, 0.9, 5.0])
@pytest.mark.parametrize("tenths", range(20, 151, 3))
def test_acts_never_lie_further_apart_than_the_limit_nor_closer_than_can_be_seen(tenths: int, pace: float) -> None:
    seconds = tenths / 10
    edges = [*act_times(seconds, spoken(seconds, pace)), seconds]
    gaps = [after - before for before, after in pairwise(edges)]
    assert edges[0] == 0
    assert max(gaps) <= GAP_SECONDS_MAX + 1e-9
    assert min(gaps) >= min(seconds, GAP_SECONDS_MIN) - 1e-9


def test_an_act_waits_for_the_sentence_that_begins_within_reach() -> None:
    words = (HeardWord("It", 0.1), HeardWord("rose.", 0.5), HeardWord("Then", 1.4), HeardWord("it", 1.9))
    assert act_times(4.0, words)[1] == 1.4


def test_a_beat_in_silence_still_moves() -> None:
    assert len(act_times(9.0)) >= 5


def test_a_name_is_heard_whatever_its_case_and_punctuation() -> None:
    words = tuple(HeardWord(text, place) for place, text in enumerate(("Some", "say", "Mt.", "Gox,", "again.")))
    assert heard_at("mt gox", words) == 2
    assert heard_at("gox mt", words) is None
    assert heard_at("", words) is None


def test_states_take_turns_act_by_act() -> None:
    acts = (0.0, 2.0, 4.0, 6.0)
    assert [cycle(acts, at, 3).after for at in (1.0, 3.0, 5.0, 7.0)] == [0, 1, 2, 0]
    halfway = cycle(acts, 2.35, 3)
    assert (halfway.before, halfway.after) == (0, 1)
    assert 0 < halfway.weight(0) < 1
    assert halfway.weight(0) + halfway.weight(1) == pytest.approx(1)


def test_what_is_being_said_stands_out_and_the_next_in_turn_otherwise() -> None:
    acts = (0.0, 2.0, 4.0, 6.0)
    named = (None, None, 2.5)
    assert [spotlight(acts, at, named).after for at in (1.0, 3.0, 5.0, 7.0)] == [-1, 2, 0, 1]


def test_every_act_changes_what_stands_out_even_with_a_single_item() -> None:
    acts = tuple(float(2 * act) for act in range(7))
    for named in ((None,), (None, 2.1), (3.0, 5.0, None)):
        moves = [spotlight(acts, at + 0.1, named) for at in acts[1:]]
        assert all(move.before != move.after for move in moves)
