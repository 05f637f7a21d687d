"""Structured logs on stderr: JSON where nobody watches, lines for people on a terminal; never a secret in them.

Every line carries the request id and the trace id of the work at hand. Libraries' own lines take the same way.
"""

import logging
import os
import sys
from collections.abc import Sequence

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from chimera.core.tracing import current_request
from chimera.telemetry.redaction import redact

DEFAULT_LEVEL = "WARNING"


def configure_logs(level: str | None = None) -> None:
    """Set up structlog and the standard library's logs once a process; the level is CHIMERA_LOG_LEVEL's, or WARNING.

    Standard output stays free for data.
    """
    name = (level or os.environ.get("CHIMERA_LOG_LEVEL") or DEFAULT_LEVEL).upper()
    number = logging.getLevelNamesMapping().get(name, logging.WARNING)
    structlog.configure(
        processors=[*_told(), *_rendered(watched=sys.stderr.isatty())],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(), *_told()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendered(watched=sys.stderr.isatty()),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)


def _told() -> Sequence[Processor]:
    return (
        structlog.contextvars.merge_contextvars,
        add_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )


def _rendered(*, watched: bool) -> Sequence[Processor]:
    """Exceptions become text without the values of variables, which may hold a token or a key."""
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if watched
        else structlog.processors.JSONRenderer()
    )
    return (structlog.processors.format_exc_info, redact, renderer)


def add_trace(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Name the request and the trace that the line belongs to."""
    del logger, method
    scope = current_request.get()
    if scope is not None:
        line.setdefault("request_id", str(scope.request_id))
        line.setdefault("trace_id", scope.trace.trace_id)
        line.setdefault("span_id", scope.trace.span_id)
    return line
