"""What the environment gives for each variable, and where each value comes from; asks no store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chimera.config.problem import Problem, VariableRefused
from chimera.config.references import AwsReference, Reference, VaultReference, reference_in
from chimera.config.variables import LIMIT_PREFIX, LIMIT_VARIABLES

FILE_SUFFIX = "_FILE"
FILE_OF_ITS_OWN = frozenset({"CFO_TOKEN"})
"""CFO_TOKEN_FILE is a variable of its own: what it names is written, too, whenever the token in it changes."""
FILE_BYTES_MAX = 64 * 1024


class Origin(StrEnum):
    """Where a value comes from."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    FILE = "file"
    VAULT = "vault"
    AWS_SM = "aws-sm"


@dataclass(frozen=True, slots=True)
class Given:
    """A variable's value as far as the environment and files tell it; `reference` says that a store has it."""

    origin: Origin
    text: str
    reference: Reference | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """Everything that was given, and everything wrong about how."""

    given: Mapping[str, Given]
    problems: tuple[Problem, ...]


def read_given(environment: Mapping[str, str], names: Iterable[str], secrets: frozenset[str]) -> Read:
    """What `environment` gives for `names`; an empty variable counts as unset."""
    found: dict[str, Given] = {}
    problems = _unknown_limits(environment)
    for name in names:
        try:
            given = _one(environment, name, secret=name in secrets)
        except VariableRefused as refused:
            problems.append(Problem(name, refused.text))
        else:
            if given is not None:
                found[name] = given
    return Read(found, tuple(problems))


def _one(environment: Mapping[str, str], name: str, *, secret: bool) -> Given | None:
    text = environment.get(name, "")
    if not secret:
        return Given(Origin.ENVIRONMENT, text) if text else None
    file = "" if name in FILE_OF_ITS_OWN else environment.get(name + FILE_SUFFIX, "")
    if text and file:
        raise VariableRefused(f"is set together with {name}{FILE_SUFFIX}: unset one of them")
    if file:
        return _told(_content(name, Path(file)), Origin.FILE, Path(file))
    return _told(text, Origin.ENVIRONMENT, None) if text else None


def _told(text: str, origin: Origin, file: Path | None) -> Given:
    reference = reference_in(text)
    if isinstance(reference, VaultReference):
        origin = Origin.VAULT
    elif isinstance(reference, AwsReference):
        origin = Origin.AWS_SM
    return Given(origin, text, reference, file)


def _content(name: str, file: Path) -> str:
    """The file's text without the line's end that editors put there."""
    try:
        with file.open("rb") as opened:
            content = opened.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no file's name"
        raise VariableRefused(f"{name}{FILE_SUFFIX} names {file}, which can't be read: {why}") from error
    try:
        text = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        text = ""  # the decoder's error would hold the content
    if not text.strip() or "\0" in text or len(content) > FILE_BYTES_MAX:
        raise VariableRefused(
            f"{name}{FILE_SUFFIX} names {file}, which is empty, no text, or over {FILE_BYTES_MAX} bytes"
        )
    return text


def _unknown_limits(environment: Mapping[str, str]) -> list[Problem]:
    """A misspelt limit would leave money without one."""
    return [
        Problem(
            name,
            f"is no limit: they are called {LIMIT_PREFIX}<PERIOD>_<CATEGORY>, such as "
            f"{next(iter(LIMIT_VARIABLES))}; a period's total is called DAILY_BUDGET_LIMIT and so on",
        )
        for name, text in environment.items()
        if name.startswith(LIMIT_PREFIX) and name not in LIMIT_VARIABLES and text
    ]
