"""One question to the CFO's server: bounded in time, bytes and attempts; failures come back as what they were there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from httpx2 import AsyncClient, HTTPError, InvalidURL, Limits, Response, Timeout
from pydantic import ValidationError

from chimera.contracts.error import ErrorEnvelope
from chimera.core import errors
from chimera.core.errors import ChimeraError, EngineUnavailable, RateLimited, ValidationFailed
from chimera.telemetry.trace import outgoing_headers

ATTEMPTS_MAX = 4
CONNECT_SECONDS_MAX = 5.0
ANSWER_SECONDS_MAX = 20.0
CONNECTIONS_MAX = 32
ANSWER_BYTES_MAX = 1024 * 1024
FIRST_PAUSE_SECONDS = 0.2
RETRY_AFTER_SECONDS_MAX = 10.0
_GATEWAY_STATUSES = frozenset({502, 503, 504})

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked, and whose matter it is (see `TokenSource.token`); safe to ask again."""

    method: str
    path: str
    about: UUID | None
    body: bytes | None = None
    terms: Mapping[str, str] = field(default_factory=dict)


class TokenSource(Protocol):
    """Under which tokens is asked."""

    async def token(self, about: UUID | None) -> str:
        """The token of the agent whose matter this is: `about` is the agent, its request or its transaction."""
        ...

    async def refused(self, token: str) -> bool:
        """The token was not taken; whether there may be another one now."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class GivenToken:
    """One access token that is asked under as long as it counts."""

    text: str

    async def token(self, about: UUID | None) -> str:
        del about
        return self.text

    async def refused(self, token: str) -> bool:
        del token
        return False

    async def aclose(self) -> None:
        return


class _TryAgain(Exception):
    """No answer, or one that says to come back; `failure` is what the last attempt raises."""

    def __init__(self, failure: ChimeraError, pause_seconds: float | None = None) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.pause_seconds = pause_seconds


class Asking:
    """A client of one server; neither proxies nor redirects are followed, so the tokens stay there."""

    def __init__(
        self,
        url: str,
        tokens: TokenSource,
        *,
        plain_http_allowed: bool,
        sleep: Sleep = asyncio.sleep,
        attempts_max: int = ATTEMPTS_MAX,
        answer_seconds_max: float = ANSWER_SECONDS_MAX,
    ) -> None:
        self._url = server_url(url, plain_http_allowed=plain_http_allowed)
        self._tokens = tokens
        self._sleep = sleep
        self._attempts_max = attempts_max
        self._answer_seconds_max = answer_seconds_max
        self._client = AsyncClient(
            base_url=self._url,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Content-Type": "application/json",
            },
            timeout=Timeout(answer_seconds_max, connect=CONNECT_SECONDS_MAX),
            limits=Limits(max_connections=CONNECTIONS_MAX),
            follow_redirects=False,
            trust_env=False,
        )

    async def aclose(self) -> None:
        await self._tokens.aclose()
        await self._client.aclose()

    async def ask(self, call: Call) -> bytes:
        """The body of the answer.

        Raises:
            ChimeraError: what the server refused with.
            EngineUnavailable: no answer after several attempts; ask again with the same request id.
        """
        for attempt in range(self._attempts_max):
            try:
                return await self._once(call)
            except _TryAgain as again:
                if attempt == self._attempts_max - 1:
                    raise again.failure from again
                pause = FIRST_PAUSE_SECONDS * 2**attempt if again.pause_seconds is None else again.pause_seconds
                await self._sleep(pause)
        raise AssertionError("the last attempt answers or raises")

    async def _once(self, call: Call) -> bytes:
        token = await self._tokens.token(call.about)
        answer, body = await self._sent(call, token)
        if answer.status_code == HTTPStatus.UNAUTHORIZED and await self._tokens.refused(token):
            answer, body = await self._sent(call, await self._tokens.token(call.about))
        if answer.is_success:
            return body
        raise self._refused(answer, body)

    async def _sent(self, call: Call, token: str) -> tuple[Response, bytes]:
        try:
            async with (
                asyncio.timeout(self._answer_seconds_max),
                self._client.stream(
                    call.method,
                    call.path,
                    content=call.body,
                    params=dict(call.terms),
                    headers={**outgoing_headers(), **({"Authorization": f"Bearer {token}"} if token else {})},
                ) as answer,
            ):
                return answer, await _bounded(answer)
        except (HTTPError, TimeoutError) as error:
            raise _TryAgain(self._unreachable(type(error).__name__)) from error

    def _refused(self, answer: Response, body: bytes) -> Exception:
        failure = _failure_in(body)
        if failure is None:
            failure = self._unreachable(f"status {answer.status_code}")
            return _TryAgain(failure) if answer.status_code in _GATEWAY_STATUSES else failure
        if isinstance(failure, RateLimited):
            return _TryAgain(failure, _retry_after(answer))
        return _TryAgain(failure) if answer.status_code in _GATEWAY_STATUSES else failure

    def _unreachable(self, what: str) -> EngineUnavailable:
        return EngineUnavailable(
            f"the CFO at {self._url} does not answer ({what}), so nothing is approved here: check CFO_URL and that "
            "`chimera serve` runs there, then ask again with the same request_id",
            {"url": self._url},
        )


def server_url(url: str, *, plain_http_allowed: bool) -> str:
    """The url, if a token may be sent there.

    Raises:
        ValidationFailed: no http url, one with a password in it, or plain http to another machine.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        well_formed = parts.scheme in {"http", "https"} and bool(host) and parts.port != 0
    except (ValueError, InvalidURL):
        parts, host, well_formed = urlsplit(""), "", False
    if not well_formed or parts.username is not None or parts.query or parts.fragment:
        raise ValidationFailed("CFO_URL must be a url such as https://cfo.example.org, without a password or a query")
    if parts.scheme == "http" and not plain_http_allowed and not _is_loopback(host):
        raise ValidationFailed(
            f"CFO_URL: a token is not sent to {host} over plain http; use https, or set CFO_PLAIN_HTTP=allowed "
            "where the network itself is trusted",
            {"host": host},
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def _bounded(answer: Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise EngineUnavailable(f"the CFO's answer is over {ANSWER_BYTES_MAX} bytes: is CFO_URL the right one?")
    return bytes(body)


def _failure_in(body: bytes) -> ChimeraError | None:
    """The failure an envelope tells of, as the class it had on the other side."""
    try:
        told = ErrorEnvelope.model_validate_json(body).error
    except ValidationError:
        return None
    kind = _KINDS.get(told.code)
    return None if kind is None else kind(told.message, told.details)


def _retry_after(answer: Response) -> float | None:
    seconds = answer.headers.get("retry-after", "")
    return min(float(seconds), RETRY_AFTER_SECONDS_MAX) if seconds.isdecimal() else None


_KINDS: dict[str, type[ChimeraError]] = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ChimeraError) and "code" in vars(kind)
}
