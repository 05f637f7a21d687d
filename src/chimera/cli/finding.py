"""What `chimera doctor` says about one thing, and how findings become a verdict (pure)."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class State(StrEnum):
    """`real`: the full thing; `local`: Chimera's own way of doing it on this machine; `missing`: not there."""

    REAL = "real"
    LOCAL = "local"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One looked-at thing; `remedy` is empty when there is nothing to mend."""

    name: str
    state: State
    detail: str
    remedy: str = ""
    needed: bool = True


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether everything that Chimera needs is there."""
    return not any(finding.needed and finding.state is State.MISSING for finding in findings)


def report(findings: Iterable[Finding]) -> dict[str, object]:
    """The document of `chimera doctor --json`."""
    listed = list(findings)
    return {"ok": is_well(listed), "findings": [asdict(finding) for finding in listed]}


def one_of(name: str, absent: list[str], detail: str, remedy: str) -> Finding:
    """Present as a whole or missing: `absent` names the parts that are not there."""
    if absent:
        return Finding(name, State.MISSING, f"not there: {', '.join(absent)}", remedy)
    return Finding(name, State.REAL, detail)
