"""Whose name a command goes under."""

import pytest

from chimera.cli.person import person
from chimera.core.errors import ValidationFailed


def test_a_name_that_is_given_counts() -> None:
    assert person(" Ana Lima ") == "Ana Lima"


def test_otherwise_it_is_the_operating_systems_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "bea")
    assert person(None) == "bea"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "ana\x1b[2J", "ana\nbea"])
def test_a_name_that_could_not_be_read_back_is_refused(name: str) -> None:
    with pytest.raises(ValidationFailed, match="--as"):
        person(name)
