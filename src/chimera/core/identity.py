"""Identifiers: time-ordered ones (RFC 9562 UUIDv7) for new things, named ones (UUIDv5) for repeatable things."""

import os
from collections.abc import Callable
from uuid import UUID, uuid5

from chimera.core.clock import Clock

RandomBytes = Callable[[int], bytes]

_MILLISECONDS_MASK = (1 << 48) - 1
_VERSION_AND_VARIANT = 0x7 << 76 | 0x2 << 62
_FREE_BITS = (1 << 128) - 1 & ~(0xF << 76 | 0x3 << 62)


class StockedBytes:
    """Random bytes for one thread, drawn many at a time: each system call lets other threads have the interpreter, and
    waits to have it back."""

    def __init__(self, random_bytes: RandomBytes = os.urandom, drawn_bytes: int = 4096) -> None:
        self._random_bytes = random_bytes
        self._drawn_bytes = drawn_bytes
        self._stock = b""
        self._taken = 0

    def __call__(self, count: int) -> bytes:
        if self._taken + count > len(self._stock):
            self._stock, self._taken = self._random_bytes(max(count, self._drawn_bytes)), 0
        taken = self._stock[self._taken : self._taken + count]
        self._taken += count
        return taken


def new_id(clock: Clock, random_bytes: RandomBytes = os.urandom) -> UUID:
    """A UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    return UUID(bytes=time_ordered_bytes(int(clock.now().timestamp() * 1000), random_bytes(10)))


def time_ordered_bytes(milliseconds: int, ten_random_bytes: bytes) -> bytes:
    """The 16 bytes of a UUIDv7."""
    value = (milliseconds & _MILLISECONDS_MASK) << 80 | int.from_bytes(ten_random_bytes, "big")
    return (value & _FREE_BITS | _VERSION_AND_VARIANT).to_bytes(16, "big")


def step_request_id(content_id: UUID, step: str, attempt: int) -> UUID:
    """The id under which one attempt of one step of a content piece asks for anything: the same whenever repeated."""
    return uuid5(content_id, f"{step}/{attempt}")
