"""The typefaces: open fonts (SIL OFL 1.1) from their PyPI packages, and what to fall back to for other scripts."""

import threading
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, distribution

import skia  # type: ignore[import-not-found]

from chimera.core.errors import EngineUnavailable

_MISSING_FAMILIES_MAX = 64


class Face(StrEnum):
    """The roles type plays. Each is one static weight of a family."""

    TEXT = "Text"
    STRONG = "Strong"
    BLACK = "Black"
    CONDENSED = "Condensed"
    ROUND = "Round"


_FILES: dict[str, tuple[str, str]] = {
    Face.TEXT: ("fontpkg-barlow", "fontpkg_barlow/files/Barlow-Medium.ttf"),
    Face.STRONG: ("fontpkg-barlow", "fontpkg_barlow/files/Barlow-Bold.ttf"),
    Face.BLACK: ("fontpkg-barlow", "fontpkg_barlow/files/Barlow-Black.ttf"),
    Face.CONDENSED: ("fontpkg-barlow-condensed", "fontpkg_barlow_condensed/files/BarlowCondensed-ExtraBold.ttf"),
    Face.ROUND: ("fontpkg-poppins", "fontpkg_poppins/files/Poppins-ExtraBold.ttf"),
    "Noto Sans": ("fontpkg-noto-sans", "fontpkg_noto_sans/files/NotoSans[wdth,wght].ttf"),
    "Noto Sans Arabic": ("fontpkg-noto-sans-arabic", "fontpkg_noto_sans_arabic/files/NotoSansArabic[wdth,wght].ttf"),
}
_FALLBACKS = ("Noto Sans", "Noto Sans Arabic")


@dataclass(frozen=True, slots=True)
class Shapeable:
    """Text of which every character has a glyph, and the families to draw it with, in order."""

    text: str
    families: tuple[str, ...]


class Typefaces:
    """All faces, registered with one shaper. A character no face here and none of the system's has is left out."""

    def __init__(self) -> None:
        self._provider = skia.textlayout.TypefaceFontProvider()
        self._faces = {name: _load(*file) for name, file in _FILES.items()}
        for name, face in self._faces.items():
            self._provider.registerTypeface(face, str(name))
        self._system: skia.FontMgr | None = None
        self._for_character: dict[str, str | None] = {}
        self.collection = skia.textlayout.FontCollection()
        self.collection.setDefaultFontManager(self._provider)
        self.unicode = skia.Unicodes.ICU.Make()

    def shapeable(self, text: str, face: Face) -> Shapeable:
        """What of `text` can be drawn, never with the box that stands for a missing glyph."""
        extra: dict[str, None] = {}
        kept = []
        for character in text:
            family = self._family(character, face)
            if family is not None:
                kept.append(character)
                extra[family] = None
        others = tuple(name for name in extra if name != face)
        return Shapeable(" ".join("".join(kept).split()), (str(face), *others))

    def _family(self, character: str, face: Face) -> str | None:
        for name in (face, *_FALLBACKS):
            if self._faces[name].unicharToGlyph(ord(character)):
                return str(name)
        if character not in self._for_character:
            self._for_character[character] = self._from_system(character)
        return self._for_character[character]

    def _from_system(self, character: str) -> str | None:
        if len(self._faces) >= _MISSING_FAMILIES_MAX:
            return None
        if self._system is None:
            self._system = skia.FontMgr()  # only now: it reads the machine's font configuration, and may complain of it
        face = self._system.matchFamilyStyleCharacter("", skia.FontStyle.Bold(), [], ord(character))
        if face is None or not face.unicharToGlyph(ord(character)):
            return None
        name = f"system {face.getFamilyName()}"
        if name not in self._faces:
            self._faces[name] = face
            self._provider.registerTypeface(face, name)
        return name


def _load(package: str, file: str) -> skia.Typeface:
    try:
        path = distribution(package).locate_file(file)
    except PackageNotFoundError as absent:
        raise EngineUnavailable(f"the font package {package} is not installed: run `make setup`") from absent
    face = skia.FontMgr.New_Custom_Empty().makeFromFile(str(path))  # the default one would read fontconfig
    if face is None:
        raise EngineUnavailable(f"the font package {package} is damaged: install it again with `make setup`")
    return face


_loaded = threading.local()


def typefaces() -> Typefaces:
    """This thread's typefaces, loaded once."""
    if not hasattr(_loaded, "typefaces"):
        _loaded.typefaces = Typefaces()
    loaded: Typefaces = _loaded.typefaces
    return loaded
