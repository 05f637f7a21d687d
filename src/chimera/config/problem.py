"""What is wrong with a variable; collected, so that one refusal lists everything."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from chimera.contracts.error import Place, problems_of
from chimera.core.errors import ChimeraError, EngineUnavailable, ValidationFailed


@dataclass(frozen=True, slots=True)
class Problem:
    """`passing` problems are of a server that may answer later; the others a person must mend."""

    variable: str
    text: str
    passing: bool = False


class VariableRefused(Exception):
    """One variable can't be had; becomes a `Problem`, never leaves this package."""

    def __init__(self, text: str, *, passing: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.passing = passing


def refusal(problems: Sequence[Problem]) -> ChimeraError:
    """One failure with every problem in it, in the order of the variables' names."""
    ordered = sorted(problems, key=lambda problem: (problem.variable, problem.text))
    kind = EngineUnavailable if all(problem.passing for problem in ordered) else ValidationFailed
    return kind(
        "; ".join(f"{problem.variable}: {problem.text}" for problem in ordered),
        {"problems": [{"field": problem.variable, "problem": problem.text} for problem in ordered]},
    )


def _variable(place: Place) -> str:
    return str(place[0]).upper()


def problems_in(error: ValidationError, name: Callable[[Place], str] = _variable) -> list[Problem]:
    """What Pydantic found wrong, without the values."""
    return [Problem(name(place), text) for place, text in problems_of(error)]
