"""Names are fit to show, whatever strangers write."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from chimera.agents.scout.naming import NAME_CHARACTERS_MAX, clean_name, display_name

SPELLINGS = {("irs",): "IRS", ("game", "thrones"): "Game of Thrones", ("uncle", "ruslan"): "UNCLE RUSLAN"}


def spelled(*terms: str) -> str:
    return display_name(terms, SPELLINGS.get)


def test_words_without_a_known_spelling_get_a_capital() -> None:
    assert spelled("margaret", "thatcher") == "Margaret Thatcher"


def test_known_spellings_are_kept() -> None:
    assert spelled("irs", "warrant") == "IRS Warrant"
    assert spelled("game", "thrones") == "Game of Thrones"


def test_shouting_is_lowered() -> None:
    assert spelled("uncle", "ruslan") == "Uncle Ruslan"


def test_markup_and_direction_marks_are_taken_out() -> None:
    assert clean_name("<b>Evil</b> \u202eexe\u202c `code` &amp; \x1b[31mred") == "Evil exe code 31mred"


@given(st.text(max_size=400))
def test_any_text_becomes_bounded_and_printable(text: str) -> None:
    name = clean_name(text)
    assert len(name) <= NAME_CHARACTERS_MAX
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} or char in "<>[]{}`\\" for char in name)
