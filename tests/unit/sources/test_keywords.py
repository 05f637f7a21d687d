"""Titles become keywords: content words in order, nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from chimera.sources.keywords import KEYWORDS_MAX, STOP_WORDS, WORD_CHARACTERS_MAX, keywords_of
from chimera.sources.spelling import usual_spelling


def test_function_words_tags_and_addresses_are_left_out() -> None:
    title = "[OC] Margaret Thatcher's been seen at the BBC (see https://bbc.co.uk/x) 1024x768"
    assert keywords_of(title) == ("margaret", "thatcher", "bbc")


def test_two_words_joined_by_a_hyphen_stay_one_word() -> None:
    assert keywords_of("Spider-Man pre-order is up-to-date") == ("spider-man", "pre-order", "date")


@given(st.text(max_size=3000))
def test_any_text_gives_bounded_lower_case_words(text: str) -> None:
    words = keywords_of(text)
    assert len(words) <= KEYWORDS_MAX
    assert all(word and len(word) <= WORD_CHARACTERS_MAX and word == word.lower() for word in words)
    assert not STOP_WORDS & set(words)


def test_the_usual_spelling_prefers_titles_that_do_not_shout() -> None:
    titles = ["MARGARET THATCHER IS DEAD", "I hear that Margaret Thatcher has died", "so margaret thatcher, then"]
    assert usual_spelling(titles, ("margaret", "thatcher")) == "Margaret Thatcher"


def test_joining_words_inside_a_name_are_written() -> None:
    assert usual_spelling(["just watched Game of Thrones tonight"], ("game", "thrones")) == "Game of Thrones"
