"""Whose name a command goes under."""

import pytest

from chimera.cli.person import person
from chimera.core.errors import ValidationFailed


def test_a_name_that_is_given_counts() -> None:
    assert person(" Ana Lima ") == "Ana Lima"


def test_otherwise_it_is_the_operating_systems_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "bea")
    assert person(None) == "bea"


def test_an_agents_id_counts_in_its_usual_form_so_that_it_is_known_again() -> None:
    assert person("019C3267-1A2B-7C3D-8E4F-00A1B2C3D4E5") == "019c3267-1a2b-7c3d-8e4f-00a1b2c3d4e5"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "ana\x1b[2J", "ana\nbea"])
def test_a_name_that_could_not_be_read_back_is_refused(name: str) -> None:
    with pytest.raises(ValidationFailed, match="--as"):
        person(name)
