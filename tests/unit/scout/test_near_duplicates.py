"""Copies count once."""

from chimera.agents.scout.near_duplicates import Copies, originals

TITLES = ["former prime minister margaret thatcher dies", "margaret thatcher former prime minister dies aged",
          "iron lady gone", "iron lady gone"]  # fmt: skip
WORDS = {number: title.split() for number, title in enumerate(TITLES)}
NOBODY = dict.fromkeys(WORDS, "")


def test_the_same_words_in_any_order_are_a_copy_within_a_slot() -> None:
    copies = Copies()
    assert not copies.is_copy(0, ["iron", "lady", "gone"])
    assert copies.is_copy(0, ["gone", "iron", "lady"])
    assert not copies.is_copy(1, ["iron", "lady", "gone"])


def test_titles_of_one_word_may_be_equal_by_chance() -> None:
    copies = Copies()
    assert not copies.is_copy(0, ["thatcher"])
    assert not copies.is_copy(0, ["thatcher"])


def test_near_copies_leave_the_first() -> None:
    assert originals([0, 1, 2, 3], WORDS, NOBODY) == [0, 2]


def test_an_author_counts_once() -> None:
    assert originals([0, 2], WORDS, {0: "ann", 2: "ann"}) == [0]
