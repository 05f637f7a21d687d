"""Colours: every theme reads well, and tone and seed choose among them."""

import pytest

from chimera.tools.local.picture.palette import (
    PALETTES,
    Palette,
    blend,
    caption_highlight,
    contrast,
    faded,
    palette_for,
)


def test_black_on_white_has_the_contrast_wcag_states() -> None:
    assert contrast(0xFF000000, 0xFFFFFFFF) == pytest.approx(21)
    assert contrast(0xFF777777, 0xFF777777) == pytest.approx(1)


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_words_read_well_on_both_ends_of_the_ground(palette: Palette) -> None:
    for ground in (palette.deep, palette.lift):
        assert contrast(palette.ink, ground) >= 7
        assert contrast(blend(palette.deep, palette.ink, 0.82), ground) >= 4.5
        assert contrast(palette.muted, ground) >= 3
        assert contrast(palette.second, ground) >= 3
        assert contrast(palette.accent, ground) >= 3
    assert contrast(palette.on_accent, palette.accent) >= 4.2


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_captions_read_well_whether_spoken_or_not(palette: Palette) -> None:
    fill, ink = caption_highlight(palette)
    assert contrast(ink, fill) >= 4.5
    assert contrast(palette.caption_ink, palette.caption_box) >= 7


def test_a_sombre_tone_gets_a_quiet_palette_and_seeds_differ() -> None:
    quiet = {palette_for("sombre", seed).name for seed in range(20)}
    lively = {palette_for("humorous", seed).name for seed in range(20)}
    assert not quiet & lively
    assert len(lively) >= 5


def test_fading_touches_only_opacity() -> None:
    assert faded(0xFF123456, 0.5) == 0x80123456
