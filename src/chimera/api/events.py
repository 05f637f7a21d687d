"""`GET /v1/events`: server-sent events that say which topic changed; what changed is read where it stands.

An event's id is the version of the change, the same in every process, so a stream goes on anywhere after its
`Last-Event-ID`. Nothing is queued for a reader: topics that changed while it did not read are told once when it does.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from chimera.api.callers import caller_of_request
from chimera.api.limits import Entrance
from chimera.core.errors import RateLimited, Unauthenticated
from chimera.runtime.events.topic_feed import TopicFeed
from chimera.runtime.operations.operation import Rate
from chimera.security.gate import Gate
from chimera.security.permissions import Caller, Permission

HEARTBEAT_SECONDS = 15.0
"""After so long without news a comment is sent, and the token is looked at again."""
RETRY_MS = 3_000
STREAMS_MAX = 500
STREAMS_PER_CALLER_MAX = 5
OPENING = Rate(per_second=1, burst=20)
_RIGHTS: Mapping[str, frozenset[Permission]] = MappingProxyType(
    {
        "content": frozenset({Permission.READ_CONTENT}),
        "tasks": frozenset({Permission.READ_CONTENT}),
        "approvals": frozenset({Permission.READ_LEDGER, Permission.READ_BUDGET}),
        "budgets": frozenset({Permission.READ_LEDGER, Permission.READ_BUDGET}),
        "halt": frozenset(Permission),
    }
)
"""Of which topics a caller hears: it has one of the rights to read there."""


class Streams:
    """The streams that are open here, counted."""

    def __init__(self) -> None:
        self._of: Counter[UUID] = Counter()

    def open(self, caller: UUID) -> None:
        """Raises:
        RateLimited: as many are open as may be.
        """
        if self._of[caller] >= STREAMS_PER_CALLER_MAX or self._of.total() >= STREAMS_MAX:
            raise RateLimited(
                f"too many streams are open, {STREAMS_PER_CALLER_MAX} a caller: close one, or share it",
                {"retry_after_seconds": round(HEARTBEAT_SECONDS)},
            )
        self._of[caller] += 1

    def close(self, caller: UUID) -> None:
        self._of[caller] -= 1
        if not self._of[caller]:
            del self._of[caller]


class _Stream(StreamingResponse):
    """Gives its place back however it ends."""

    def __init__(self, told: AsyncIterator[str], streams: Streams, caller: UUID) -> None:
        super().__init__(
            told, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        self._streams = streams
        self._caller = caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.close(self._caller)


def event_routes(
    feed: TopicFeed, gate: Gate, entrance: Entrance, heartbeat_seconds: float = HEARTBEAT_SECONDS
) -> APIRouter:
    """The stream, for callers that `gate` knows."""
    routes = APIRouter()
    streams = Streams()

    @routes.get("/v1/events")
    async def events(request: Request) -> StreamingResponse:
        caller = await entrance.caller(gate, request)
        await entrance.limits.take("events.stream", caller.id, OPENING)
        after = _after(request.headers.get("last-event-id"), feed.version)
        streams.open(caller.id)
        return _Stream(_told(feed, gate, request, caller, after, heartbeat_seconds), streams, caller.id)

    return routes


async def _told(
    feed: TopicFeed, gate: Gate, request: Request, caller: Caller, after: int, heartbeat_seconds: float
) -> AsyncIterator[str]:
    heard = frozenset(name for name, rights in _RIGHTS.items() if caller.rights & rights)
    yield f"retry: {RETRY_MS}\nid: {after}\n\n"
    while True:
        changed = await feed.changed(after, heartbeat_seconds)
        try:
            await caller_of_request(gate, request)
        except Unauthenticated:
            return
        for name, version in changed:
            after = version
            if name in heard:
                yield f"id: {version}\nevent: changed\ndata: {json.dumps({'topic': name})}\n\n"
        if not changed:
            yield ": nothing new\n\n"


def _after(last_event_id: str | None, newest: int) -> int:
    """The version to go on from: the newest for a new stream, and the beginning for an id that is none of ours, so
    that whoever was away for long is told every topic."""
    if last_event_id is None:
        return newest
    known = last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= 18
    return int(last_event_id) if known and int(last_event_id) <= newest else 0
