"""Identifiers: time-ordered ones (RFC 9562 UUIDv7) for new things, named ones (UUIDv5) for repeatable things."""

import os
from collections.abc import Callable
from uuid import UUID, uuid5

from chimera.core.clock import Clock

RandomBytes = Callable[[int], bytes]


def new_id(clock: Clock, random_bytes: RandomBytes = os.urandom) -> UUID:
    """A UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = int(clock.now().timestamp() * 1000)
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(random_bytes(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def step_request_id(content_id: UUID, step: str, attempt: int) -> UUID:
    """The id under which one attempt of one step of a content piece asks for anything: the same whenever repeated."""
    return uuid5(content_id, f"{step}/{attempt}")
