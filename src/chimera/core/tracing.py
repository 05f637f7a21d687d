"""The request that is being answered, for whatever is done and logged on its way: its id and its place in a trace
(W3C Trace Context)."""

import os
import re
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from chimera.core.identity import RandomBytes

_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
)
_SAMPLED = 0x01


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a request stands in a trace: `trace_id` is its caller's if it told one, `span_id` our own."""

    trace_id: str
    span_id: str
    sampled: bool

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{_SAMPLED if self.sampled else 0:02x}"


@dataclass(frozen=True, slots=True)
class RequestScope:
    """One request of an outside caller."""

    request_id: UUID
    trace: Trace


current_request: ContextVar[RequestScope | None] = ContextVar("the request that is being answered", default=None)


def trace_of(traceparent: str, random_bytes: RandomBytes = os.urandom) -> Trace:
    """A span of ours in the caller's trace, or in a new one where the header is missing or malformed."""
    found = _TRACEPARENT.match(traceparent)
    span_id = random_bytes(8).hex()
    if found is None or not _is_known(found, traceparent):
        return Trace(random_bytes(16).hex(), span_id, sampled=False)
    return Trace(found["trace"], span_id, sampled=bool(int(found["flags"], 16) & _SAMPLED))


def _is_known(found: re.Match[str], text: str) -> bool:
    """Version 00 ends behind its flags, later ones may go on; ids of zeros only and version ff are none."""
    whole = found.end() == len(text) or (found["version"] != "00" and text[found.end()] == "-")
    return (
        whole
        and found["version"] != "ff"
        and any(c != "0" for c in found["trace"])
        and any(c != "0" for c in found["span"])
    )
