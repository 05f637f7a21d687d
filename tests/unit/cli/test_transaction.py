"""Which transaction a person means by the digits he types."""

from uuid import UUID

import pytest

from chimera.cli.transaction import transaction
from chimera.core.errors import Conflict, NotFound, ValidationFailed

FIRST = UUID("019c3267-1a2b-7c3d-8e4f-00a1b2c3d4e5")
SECOND = UUID("019c3267-1a2c-7c3d-8e4f-ffa1b2c3d4e6")


@pytest.mark.parametrize("text", [str(FIRST), FIRST.hex.upper(), f" {FIRST} "])
def test_a_whole_id_is_taken_as_it_is(text: str) -> None:
    assert transaction(text, (), among="the waiting ones") == FIRST


@pytest.mark.parametrize("text", ["c3d4e5", "00a1b2c3", "8e4f-00a1", "C3D4E5"])
def test_any_part_that_fits_one_only_will_do(text: str) -> None:
    assert transaction(text, (FIRST, SECOND), among="the waiting ones") == FIRST


def test_a_part_that_fits_several_is_refused_with_those_it_fits() -> None:
    with pytest.raises(Conflict, match="fits 2 of the waiting ones") as refused:
        transaction("019c3267", (FIRST, SECOND), among="the waiting ones")
    assert refused.value.details["fits"] == [str(FIRST), str(SECOND)]


def test_a_part_that_fits_none_is_not_found() -> None:
    with pytest.raises(NotFound, match="no transaction among the waiting ones"):
        transaction("abcdef", (FIRST,), among="the waiting ones")


@pytest.mark.parametrize("text", ["", "c3d4e", "zzzzzz", "c3d4e5\x1b[2J", "0" * 33])
def test_what_is_no_part_of_an_id_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed, match="hexadecimal digits"):
        transaction(text, (FIRST,), among="the waiting ones")
