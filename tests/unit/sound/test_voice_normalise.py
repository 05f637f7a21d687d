"""How written tokens are said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.tools.local.voice.normalise import spell_out

CASES = [
    ("24", "twenty four"), ("24h", "twenty four hours"), ("24-hour", "twenty four hour"), ("7d", "seven days"),
    ("1,204", "one thousand two hundred four"), ("2,050,000", "two million fifty thousand"), ("0", "zero"),
    ("3.5%", "three point five percent"), ("+12%", "plus twelve percent"), ("-5", "minus five"), ("−5", "minus five"),
    ("$4.99", "four dollars and ninety nine cents"), ("$1", "one dollar"), ("$1.5M", "one point five million dollars"),
    ("$1,000,000", "one million dollars"), ("€5bn", "five billion euros"), ("£3.50", "three pounds and fifty pence"),
    ("$4 million", "four million dollars"), ("$2.5 billion", "two point five billion dollars"),
    ("10k", "ten thousand"), ("5M", "five million"), ("3x", "three times"), ("3.7x", "three point seven times"),
    ("in 2013", "in twenty thirteen"), ("since 1900", "since nineteen hundred"), ("in 2005", "in two thousand five"),
    ("in 1906", "in nineteen oh six"), ("2013 posts", "two thousand thirteen posts"),
    ("April 8, 2013", "April eight twenty thirteen"),
    ("1990s", "nineteen nineties"), ("'90s", "nineties"), ("the 90s", "the nineties"), ("90s", "ninety seconds"),
    ("1st", "first"), ("22nd", "twenty second"), ("100th", "one hundredth"), ("12th", "twelfth"),
    ("20th-century", "twentieth century"), ("10:30am", "ten thirty A M"), ("9pm", "nine P M"), ("5:00", "five o'clock"),
    ("18:00", "eighteen hundred"), ("7:05", "seven oh five"), ("2013-04-08", "April eighth twenty thirteen"),
    ("1/2", "one half"), ("3/4", "three quarters"), ("1½", "one and one half"), ("9/11", "nine eleven"),
    ("24/7", "twenty four seven"), ("5-10", "five to ten"), ("2012–2013", "twenty twelve to twenty thirteen"),
    ("v2.1", "version two point one"), ("2.1.3", "two point one point three"), ("5GB", "five gigabytes"),
    ("1GB", "one gigabyte"), ("25°C", "twenty five degrees celsius"), ("10mph", "ten miles per hour"),
    ("1080p", "ten eighty p"), ("COVID-19", "COVID nineteen"), ("MH370", "MH three seventy"), ("#1", "number one"),
    ("#bitcoin", "hashtag bitcoin"), ("@user", "at user"), ("r/bitcoin", "r slash bitcoin"), ("AT&T", "AT and T"),
    ("&", "and"), ("C++", "C plus plus"), ("Mr. Smith", "mister Smith"), ("vs.", "versus"), ("e.g.,", "for example"),
    ("i.e.", "that is"), ("U.S.", "U S"), ("No. 5", "number five"), ("no. Then", "no Then"),
    ("half-baked", "half baked"),
    ("and/or", "and or"), ("example.com", "example dot com"), ("https://www.example.com/a", "example dot com slash a"),
    ("“Hello,”", "Hello"), ("she’d", "she'd"), ("World War II", "World War two"), ("007", "zero zero seven"),
    ("YouTube", "You Tube"), ("5,000+", "five thousand plus"), ("~300", "about three hundred"), ("...", ""), ("—", ""),
]  # fmt: skip


@pytest.mark.parametrize(("written", "said"), CASES)
def test_a_written_form_is_said_as_people_say_it(written: str, said: str) -> None:
    assert " ".join(word for token in spell_out(written) for word in token.spoken) == said


def test_money_in_two_tokens_keeps_each_tokens_own_words() -> None:
    assert [token.spoken for token in spell_out("$4 million")] == [("four",), ("million", "dollars")]


@pytest.mark.parametrize(
    ("written", "marks"),
    [
        ("Well, yes.", [",", "."]),
        ("(really?)", ["?"]),
        ("said…", ["…"]),
        ("Mr. Smith", ["", ""]),
        ("a — b", ["", "—", ""]),
    ],
)
def test_marks_that_make_pauses_are_kept_and_abbreviations_make_none(written: str, marks: list[str]) -> None:
    assert [token.mark for token in spell_out(written)] == marks


@given(st.text(max_size=200))
def test_every_token_of_any_text_is_kept_in_order(text: str) -> None:
    assert [token.text for token in spell_out(text)] == text.split()


@given(st.from_regex(r"[$€+\-#'(]?[0-9][0-9,.:/\-]{0,24}(st|th|s|%|h|k|M|bn|GB|x|pm)?[.,!?)]?", fullmatch=True))
def test_whatever_holds_a_figure_is_said_in_letters_only(token: str) -> None:
    spoken = spell_out(token)[0].spoken
    assert spoken
    assert all(word.replace("'", "").isalpha() for word in spoken)
