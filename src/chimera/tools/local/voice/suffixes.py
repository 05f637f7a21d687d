"""Inflected and derived words from their stems: the sound of -s, -ed and -ing follows the stem's last sound. Pure."""

from collections.abc import Callable, Iterator

StemSounds = Callable[[str], str | None]

_VOICELESS = frozenset("ptkfθ")
_SIBILANTS = frozenset("szʃʒʧʤ")
_FLAPPED_AFTER = frozenset("AIOWYiuæɑəɛɪɹʊʌ")
_ENDINGS = {
    "ly": "li", "ness": "nəs", "less": "ləs", "ful": "fəl", "er": "əɹ", "ers": "əɹz", "est": "əst", "ish": "ɪʃ",
    "ment": "mənt", "able": "əbᵊl", "ist": "ɪst", "ists": "ɪsts", "ism": "ɪzəm", "ship": "ʃˌɪp", "like": "lˌIk",
    "wise": "wˌIz",
}  # fmt: skip
_PREFIXES = {
    "un": "ʌn", "re": "ɹi", "non": "nɑn", "pre": "pɹi", "anti": "ˌænti", "over": "ˌOvəɹ", "super": "sˌupəɹ",
    "co": "kˌO", "micro": "mˌIkɹO", "mega": "mˌɛɡə", "cyber": "sˌIbəɹ", "crypto": "kɹˌɪptO", "mis": "mɪs",
    "dis": "dɪs", "sub": "sˌʌb",
}  # fmt: skip


def plural(stem: str) -> str:
    """cat -> cats, dog -> dogs, watch -> watches."""
    if stem[-1] in _VOICELESS:
        return stem + "s"
    return stem + ("ᵻz" if stem[-1] in _SIBILANTS else "z")


def past(stem: str) -> str:
    """walk -> walked, call -> called, want -> wanted, wait -> waited with a flap."""
    if stem[-1] == "d":
        return stem + "ᵻd"
    if stem[-1] == "t":
        return stem[:-1] + "ɾᵻd" if stem[-2:-1] in _FLAPPED_AFTER else stem + "ᵻd"
    return stem + ("t" if stem[-1] in "pkfθʃsʧ" else "d")


def gerund(stem: str) -> str:
    if stem[-1] == "t" and stem[-2:-1] in _FLAPPED_AFTER:
        return stem[:-1] + "ɾɪŋ"
    return stem + "ɪŋ"


def inflected(word: str, stem_sounds: StemSounds) -> str | None:
    """The sounds of a lower-case word whose stem `stem_sounds` knows, otherwise None."""
    for stem, ending in _splits(word):
        if sounds := stem_sounds(stem):
            return ending(sounds)
    for prefix, prefix_sounds in _PREFIXES.items():
        rest = word.removeprefix(prefix)
        if rest != word and len(rest) > 3 and (sounds := stem_sounds(rest)):
            return prefix_sounds + sounds
    return None


def _splits(word: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Possible stems with the rule of their ending, most certain first."""
    if word.endswith("'s"):
        yield word[:-2], plural
    if word.endswith("s'"):
        yield word[:-1], str
        yield word[:-2], plural
    if word.endswith("'"):
        yield word[:-1], str
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        yield from ((stem, plural) for stem in _s_stems(word))
    if len(word) > 4 and word.endswith("ed"):
        yield from ((stem, past) for stem in _stems(word, "ed"))
    if len(word) > 5 and word.endswith("ing"):
        yield from ((stem, gerund) for stem in _stems(word, "ing"))
    for ending, sounds in _ENDINGS.items():
        if len(word) > len(ending) + 2 and word.endswith(ending):
            yield from ((stem, lambda heard, sounds=sounds: heard + sounds) for stem in _stems(word, ending))


def _s_stems(word: str) -> Iterator[str]:
    yield word[:-1]
    if word.endswith("ies"):
        yield word[:-3] + "y"
    elif word.endswith("es"):
        yield word[:-2]


def _stems(word: str, ending: str) -> Iterator[str]:
    """hope and hop from hoping and hopping, happy from happily."""
    bare = word[: -len(ending)]
    yield bare
    yield bare + "e"
    if bare.endswith("i"):
        yield bare[:-1] + "y"
    if len(bare) > 3 and bare[-1] == bare[-2]:
        yield bare[:-1]
