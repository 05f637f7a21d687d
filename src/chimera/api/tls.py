"""HTTPS of our own: TLS 1.3 and nothing older, a certificate that stays fresh while we serve, HSTS on every answer."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from ipaddress import ip_address

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chimera.api.guard import host_of
from chimera.core.errors import ChimeraError, ValidationFailed
from chimera.security.certificates import Certificate

HSTS = "max-age=31536000"
LOOK_AGAIN = timedelta(hours=1)

Sleep = Callable[[float], Awaitable[None]]
_log = structlog.get_logger()


def ssl_context(certificate: Certificate) -> ssl.SSLContext:
    """A server's side of TLS 1.3 with this certificate.

    Raises:
        ValidationFailed: OpenSSL does not take the files.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    _load(context, certificate)
    return context


async def keep_fresh(
    context: ssl.SSLContext, read: Callable[[], Certificate], served: Certificate, *, sleep: Sleep = asyncio.sleep
) -> None:
    """Look once an hour, until cancelled, whether there is a newer certificate, and serve it to new connections."""
    while True:
        await sleep(LOOK_AGAIN.total_seconds())
        try:
            found = await asyncio.to_thread(read)
            if found != served:
                _load(context, found)
                served = found
        except ChimeraError as failure:
            _log.error("certificate_not_renewed", reason=failure.message, ends_at=served.ends_at.isoformat())


def with_hsts(app: ASGIApp) -> ASGIApp:
    """The application, telling browsers to come by HTTPS only; not under loopback's names, which others serve too."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_shared(host_of(Headers(scope=scope).get("host", ""))):
            await app(scope, receive, send)
            return

        async def send_strict(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Strict-Transport-Security"] = HSTS
            await send(message)

        await app(scope, receive, send_strict)

    return guarded


def _is_shared(host: str) -> bool:
    """RFC 6797, section 8.1.1: an address has no HSTS; `localhost` is every program's of the machine."""
    try:
        ip_address(host)
    except ValueError:
        return host in {"", "localhost"}
    return True


def _load(context: ssl.SSLContext, certificate: Certificate) -> None:
    try:
        context.load_cert_chain(certificate.chain_file, certificate.key_file)
    except (OSError, ssl.SSLError) as error:
        raise ValidationFailed(f"{certificate.chain_file} can't be served: OpenSSL does not take it") from error
