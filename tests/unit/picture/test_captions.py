"""Captions: every word once, in order, in time, at most two lines, never two at once."""

import unicodedata
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from chimera.contracts.production import CaptionCue, SpokenWord
from chimera.tools.local.picture.caption_files import srt, vtt
from chimera.tools.local.picture.captions import Caption, caption_at, captions

LINE = 30
WORDS = st.lists(
    st.tuples(
        st.text(st.characters(categories=("Lu", "Ll", "Nd", "Po")), min_size=1, max_size=24),
        st.integers(0, 700),
        st.integers(0, 900),
        st.booleans(),
    ),
    max_size=40,
)


def spoken(parts: list[tuple[str, int, int, bool]]) -> tuple[SpokenWord, ...]:
    """Words from text, length, gap before, and whether a new beat begins."""
    words, at, beat = [], 0, 0
    for text, length, gap, new_beat in parts:
        at, beat = at + gap, beat + new_beat
        words.append(SpokenWord(text=text, start_ms=at, end_ms=at + length, beat=beat))
        at += length
    return tuple(words)


def said(text: str, pace_ms: int = 300) -> tuple[SpokenWord, ...]:
    return spoken([(word, pace_ms, 0, False) for word in text.split()])


def made(words: tuple[SpokenWord, ...]) -> tuple[Caption, ...]:
    return captions(words, LINE, words[-1].end_ms + 1000 if words else 1000)


@settings(max_examples=40, deadline=None)
@given(WORDS)
def test_every_word_stands_in_exactly_one_cue_in_order(parts: list[tuple[str, int, int, bool]]) -> None:
    words = spoken(parts)
    shown = [word.text for cue in made(words) for line in cue.lines for word in line]
    assert shown == [unicodedata.normalize("NFC", word.text) for word in words]


@settings(max_examples=40, deadline=None)
@given(WORDS)
def test_cues_follow_each_other_without_overlap(parts: list[tuple[str, int, int, bool]]) -> None:
    cues = made(spoken(parts))
    assert all(cue.start_ms < cue.end_ms for cue in cues)
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(cues))


@settings(max_examples=40, deadline=None)
@given(WORDS)
def test_a_cue_has_at_most_two_lines_and_a_line_is_short_or_one_word(parts: list[tuple[str, int, int, bool]]) -> None:
    for cue in made(spoken(parts)):
        assert 1 <= len(cue.lines) <= 2
        for line in cue.lines:
            assert len(line) == 1 or len(" ".join(word.text for word in line)) <= LINE


@settings(max_examples=40, deadline=None)
@given(WORDS)
def test_a_cue_never_holds_words_of_two_beats(parts: list[tuple[str, int, int, bool]]) -> None:
    words = spoken(parts)
    place = 0
    for cue in made(words):
        count = sum(len(line) for line in cue.lines)
        assert len({word.beat for word in words[place : place + count]}) == 1
        place += count


def test_a_cue_begins_with_its_first_word_and_outlasts_its_last() -> None:
    words = said("This rose all day long, and then it did not stop. Nobody had expected anything like it.")
    cues = made(words)
    for cue in cues:
        spoken_words = [word for line in cue.lines for word in line]
        assert cue.start_ms == spoken_words[0].start_ms
        assert cue.end_ms >= spoken_words[-1].end_ms


def test_a_sentence_ends_its_cue() -> None:
    cues = made(said("The line climbed for hours. Then it fell back down again."))
    assert cues[0].cue.text.endswith("hours.")


def test_speech_at_an_ordinary_pace_reads_at_seventeen_characters_a_second_or_slower() -> None:
    words = said("Here is what the day looked like from the first post to the very last one we read.", 380)
    for cue in made(words):
        assert len(cue.cue.text) / ((cue.end_ms - cue.start_ms) / 1000) <= 17


def test_a_short_cue_stays_for_eight_tenths_of_a_second_where_there_is_room() -> None:
    (cue,) = made(spoken([("Yes.", 200, 100, False)]))
    assert cue.end_ms - cue.start_ms >= 800


def test_the_word_being_spoken_is_known() -> None:
    (cue,) = made(said("one two three"))
    assert [cue.spoken(at) for at in (-1, 0, 299, 300, 650)] == [-1, 0, 0, 1, 2]


def test_nothing_is_shown_where_nothing_is_said() -> None:
    cues = made(spoken([("Later", 300, 2000, False)]))
    assert caption_at(cues, 1000) is None
    assert caption_at(cues, 2100) is cues[0]


def test_control_and_direction_characters_are_taken_out_of_words() -> None:
    (cue,) = made(spoken([("ev\u202eil\x07", 300, 0, False), ("\x00\x01", 300, 0, False)]))
    assert cue.cue.text == "evil"


def test_srt_numbers_its_cues_and_writes_commas_in_times() -> None:
    text = srt([CaptionCue(start_ms=1_500, end_ms=3_723_004, text="one\ntwo")])
    assert text == "1\n00:00:01,500 --> 01:02:03,004\none\ntwo\n"


def test_srt_text_can_neither_open_a_tag_nor_a_cue() -> None:
    text = srt([CaptionCue(start_ms=0, end_ms=900, text="<i>{\\an8} a --> b\n\n2")])
    assert "<i" not in text
    assert "{\\" not in text
    assert text.count("-->") == 1
    assert "\n\n" not in text.strip()


def test_vtt_escapes_markup_and_begins_with_its_name() -> None:
    text = vtt([CaptionCue(start_ms=0, end_ms=900, text="a < b & c --> d")])
    assert text == "WEBVTT\n\n00:00:00.000 --> 00:00:00.900\na &lt; b &amp; c --&gt; d\n"
