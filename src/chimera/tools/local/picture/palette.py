"""Colours: themes by tone and seed, and WCAG 2.2 contrast (relative luminance, section 1.4.3)."""

from dataclasses import dataclass

CAPTION_CONTRAST_MIN = 4.5


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as 0xAARRGGBB. `accent` is what rose, `second` its partner, `muted` what was expected."""

    name: str
    deep: int
    lift: int
    ink: int
    muted: int
    accent: int
    second: int
    on_accent: int
    caption_box: int
    caption_ink: int


_BOX, _WHITE = 0xFF0B0D12, 0xFFFFFFFF

_LIVELY = (
    Palette(
        "midnight", 0xFF0B1026, 0xFF1F2A63, 0xFFF5F7FF, 0xFF8E9BC9, 0xFFFFC83D, 0xFF5CE1E6, 0xFF1A1300, _BOX, _WHITE
    ),
    Palette(
        "orchard", 0xFF06231D, 0xFF0F5244, 0xFFF2FFF8, 0xFF86B8A8, 0xFFB8F55A, 0xFFFF9F6B, 0xFF0F1C00, _BOX, _WHITE
    ),
    Palette("ember", 0xFF240B14, 0xFF6A1B3A, 0xFFFFF4F2, 0xFFCB94A2, 0xFFFF8A5C, 0xFFFFD166, 0xFF260800, _BOX, _WHITE),
    Palette("ultra", 0xFF170A33, 0xFF4A22A0, 0xFFF8F4FF, 0xFFA994D9, 0xFFFF7AD9, 0xFF7CF5FF, 0xFF2B0021, _BOX, _WHITE),
    Palette("lagoon", 0xFF041C2C, 0xFF0A4F78, 0xFFF0FAFF, 0xFF85AFC7, 0xFF4DF0C0, 0xFFFFE066, 0xFF002018, _BOX, _WHITE),
    Palette("paper", 0xFFF3EEE2, 0xFFFFFBF2, 0xFF17181C, 0xFF716C60, 0xFFD9481C, 0xFF1F5FBF, 0xFFFFFFFF, _BOX, _WHITE),
    Palette(
        "mint paper", 0xFFE3F0EA, 0xFFF6FCF8, 0xFF10201B, 0xFF5C7069, 0xFF0B7A5B, 0xFFC2410C, 0xFFFFFFFF, _BOX, _WHITE
    ),
)
_QUIET = (
    Palette("slate", 0xFF10151C, 0xFF2A3644, 0xFFF2F5F8, 0xFF93A1B0, 0xFF9CC9F5, 0xFFE8D5A3, 0xFF081420, _BOX, _WHITE),
    Palette("dusk", 0xFF16141F, 0xFF383250, 0xFFF4F2FA, 0xFFA19BB8, 0xFFD6C3F7, 0xFFF2C6B1, 0xFF160F24, _BOX, _WHITE),
    Palette("stone", 0xFFEDEBE6, 0xFFFAF9F6, 0xFF1B1D20, 0xFF6C6A65, 0xFF2F5D7C, 0xFF8A5A2B, 0xFFFFFFFF, _BOX, _WHITE),
)
_QUIET_TONES = ("sombre", "serious", "respect", "solemn", "calm", "sober", "grave", "quiet")
PALETTES = _LIVELY + _QUIET


def palette_for(tone: str, seed: int) -> Palette:
    """The palette of this tone: quiet tones get quiet colours, the seed picks among them."""
    tone = tone.casefold()
    themes = _QUIET if any(word in tone for word in _QUIET_TONES) else _LIVELY
    return themes[seed % len(themes)]


def contrast(one: int, other: int) -> float:
    """WCAG contrast ratio of two opaque colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def caption_highlight(palette: Palette) -> tuple[int, int]:
    """Fill and ink of the word being spoken, readable on each other and both distinct from the caption box."""
    for fill in (palette.accent, palette.second):
        if contrast(fill, palette.caption_box) >= CAPTION_CONTRAST_MIN:
            return fill, palette.caption_box
    return palette.caption_ink, palette.caption_box


def faded(colour: int, opacity: float) -> int:
    """The same colour at this opacity, 0 to 1."""
    alpha = round((colour >> 24) * min(1.0, max(0.0, opacity)))
    return (alpha << 24) | (colour & 0xFFFFFF)


def blend(under: int, over: int, share: float) -> int:
    """The opaque mix of two colours, `share` of it the second."""
    mixed = 0xFF
    for shift in (16, 8, 0):
        low, high = (under >> shift) & 0xFF, (over >> shift) & 0xFF
        mixed = (mixed << 8) | round(low + (high - low) * share)
    return mixed


def _luminance(colour: int) -> float:
    channels = [((colour >> shift) & 0xFF) / 255 for shift in (16, 8, 0)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
