"""Objectives as files: TOML or JSON, read strictly; what is wrong is told all at once, with its line."""

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chimera.contracts.contract import FROM_JSON
from chimera.contracts.error import Place, validation_failed
from chimera.contracts.objective import Objective
from chimera.core.errors import ValidationFailed

FILE_BYTES_MAX = 64 * 1024
_EXAMPLE = "objective_example.toml"
_FILE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".gz", ".json")


def example_text() -> str:
    """The shipped example, with a comment at each field."""
    return (files("chimera.agents.planner") / _EXAMPLE).read_text("utf-8")


def read_objective(path: Path) -> Objective:
    """The objective in the file; paths in it are meant from the file's folder, and are made whole.

    Raises:
        ValidationFailed: unreadable, neither TOML nor JSON, or wrong; every problem is named with its line and field.
    """
    text = _text(path)
    objective = parse_objective(text, is_json=path.suffix.lower() == ".json", name=path.name)
    folder = path.resolve().parent
    return objective.model_copy(
        update={
            "source": _whole(objective.source, folder),
            "personas": tuple(_whole(persona, folder) for persona in objective.personas),
        }
    )


def parse_objective(text: str, *, is_json: bool, name: str = "the objective") -> Objective:
    """The objective in the text.

    Raises:
        ValidationFailed: as `read_objective`.
    """
    values = _values(text, is_json=is_json, name=name)

    def place(found: Place) -> str:
        field = ".".join(str(part) for part in found)
        line = _line_of(text, found)
        return f"line {line}, {field}" if line else field

    try:
        return Objective.model_validate(values, context={FROM_JSON: True})
    except ValidationError as error:
        failure = validation_failed(error, place)
        raise ValidationFailed(f"{name}: {failure.message}. See `chimera studio example`", failure.details) from error


def _values(text: str, *, is_json: bool, name: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if is_json else tomllib.loads(text)
    except ValueError as error:
        raise ValidationFailed(f"{name} is not {'JSON' if is_json else 'TOML'}: {error}") from error
    if not isinstance(found, dict):
        raise ValidationFailed(f"{name} holds no fields: see `chimera studio example`")
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise ValidationFailed(f"{path.name} is larger than {FILE_BYTES_MAX} bytes: an objective is not")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValidationFailed(
            f"the objective {str(path)!r} can't be read ({error}): `chimera studio example > channel.toml` makes one",
            {"objective": str(path)},
        ) from error


def _line_of(text: str, place: Place) -> int | None:
    """The line in which the outermost field stands that the place names."""
    names = [part for part in place if isinstance(part, str)]
    for name in reversed(names):
        for number, line in enumerate(text.splitlines(), start=1):
            if re.match(rf'\s*\[?"?{re.escape(name)}"?\]?\s*([=:]|$)', line):
                return number
    return None


def _whole(named: str, folder: Path) -> str:
    """A file's path made whole; names of what is shipped stay as they are."""
    if not named.lower().endswith(_FILE_SUFFIXES):
        return named
    return str((folder / Path(named).expanduser()).resolve())
