"""Spans stand in the request's own trace, and nothing happens without the extra."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, Tracer, TracerProvider

from chimera.core.tracing import RequestScope, trace_of
from chimera.telemetry.spans import ENDPOINT, export_spans, span
from chimera.telemetry.trace import traced


class Recording(TracerProvider, Tracer):
    """Notes what was begun: name, attributes, trace, parent."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, dict[str, str], int, int]] = []

    def get_tracer(self, *_arguments: Any, **_named: Any) -> Tracer:
        return self

    def start_span(self, name: str, context: Any = None, *_rest: Any, attributes: Any = None, **_named: Any) -> Span:
        parent = trace.get_current_span(context).get_span_context()
        self.begun.append((name, dict(attributes or {}), parent.trace_id, parent.span_id))
        own = SpanContext(parent.trace_id or 1, len(self.begun), is_remote=False, trace_flags=TraceFlags(1))
        return NonRecordingSpan(own)

    @contextmanager
    def start_as_current_span(self, name: str, context: Any = None, *_rest: Any, **named: Any) -> Iterator[Span]:  # type: ignore[override]
        with trace.use_span(self.start_span(name, context, attributes=named.get("attributes"))) as begun:
            yield begun


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> Recording:
    provider = Recording()
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return provider


def test_the_first_span_is_the_callers_child_and_the_next_one_ours(recording: Recording) -> None:
    scope = RequestScope(UUID(int=1), trace_of("00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"))
    with traced(scope), span("outer", role="scout"), span("inner"):
        pass
    (outer, inner) = recording.begun
    assert outer == ("outer", {"role": "scout"}, int("ab" * 16, 16), int(scope.trace.span_id, 16))
    assert (inner[0], inner[2], inner[3]) == ("inner", int("ab" * 16, 16), 1)


def test_a_span_without_a_request_has_no_parent(recording: Recording) -> None:
    with span("alone"):
        pass
    assert recording.begun == [("alone", {}, 0, 0)]


def test_what_is_raised_in_a_span_goes_on() -> None:
    with pytest.raises(OSError, match="lost"), span("failing"):
        raise OSError("lost")


def test_nothing_is_sent_where_nobody_asked_for_it() -> None:
    assert not export_spans({})


def test_an_endpoint_without_the_extra_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("opentelemetry")
    if export_spans({ENDPOINT: "http://127.0.0.1:9"}):
        pytest.skip("the extra is installed")
