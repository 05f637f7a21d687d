"""Structured logs on stderr: JSON where nobody watches, lines for people on a terminal."""

import logging
import os
import sys

import structlog

DEFAULT_LEVEL = "WARNING"


def configure_logs(level: str | None = None) -> None:
    """Set up structlog once a process; the level is CHIMERA_LOG_LEVEL's, or WARNING.

    Standard output stays free for data.
    """
    number = logging.getLevelNamesMapping().get((level or os.environ.get("CHIMERA_LOG_LEVEL") or DEFAULT_LEVEL).upper())
    watched = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Without the values of variables, which may hold a token or a key.
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
            if watched
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number if number is not None else logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
