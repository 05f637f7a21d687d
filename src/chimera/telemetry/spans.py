"""OpenTelemetry spans around the hops of a request, in the trace that `core/tracing.py` names.

Only OpenTelemetry's interface is needed, which does nothing by itself. With the extra `otel` installed and
OTEL_EXPORTER_OTLP_ENDPOINT set, `export_spans` sends them to a collector; OpenTelemetry's own variables do the rest.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from chimera.core.tracing import current_request

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_TRACER = "chimera"
_log = structlog.get_logger(__name__)


@contextmanager
def span(name: str, **attributes: str) -> Iterator[None]:
    """A span of the request at hand; what is raised in it is noted on it and goes on."""
    with trace.get_tracer(_TRACER).start_as_current_span(name, context=_parent(), attributes=attributes):
        yield


def export_spans(environment: Mapping[str, str] = os.environ) -> bool:
    """Send spans where the environment says, if the extra is installed; answers whether they are."""
    if not environment.get(ENDPOINT):
        return False
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        _log.warning("spans_not_exported", problem=f"{ENDPOINT} is set, but the extra `otel` is not installed")
        return False
    from importlib import import_module

    sdk = import_module("opentelemetry.sdk.trace")
    batches = import_module("opentelemetry.sdk.trace.export")
    exporter = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    provider = sdk.TracerProvider()
    provider.add_span_processor(batches.BatchSpanProcessor(exporter.OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True


def _parent() -> Context | None:
    """The span at hand, or the caller's where none of ours has begun."""
    scope = current_request.get()
    if scope is None or trace.get_current_span().get_span_context().is_valid:
        return None
    flags = TraceFlags(TraceFlags.SAMPLED if scope.trace.sampled else TraceFlags.DEFAULT)
    caller = SpanContext(int(scope.trace.trace_id, 16), int(scope.trace.span_id, 16), is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(NonRecordingSpan(caller))
