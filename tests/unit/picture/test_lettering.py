"""Type: fits its width, cuts with an ellipsis, and never shows the box that stands for a missing glyph."""

import pytest

from chimera.tools.local.picture.lettering import Lettering
from chimera.tools.local.picture.screen_text import length_of_time, on_screen, one_decimal, posts
from chimera.tools.local.picture.typefaces import Face, typefaces

INK = 0xFFFFFFFF


@pytest.fixture
def lettering() -> Lettering:
    return Lettering(typefaces())


@pytest.mark.parametrize("face", list(Face))
@pytest.mark.parametrize(
    "text", ["short", "W" * 300, "a b " * 80, "Новости мира сегодня", "أخبار العالم اليوم", "日本"]
)
def test_a_fitted_line_is_never_wider_than_its_room(lettering: Lettering, face: Face, text: str) -> None:
    assert lettering.fitted(text, face, 60, INK, 400).width <= 400


@pytest.mark.parametrize("text", ["W" * 48, "Wide Words Make Wide Headlines Run Over Edges", "one", ""])
def test_wrapped_lines_keep_within_width_and_number(lettering: Lettering, text: str) -> None:
    lines = lettering.wrapped(text, Face.ROUND, 112, INK, 560, 2)
    assert 1 <= len(lines) <= 2
    assert all(line.width <= 560 for line in lines)


def test_no_word_is_left_alone_on_the_last_line_when_lines_can_be_evened(lettering: Lettering) -> None:
    lines = lettering.wrapped("From the first post to now", Face.CONDENSED, 112, INK, 900, 2)
    assert len(lines[-1].text.split()) > 1


def test_what_is_cut_ends_with_an_ellipsis(lettering: Lettering) -> None:
    assert lettering.fitted("word " * 60, Face.TEXT, 60, INK, 300).text.endswith("…")


def test_a_character_without_any_glyph_is_left_out() -> None:
    unassigned_everywhere = "\U000e0fff"
    assert typefaces().shapeable(f"a{unassigned_everywhere}b", Face.TEXT).text == "ab"


def test_text_that_nothing_can_show_becomes_a_dash(lettering: Lettering) -> None:
    assert lettering.line("", Face.TEXT, 40, INK).text == "–"


def test_arabic_is_drawn_by_its_own_typeface() -> None:
    assert "Noto Sans Arabic" in typefaces().shapeable("أخبار", Face.TEXT).families


def test_controls_direction_overrides_and_stacked_marks_do_not_reach_the_screen() -> None:
    assert on_screen("a\u202eb\x00c\nd\u200b") == "abc d"
    assert len(on_screen("e" + "\u0301" * 200)) <= 4


def test_long_text_is_capped() -> None:
    assert len(on_screen("x" * 10_000)) == 160


def test_numbers_are_written_for_people() -> None:
    assert [one_decimal(value) for value in (4.64, 12, 1204.5, 0)] == ["4.6", "12", "1,204.5", "0"]
    assert [posts(count) for count in (0, 1, 1000)] == ["0 posts", "1 post", "1,000 posts"]
    assert [length_of_time(seconds) for seconds in (86_400, 604_800, 3_600, 5_400)] == [
        "24 hours",
        "7 days",
        "1 hour",
        "90 minutes",
    ]
