"""Every operation as a route: its address, its caller, what was asked exactly, and its answer.

Stands in front of the application's own routes as plain ASGI, so that a decision costs the treasury's time and little
more; the failures it meets are `errors`'.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chimera.api.asking import Asking
from chimera.api.errors import MethodNotAllowed, render
from chimera.api.measuring import ROUTE
from chimera.api.requests import Requests
from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError
from chimera.runtime.operations.operation import AnyOperation
from chimera.security.gate import Gate

_FIELD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Address:
    """One path and what can be asked there, by method."""

    path: str
    by_method: dict[str, Asking] = field(default_factory=dict)

    def asking(self, method: str) -> Asking:
        """Raises:
        MethodNotAllowed: nothing is asked there in this way.
        """
        found = self.by_method.get("GET" if method == "HEAD" else method)
        if found is None:
            raise MethodNotAllowed(f"{method} is not possible here", {"allow": ", ".join(self.methods)})
        return found

    @property
    def methods(self) -> list[str]:
        return sorted({*self.by_method, *({"HEAD"} if "GET" in self.by_method else ())})


class Addresses:
    """All paths: those without fields by their text, the others by their pattern, in the catalogue's order."""

    def __init__(self, operations: Sequence[AnyOperation], gate: Gate, requests: Requests | None) -> None:
        self._plain: dict[str, Address] = {}
        self._patterns: list[tuple[re.Pattern[str], Address]] = []
        self.all: dict[str, Address] = {}
        for operation in operations:
            self._address(operation.path).by_method[operation.method] = Asking.of(operation, gate, requests)

    def _address(self, path: str) -> Address:
        if path in self.all:
            return self.all[path]
        address = self.all[path] = Address(path)
        if _FIELD.search(path):
            self._patterns.append((_pattern(path), address))
        else:
            self._plain[path] = address
        return address

    def find(self, path: str) -> tuple[Address, Mapping[str, str]] | None:
        """The address and the values of the fields in its path."""
        if (plain := self._plain.get(path)) is not None:
            return plain, {}
        for pattern, address in self._patterns:
            if (found := pattern.fullmatch(path)) is not None:
                return address, found.groupdict()
        return None


class OperationRoutes:
    """ASGI middleware: answers what is an operation, and leaves the rest to `app`."""

    def __init__(
        self,
        app: ASGIApp,
        operations: Sequence[AnyOperation],
        gate: Gate,
        clock: Clock,
        requests: Requests | None = None,
    ) -> None:
        self._app = app
        self._addresses = Addresses(operations, gate, requests)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._addresses.find(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope[ROUTE] = found[0].path
        answer = await self._answer(Request(scope, receive), *found)
        await answer(scope, receive, send)

    async def _answer(self, request: Request, address: Address, in_path: Mapping[str, str]) -> Response:
        try:
            return await address.asking(request.method).answer(request, in_path)
        except ChimeraError as failure:
            return render(request, failure, self._clock)


def _pattern(path: str) -> re.Pattern[str]:
    parts = _FIELD.split(path)
    named = [f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts)]
    return re.compile("".join(named))
