"""How a Range header is met (RFC 9110, section 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.api.media import RangeAnswer, range_answer

WHOLE, PART, UNSATISFIABLE = RangeAnswer.WHOLE, RangeAnswer.PART, RangeAnswer.UNSATISFIABLE


@pytest.mark.parametrize(
    ("header", "size_bytes", "answer"),
    [
        (None, 10, WHOLE),
        ("bytes=0-0", 10, PART),
        ("Bytes=3-", 10, PART),
        ("bytes=9-99", 10, PART),
        ("bytes=10-", 10, UNSATISFIABLE),
        ("bytes=-3", 10, PART),
        ("bytes=-99", 10, PART),
        ("bytes=-0", 10, UNSATISFIABLE),
        ("bytes=0-", 0, UNSATISFIABLE),
        ("bytes=-1", 0, UNSATISFIABLE),
        ("bytes=5-4", 10, WHOLE),
        ("bytes=0-1,3-4", 10, WHOLE),
        ("bytes=٣-", 10, WHOLE),
        ("bytes=" + "9" * 400 + "-", 10, WHOLE),
    ],
)
def test_one_range_is_met_and_anything_else_is_the_whole_file(
    header: str | None, size_bytes: int, answer: RangeAnswer
) -> None:
    assert range_answer(header, size_bytes) is answer


@given(st.text(max_size=40), st.integers(0, 1000))
def test_no_header_breaks_it(header: str, size_bytes: int) -> None:
    assert range_answer(header, size_bytes) in set(RangeAnswer)
    assert range_answer(f"bytes={header}", size_bytes) in set(RangeAnswer)
