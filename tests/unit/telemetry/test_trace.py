"""Every carrier brings the request over unchanged, and whatever else it carries begins one anew."""

import os
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera.core.tracing import RequestScope, Trace, current_request, trace_of
from chimera.telemetry.trace import (
    CARRIED,
    outgoing_environment,
    outgoing_headers,
    outgoing_meta,
    taken_up,
    traced,
    with_trace,
)

REQUEST = UUID(int=1)


def some_scope() -> RequestScope:
    return RequestScope(REQUEST, trace_of("", os.urandom))


@given(st.uuids(), st.binary(min_size=16, max_size=16).filter(any), st.binary(min_size=8, max_size=8).filter(any))
def test_every_carrier_brings_the_request_and_its_trace_over(request_id: UUID, first: bytes, second: bytes) -> None:
    scope = RequestScope(request_id, Trace(first.hex(), second.hex(), sampled=True))
    carriers: list[Callable[[], object]] = [outgoing_meta, outgoing_environment, lambda: with_trace({})[CARRIED]]
    with traced(scope):
        for carrier in carriers:
            arrived = taken_up(carrier(), UUID(int=0))
            assert (arrived.request_id, arrived.trace.trace_id) == (request_id, scope.trace.trace_id)
            assert arrived.trace.sampled
            assert arrived.trace.span_id != scope.trace.span_id


_keys = st.sampled_from(["request_id", "traceparent", "TRACEPARENT", "CHIMERA_REQUEST_ID", "chimera/request_id", "x"])


@given(st.none() | st.text() | st.integers() | st.lists(st.text()) | st.dictionaries(_keys, st.text() | st.integers()))
def test_whatever_a_payload_carries_gives_a_request(carried: object) -> None:
    scope = taken_up(carried, REQUEST)
    assert isinstance(scope.request_id, UUID)
    assert len(scope.trace.trace_id) == 32


@pytest.mark.parametrize("carried", [None, "", {}, {"request_id": "no id"}, {"request_id": 7}, [1]])
def test_what_carries_none_is_a_request_of_its_own(carried: object) -> None:
    assert taken_up(carried, REQUEST).request_id == REQUEST


def test_a_payload_takes_the_request_at_hand_and_keeps_one_it_has() -> None:
    assert with_trace({"a": 1}) == {"a": 1}
    with traced(some_scope()):
        assert with_trace({"a": 1}) == {"a": 1, CARRIED: with_trace({})[CARRIED]}
        assert with_trace({CARRIED: "mine"}) == {CARRIED: "mine"}
    assert current_request.get() is None


def test_headers_name_the_request_and_nothing_without_one() -> None:
    assert outgoing_headers() == {}
    scope = some_scope()
    with traced(scope):
        assert outgoing_headers() == {"x-request-id": str(REQUEST), "traceparent": scope.trace.traceparent}
