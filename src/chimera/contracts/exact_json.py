"""JSON in and out to the last digit: numbers become decimals, never binary fractions; what is ambiguous is refused."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import to_json

from chimera.contracts.contract import FROM_JSON, Contract
from chimera.contracts.error import validation_failed
from chimera.core.errors import ValidationFailed

_Document = TypeVar("_Document", bound=Contract)
_NO_TEXT_ESCAPED = re.compile(rb"\\u(0000|[dD][89a-fA-F])")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def read_json(text: bytes, contract: type[_Document]) -> _Document:
    """The document in `text` (UTF-8).

    Raises:
        ValidationFailed: no JSON object, a name given twice, NaN or Infinity, or not what the contract asks for.
    """
    return document_of(read_object(text), contract)


def read_object(text: bytes) -> dict[str, object]:
    """The JSON object in `text` (UTF-8), its numbers exact.

    Raises:
        ValidationFailed: no JSON object, a name given twice, NaN or Infinity, or a character that no text can hold.
    """
    try:
        document = json.loads(
            text.decode(), parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_one_of_each
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ValidationFailed(f"the document is no JSON: {_reason(error)}") from error
    if not isinstance(document, dict):
        raise ValidationFailed("the document must be a JSON object")
    if _NO_TEXT_ESCAPED.search(text) and not _is_text(document):
        raise ValidationFailed("the document holds half a character, or the character of number 0: leave it out")
    return document


def document_of(given: Mapping[str, object], contract: type[_Document], *, is_json: bool = True) -> _Document:
    """The contract's document of what was given; a number in quotes is one only where it was no JSON.

    Raises:
        ValidationFailed: not what the contract asks for.
    """
    try:
        return contract.model_validate(given, context={FROM_JSON: is_json})
    except ValidationError as error:
        raise validation_failed(error) from error


def write_json(document: Contract) -> bytes:
    """A flat document as JSON, its decimals with every digit they have."""
    fields = (to_json(name) + b":" + _written(value) for name, value in document.model_dump().items())
    return b"{" + b",".join(fields) + b"}"


def is_text(text: str) -> bool:
    """Whether UTF-8 and PostgreSQL can hold it: no lone surrogate, no NUL."""
    return _NO_TEXT.search(text) is None


def _is_text(document: object) -> bool:
    """Whether every text in the document is one."""
    left: list[object] = [document]
    while left:
        found = left.pop()
        if isinstance(found, str) and not is_text(found):
            return False
        if isinstance(found, dict):
            left += [*found.keys(), *found.values()]
        elif isinstance(found, list):
            left += found
    return True


def _written(value: object) -> bytes:
    return f"{value:f}".encode() if isinstance(value, Decimal) else to_json(value)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _one_of_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name is given twice")
    return document


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error) if isinstance(error, ValueError) else "a number is too large"
