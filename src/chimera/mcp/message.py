"""One JSON-RPC message as it arrives: read to the last digit, refused in JSON-RPC's own words; and who sent it.

Loads nothing of the SDK, which takes a second or more: a server is there sooner without it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chimera.contracts.exact_json import read_object
from chimera.core.errors import ValidationFailed
from chimera.runtime.operations.operation import AnyOperation
from chimera.security.permissions import Caller

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
ENVELOPE_BYTES_MAX = 8 * 1024
"""What a call has around its arguments: its method, the tool's name, what the client tells of itself."""


class NoMessage(Exception):
    """What arrived is no message; `code` is JSON-RPC's."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    @property
    def answer(self) -> dict[str, object]:
        """The JSON-RPC error, which belongs to no request."""
        return {"jsonrpc": "2.0", "id": None, "error": {"code": self.code, "message": self.reason}}

    @property
    def body(self) -> bytes:
        return json.dumps(self.answer).encode()


@dataclass(frozen=True, slots=True)
class Exchange:
    """Whose message it is, and the arguments as they were written where the SDK would have rounded their numbers."""

    caller: Caller
    request_id: UUID
    arguments: Mapping[str, Any] | None = None


def read_message(text: bytes) -> dict[str, object]:
    """The JSON object that a message is.

    Raises:
        NoMessage: no JSON, or ambiguous: a name given twice, half a character, an id that is none.
    """
    try:
        message = read_object(text)
    except ValidationFailed as failure:
        is_json = failure.__cause__ is None
        raise NoMessage(INVALID_REQUEST if is_json else PARSE_ERROR, failure.message) from failure
    if "id" in message and (isinstance(message["id"], bool) or not isinstance(message["id"], str | int)):
        raise NoMessage(INVALID_REQUEST, "id must be a string or a whole number")
    return message


def arguments_of(message: Mapping[str, object]) -> Mapping[str, Any] | None:
    """The arguments of a tool's call; None where there are none."""
    params = message.get("params")
    arguments = params.get("arguments") if isinstance(params, dict) else None
    return arguments if isinstance(arguments, dict) else None


def message_bytes_max(operations: tuple[AnyOperation, ...]) -> int:
    """How long a message may be: the longest body an operation takes, and what stands around it."""
    return max((operation.body_bytes_max for operation in operations), default=0) + ENVELOPE_BYTES_MAX
