"""A listed word is found however it is disguised, and words that only contain one are not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera.safety.normalise import LOOK_ALIKES
from chimera.safety.word_lists import find_listed_words, word_lists

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u3164\u0336\u0301"
LONG_WORDS = sorted({word for word, _ in word_lists().single_words if len(word) >= 4 and word.isalpha()})
DISGUISES = {latin: sorted(k for k, v in LOOK_ALIKES.items() if v == latin) for latin in set(LOOK_ALIKES.values())}


def kinds(text: str) -> set[str]:
    return {found.kind for found in find_listed_words(text)}


@given(word=st.sampled_from(LONG_WORDS), data=st.data())
@settings(max_examples=150, deadline=None)
def test_invisible_characters_never_hide_a_listed_word(word: str, data: st.DataObject) -> None:
    insertions = data.draw(st.lists(st.sampled_from(ZERO_WIDTH), min_size=len(word), max_size=len(word)))
    disguised = "".join(letter + invisible for letter, invisible in zip(word, insertions, strict=True))
    assert kinds(word) <= kinds(f"well {disguised} then")


@given(word=st.sampled_from(LONG_WORDS), data=st.data())
@settings(max_examples=150, deadline=None)
def test_look_alike_letters_never_hide_a_listed_word(word: str, data: st.DataObject) -> None:
    disguised = "".join(data.draw(st.sampled_from([letter, *DISGUISES.get(letter, [])])) for letter in word)
    assert kinds(word) <= kinds(f"well {disguised} then")


@given(word=st.sampled_from(LONG_WORDS), separator=st.sampled_from([" ", ".", "-", "_", " . ", "*"]))
@settings(max_examples=60, deadline=None)
def test_letters_written_apart_never_hide_a_listed_word(word: str, separator: str) -> None:
    assert kinds(word) <= kinds(f"such {separator.join(word)}")


@given(text=st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_checked(text: str) -> None:
    find_listed_words(text)


@pytest.mark.parametrize(
    "text", ["5h1t happens", "sh!t happens", "s.h.i.t happens", "shiiiiit", "ＳＨＩＴ", "s**t", "𝓼𝓱𝓲𝓽"]
)
def test_a_swear_word_is_found_in_disguise(text: str) -> None:
    assert "profanity" in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "Scunthorpe United beat Arsenal", "A classic assessment of cocktails", "The assassin's guild",
        "Dickens and Hitchcock",
        "My Maine coon cat", "A chink in the armour", "Moby Dick is a whale", "The cumulative count is 1,234",
        "It rose 455 times",
        "Essex and Sussex", "A grape and a drape", "", "3.2 times as many posts as expected",
    ],
)  # fmt: skip
def test_harmless_words_are_left_alone(text: str) -> None:
    assert not find_listed_words(text)


def test_the_excerpt_is_masked() -> None:
    (found,) = find_listed_words("what bullshit")
    assert found.excerpt == "bu****it"
