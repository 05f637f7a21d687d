"""Phonemes of words, alone and beside others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.core.errors import EngineUnavailable
from chimera.tools.local.voice.lexicon import Lexicon, from_arpabet, open_lexicon
from chimera.tools.local.voice.model import sayable
from chimera.tools.local.voice.normalise import spell_out
from chimera.tools.local.voice.pronounce import Utterance, known_sounds, pronounce
from chimera.tools.local.voice.spelling import latin, sound_out
from chimera.tools.local.voice.suffixes import gerund, past, plural


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    try:
        return open_lexicon()
    except EngineUnavailable as error:
        pytest.skip(error.message)


def _say(text: str, lexicon: Lexicon) -> list[str]:
    return pronounce(
        [
            Utterance(word, bool(token.mark) and index + 1 == len(token.spoken))
            for token in spell_out(text)
            for index, word in enumerate(token.spoken)
        ],
        lexicon,
    )


@pytest.mark.parametrize(("stem", "whole"), [("kˈæt", "kˈæts"), ("dˈɔɡ", "dˈɔɡz"), ("wˈɑʧ", "wˈɑʧᵻz")])
def test_a_plural_follows_the_stems_last_sound(stem: str, whole: str) -> None:
    assert plural(stem) == whole


@pytest.mark.parametrize(
    ("stem", "whole"), [("wˈɔk", "wˈɔkt"), ("kˈɔl", "kˈɔld"), ("nˈid", "nˈidᵻd"), ("wˈAt", "wˈAɾᵻd")]
)
def test_a_past_follows_the_stems_last_sound(stem: str, whole: str) -> None:
    assert past(stem) == whole


def test_a_gerund_flaps_a_t_between_vowels() -> None:
    assert (gerund("wˈAt"), gerund("hˈAst")) == ("wˈAɾɪŋ", "hˈAstɪŋ")


def test_articles_and_to_hear_the_next_word(lexicon: Lexicon) -> None:
    sounds = _say("the apple the pear to eat to go", lexicon)
    assert (sounds[0], sounds[2], sounds[4], sounds[6]) == ("ði", "ðə", "tʊ", "tə")


@pytest.mark.parametrize(
    ("text", "index", "sounds"),
    [
        ("they have read it", 2, "ɹˈɛd"),
        ("I read it", 1, "ɹˈid"),
        ("to record it", 1, "ɹəkˈɔɹd"),
        ("the record stands", 1, "ɹˈɛkəɹd"),
        ("of use here", 1, "jˈus"),
        ("I used to go", 1, "jˈust"),
        ("more content here", 1, "kˈɑntɛnt"),
    ],
)
def test_a_heteronym_follows_its_neighbours(text: str, index: int, sounds: str, lexicon: Lexicon) -> None:
    assert _say(text, lexicon)[index] == sounds


def test_acronyms_are_letters_and_shouting_is_words(lexicon: Lexicon) -> None:
    acronym = _say("the US and XKB", lexicon)
    shout = _say("STOP THIS HUGE NEWS NOW", lexicon)
    assert acronym[1] == "jˌuˈɛs"
    assert acronym[3] == "ˌɛkskˌAbˈi"
    assert shout == _say("stop this huge news now", lexicon)


def test_a_plural_acronym_keeps_its_letters(lexicon: Lexicon) -> None:
    assert _say("many APIs here", lexicon)[1].endswith("ˈIz")


def test_arpabet_gets_one_stress_on_its_first_full_vowel() -> None:
    assert from_arpabet(["AH", "M", "EH", "R", "AH", "K", "AH"]) == "əmˈɛɹəkə"


@pytest.mark.parametrize(
    ("word", "plain"), [("café", "cafe"), ("Łódź", "lodz"), ("かな", "kana"), ("straße", "strasse")]
)
def test_letters_of_any_script_become_latin(word: str, plain: str) -> None:
    assert latin(word) == plain


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=40))
def test_any_run_of_letters_sounds(word: str) -> None:
    assert sayable(sound_out(word).strip("ˈ"))


@given(text=st.text(max_size=80))
def test_no_spoken_word_is_silent(text: str, lexicon: Lexicon) -> None:
    assert all(sayable(sounds) for sounds in _say(text, lexicon))


@given(text=st.from_regex(r"[A-Za-z']{1,20}", fullmatch=True))
def test_every_symbol_is_one_the_model_knows(text: str, lexicon: Lexicon) -> None:
    assert all(sayable(sounds) == sounds for sounds in _say(text, lexicon))


SCRIPT = """
Something moved fast today. In the last 24 hours, 1,204 posts on Reddit and Hacker News mentioned Bitcoin,
nearly four times as many as the day before. Most of them came from r/technology, r/worldnews and YouTube.
Redditors upvoted a screenshot, and bloggers reposted the livestream before the moderators removed it. The
hashtag was trending by noon, and engagement doubled every fifteen minutes. Sentiment stayed mixed: optimists
called it a breakthrough, sceptics a bubble. Why does it matter? Because whoever notices earliest explains it
first. An iPhone leak, a playoff upset, a marathon, the FBI, NASA or a cryptocurrency exchange: the pattern
looks similar. Wikipedia pageviews for the keyword spiked, while subreddits such as askscience and gaming barely
reacted. Microsoft declined to comment; GitHub maintainers apologised. Follow for tomorrow's numbers, and tell
us whether you are buying, selling or just watching.
"""


def test_a_directors_words_hardly_ever_need_letter_to_sound_rules(lexicon: Lexicon) -> None:
    words = [word.lower() for token in spell_out(SCRIPT) for word in token.spoken]
    guessed = [word for word in words if len(word) > 1 and known_sounds(word, lexicon) is None]
    assert len(guessed) <= 0.01 * len(words), guessed


def test_known_words_in_a_row_are_said_as_a_compound(lexicon: Lexicon) -> None:
    assert _say("blockchain", lexicon) == ["blˈɑkʧˌAn"]
    assert _say("changemyview", lexicon) == ["ʧˈAnʤmIvjˌu"]
