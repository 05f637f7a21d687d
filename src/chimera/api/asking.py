"""One operation asked over HTTP: the caller first, then path, query and body as one document, then the answer."""

import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self, Union, get_args, get_origin

from fastapi import Request
from fastapi.responses import Response

from chimera.api.bodies import object_of
from chimera.api.callers import caller_of_request
from chimera.api.guard import scope_of
from chimera.api.limits import fields_of
from chimera.api.requests import Requests
from chimera.contracts.contract import Contract
from chimera.contracts.exact_json import document_of, is_text
from chimera.core.errors import ValidationFailed
from chimera.runtime.operations.operation import AnyOperation, Call
from chimera.runtime.operations.tags import tag_of
from chimera.security.gate import Gate
from chimera.security.permissions import Caller

WAIT_SECONDS_MAX = 120.0
_IN_QUERY = frozenset({"GET", "DELETE"})
_SEVERAL = frozenset({tuple, list, set, frozenset})
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asking:
    """How one operation is asked. `several` are the names that may be given more than once in the query."""

    operation: AnyOperation
    gate: Gate
    in_query: bool
    several: frozenset[str]
    requests: Requests | None = None

    @classmethod
    def of(cls, operation: AnyOperation, gate: Gate, requests: Requests | None = None) -> Self:
        in_query = operation.method in _IN_QUERY
        asked = operation.asks if in_query else operation.terms
        several = frozenset() if asked is None else names_of_several(asked)
        return cls(operation, gate, in_query, several, requests)

    async def answer(self, request: Request, in_path: Mapping[str, str]) -> Response:
        """The operation's answer.

        Raises:
            Unauthenticated, RateLimited, Forbidden: the caller may not ask; the body was not read.
            ValidationFailed: what was asked is not as it should be.
            ChimeraError: the operation's own failures.
        """
        if self.requests is None:
            return await self._admitted(request, in_path, await caller_of_request(self.gate, request))
        caller = await self.requests.entrance.caller(self.gate, request)
        quota = await self.requests.entrance.take(self.operation, caller)
        answer = await self._admitted(request, in_path, caller)
        answer.headers.update(fields_of(quota))
        return answer

    async def _admitted(self, request: Request, in_path: Mapping[str, str], caller: Caller) -> Response:
        operation = self.operation
        operation.admit(caller)
        asked = await self._asked(request, in_path)
        call = Call(
            caller=caller,
            request_id=scope_of(request).request_id,
            terms=self._terms(request),
            if_match=request.headers.get("if-match"),
            wait_seconds=wait_seconds(request.headers.getlist("prefer")) if operation.accepted else None,
        )

        async def make(known: Call) -> Response:
            return self._response(request, await operation.run(known, asked), known)

        if operation.creates and self.requests is not None:
            return await self.requests.idempotency.answer(request, operation.name, call, asked, make)
        return await make(call)

    async def _asked(self, request: Request, in_path: Mapping[str, str]) -> Contract:
        if self.in_query:
            given = self._query(request)
        else:
            given = await object_of(request, self.operation.body_bytes_max)
        twice = given.keys() & in_path.keys()
        if twice:
            raise ValidationFailed(f"{', '.join(sorted(twice))}: is in the address already", {"fields": [*twice]})
        if in_path:
            given |= in_path
            _require_text(in_path.values())
        document: Contract = document_of(given, self.operation.asks, is_json=not self.in_query)
        return document

    def _terms(self, request: Request) -> Contract | None:
        if self.in_query:
            return None
        given = self._query(request)
        if self.operation.terms is not None:
            return document_of(given, self.operation.terms, is_json=False)
        if given:
            raise ValidationFailed(f"{', '.join(sorted(given))}: nothing is asked in the query here")
        return None

    def _query(self, request: Request) -> dict[str, object]:
        if not request.scope["query_string"]:
            return {}
        given: dict[str, object] = {}
        for name, value in request.query_params.multi_items():
            _require_text((name, value))
            if name in self.several:
                given[name] = (*given.get(name, ()), value)  # type: ignore[misc]
            elif name in given:
                raise ValidationFailed(f"{name}: is given twice", {"field": name})
            else:
                given[name] = value
        return given

    def _response(self, request: Request, answer: Contract, call: Call) -> Response:
        operation = self.operation
        if operation.status == 204:
            return Response(status_code=204)
        body = answer.model_dump_json().encode()
        headers = {"Cache-Control": "no-store"}
        status = operation.status
        if operation.accepted is not None:
            if call.wait_seconds is not None:
                headers["Preference-Applied"] = f"wait={call.wait_seconds:.0f}"
            if isinstance(answer, operation.accepted):
                status = 202
        if operation.tagged:
            headers = {"ETag": tag_of(body), "Cache-Control": "private, no-cache"}
            if request.method in {"GET", "HEAD"} and is_known(headers["ETag"], request.headers.get("if-none-match")):
                return Response(status_code=304, headers=headers)
        return Response(body, status, headers, "application/json")


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Whether the caller has this answer already (RFC 9110, section 13.1.2)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag in {
        shown.strip().removeprefix("W/") for shown in if_none_match.split(",")
    }


def wait_seconds(prefer: list[str]) -> float | None:
    """How long the caller would wait (RFC 7240, section 4.3), at most two minutes; None if it did not say."""
    found = _WAIT.search(",".join(prefer))
    return None if found is None else min(float(found[1]), WAIT_SECONDS_MAX)


def names_of_several(contract: type[Contract]) -> frozenset[str]:
    """The fields that hold several values."""
    return frozenset(name for name, asked in contract.model_fields.items() if _is_several(asked.annotation))


def _is_several(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _is_several(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return any(_is_several(part) for part in get_args(annotation))
    return (origin or annotation) in _SEVERAL


def _require_text(texts: Any) -> None:
    if not all(is_text(text) for text in texts):
        raise ValidationFailed("the address holds a character of number 0: leave it out")
