"""Phonemes of words, alone and beside others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.core.errors import EngineUnavailable
from chimera.tools.local.voice.lexicon import Lexicon, from_arpabet, open_lexicon
from chimera.tools.local.voice.model import sayable
from chimera.tools.local.voice.normalise import spell_out
from chimera.tools.local.voice.pronounce import Utterance, pronounce
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
