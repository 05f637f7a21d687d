"""The persona's `avoid` list as a filter: a sentence that holds an avoided term is not said."""

import re

_GAP = r"[\s-]+"


class AvoidedTerms:
    """Terms matched as whole words, whatever their case and spacing."""

    def __init__(self, terms: tuple[str, ...]) -> None:
        self._patterns = [(term, _pattern(term)) for term in terms if term.strip()]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def found_in(self, text: str) -> str | None:
        """The earliest listed term that `text` holds."""
        return next((term for term, pattern in self._patterns if pattern.search(text)), None)


def _pattern(term: str) -> re.Pattern[str]:
    words = [re.escape(word) for word in re.split(_GAP, term.strip())]
    return re.compile(r"(?<!\w)" + _GAP.join(words) + r"(?!\w)", re.IGNORECASE)
