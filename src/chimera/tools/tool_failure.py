"""A tool's error body (specification section 8) back as the failure it stands for. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from chimera.core.errors import Cancelled, ChimeraError, ToolFailed


def failure_of(error: Mapping[str, Any]) -> ChimeraError:
    """The ChimeraError of this code; an unknown code is a ToolFailed that keeps it in its details.

    So is a tool's CANCELLED: its job ended with its process, while Cancelled is a person's word about a piece.
    """
    code, message, details = str(error.get("code")), str(error.get("message")), error.get("details")
    known = details if isinstance(details, dict) else {}
    kind = _kinds().get(code)
    if kind is None or kind is Cancelled:
        return ToolFailed(message, {**known, "tool_code": code})
    return kind(message, known)


def is_lost(failure: ChimeraError) -> bool:
    """Whether the job vanished with its process, so that a new attempt may run."""
    return isinstance(failure, ToolFailed) and failure.details.get("lost") is True


def died_alone(failure: ChimeraError) -> bool:
    """Whether a lost job's process died while the server that had started it lived: nothing else took it along."""
    return is_lost(failure) and failure.details.get("alone") is True


def _kinds() -> dict[str, type[ChimeraError]]:
    return {kind.code: kind for kind in _tree(ChimeraError) if "code" in vars(kind)}


def _tree(kind: type[ChimeraError]) -> Iterator[type[ChimeraError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)
