"""The queue's message is the specification's and nothing else."""

import contextlib
import json
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.core.vocabulary import Priority, Role
from chimera.runtime.dispatch.hints import Hint, MalformedHint, hint_message, read_hint, read_lines
from chimera.runtime.dispatch.letters import readable

_ID = UUID("018f0000-0000-7000-8000-000000000001")
_SPECIFIED = '{"task_id": "018f0000-0000-7000-8000-000000000001", "agent_role": "scout"}'


def test_a_hint_is_spelled_as_in_the_specification() -> None:
    assert hint_message(_ID, Role.SCOUT) == _SPECIFIED


@pytest.mark.parametrize("role", Role)
def test_what_is_written_is_read(role: Role) -> None:
    task_id = uuid4()
    assert read_hint(hint_message(task_id, role).encode(), Priority.LOW) == Hint(str(task_id), role, Priority.LOW)


@pytest.mark.parametrize(
    "message",
    [
        '{"task_id":"018f0000-0000-7000-8000-000000000001","agent_role":"scout"}',
        '{"agent_role": "scout", "task_id": "018f0000-0000-7000-8000-000000000001"}',
        '\n{ "task_id" : "018F0000-0000-7000-8000-000000000001",\t"agent_role" : "\\u0073cout" }\n',
    ],
)
def test_any_spelling_in_json_is_the_same_hint(message: str) -> None:
    assert read_hint(message.encode(), Priority.HIGH) == Hint(str(_ID), Role.SCOUT, Priority.HIGH)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "Invalid JSON"),
        (b"scout", "Invalid JSON"),
        (b"\x80\x02}q\x00.", "Invalid JSON"),
        (b"[]", "should be an object"),
        (b'{"task_id": "018f0000-0000-7000-8000-000000000001"}', "agent_role: Field required"),
        (b'{"task_id": 7, "agent_role": "scout"}', "task_id"),
        (b'{"task_id": "seven", "agent_role": "scout"}', "task_id"),
        (_SPECIFIED.replace("scout", "poet").encode(), "agent_role"),
        (_SPECIFIED.replace("}", ', "run": "rm"}').encode(), "run: Extra inputs are not permitted"),
        (_SPECIFIED.replace("{", "{" + " " * 2_000).encode(), "longer than 1024 bytes"),
    ],
)
def test_anything_else_is_refused_with_the_reason(message: bytes, reason: str) -> None:
    with pytest.raises(MalformedHint, match=reason):
        read_hint(message, Priority.NORMAL)


@given(st.binary(max_size=2_000) | st.text(max_size=500).map(str.encode))
def test_no_bytes_break_the_reader_and_all_can_be_kept(message: bytes) -> None:
    with contextlib.suppress(MalformedHint):
        read_hint(message, Priority.NORMAL)
    assert "\x00" not in readable(message)
    assert readable(message).encode() is not None


def test_lines_are_read_as_the_contract_reads_each() -> None:
    messages = [
        json.dumps({"task_id": text, "agent_role": role}).encode()
        for role in Role
        for text in (str(uuid4()), str(uuid4()).upper())
    ]
    together = read_lines(b"\n".join(messages), len(messages), Priority.LOW)
    assert together == [read_hint(message, Priority.LOW) for message in messages]


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        _SPECIFIED.encode() + b" ",
        _SPECIFIED.encode() + b"\r",
        _SPECIFIED.encode() * 2,
        _SPECIFIED.replace("scout", "poet").encode(),
        _SPECIFIED.replace("scout", "SCOUT").encode(),
        _SPECIFIED.replace("0", "٠").encode(),
        b"\xff" + _SPECIFIED.encode(),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_unusual_line_leaves_all_of_them_to_the_contract(odd: bytes, place: int) -> None:
    lines = [_SPECIFIED.encode(), _SPECIFIED.encode()]
    lines.insert(place, odd)
    assert read_lines(b"\n".join(lines), len(lines), Priority.LOW) is None


@given(st.lists(st.binary(max_size=60).filter(lambda line: b"\n" not in line), min_size=1, max_size=4))
def test_lines_never_hold_a_hint_that_the_contract_refuses(messages: list[bytes]) -> None:
    lines = [_SPECIFIED.encode(), *messages]
    assert read_lines(b"\n".join(lines), len(lines), Priority.LOW) is None
