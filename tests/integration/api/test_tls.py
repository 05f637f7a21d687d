"""HTTPS as a client meets it: TLS 1.3 or nothing, verified against the home's authority, renewed while it is served."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from chimera.api.server import bind, serve
from chimera.api.tls import HSTS, keep_fresh, ssl_context, with_hsts
from chimera.core.background import beside
from chimera.core.clock import FixedClock
from chimera.core.errors import ValidationFailed
from chimera.security.certificates import LIFE, RENEW_BEFORE, Certificate, generated_certificate

NAMES = frozenset({"localhost", "127.0.0.1", "studio.example.org"})


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(scope["scheme"])(scope, receive, send)


@pytest.fixture
def certificate(tmp_path: Path, clock: FixedClock) -> Certificate:
    return generated_certificate(tmp_path / "keys", NAMES, clock.now())


@asynccontextmanager
async def served(context: ssl.SSLContext) -> AsyncIterator[int]:
    listener = bind("127.0.0.1", 0)
    port: int = listener.getsockname()[1]
    async with beside(serve(with_hsts(app), listener, context), "https"):
        yield port


def trusting(certificate: Certificate) -> ssl.SSLContext:
    """A client that trusts the home's authority; it looks at no times, since the tests' clock is not the machine's."""
    context = ssl.create_default_context(cafile=str(certificate.authority_file))
    context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


async def asked(port: int, context: ssl.SSLContext, name: str = "localhost") -> tuple[str, ssl.SSLObject]:
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
        writer.write(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode()
        wire: ssl.SSLObject = writer.get_extra_info("ssl_object")
        writer.close()
    return answer, wire


async def test_it_is_tls_1_3_verified_against_the_homes_authority(certificate: Certificate) -> None:
    async with served(ssl_context(certificate)) as port:
        for name in NAMES:
            answer, wire = await asked(port, trusting(certificate), name)
            assert answer.startswith("HTTP/1.1 200")
            assert answer.endswith("https")
            assert (wire.version(), wire.selected_alpn_protocol()) == ("TLSv1.3", "http/1.1")


async def test_older_versions_are_refused(certificate: Certificate) -> None:
    old = trusting(certificate)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with served(ssl_context(certificate)) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asked(port, old)


async def test_who_does_not_trust_the_authority_or_asks_for_another_name_is_warned(certificate: Certificate) -> None:
    async with served(ssl_context(certificate)) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asked(port, ssl.create_default_context())
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            await asked(port, trusting(certificate), "other.example.org")


async def test_plain_http_gets_no_answer(certificate: Certificate) -> None:
    async with served(ssl_context(certificate)) as port, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/" not in await reader.read()
        writer.close()


async def test_browsers_are_told_to_stay_with_https_except_under_names_that_others_share(
    certificate: Certificate,
) -> None:
    header = f"strict-transport-security: {HSTS}"
    async with served(ssl_context(certificate)) as port:
        found = {name: header in (await asked(port, trusting(certificate), name))[0].lower() for name in NAMES}
    assert found == {"studio.example.org": True, "localhost": False, "127.0.0.1": False}


async def test_a_newer_certificate_is_served_without_a_new_start(
    certificate: Certificate, clock: FixedClock, tmp_path: Path
) -> None:
    turns: asyncio.Queue[None] = asyncio.Queue()
    looked = asyncio.Event()

    async def sleep(seconds: float) -> None:
        if turns.empty():
            looked.set()
        await turns.get()

    def read() -> Certificate:
        return generated_certificate(tmp_path / "keys", NAMES, clock.now())

    def serial(wire: ssl.SSLObject) -> int:
        return x509.load_der_x509_certificate(wire.getpeercert(binary_form=True) or b"").serial_number

    context = ssl_context(certificate)
    async with served(context) as port, beside(keep_fresh(context, read, certificate, sleep=sleep), "fresh"):
        first = serial((await asked(port, trusting(certificate)))[1])
        clock.advance(LIFE - RENEW_BEFORE)
        await looked.wait()
        looked.clear()
        turns.put_nowait(None)
        async with asyncio.timeout(20):
            await looked.wait()
        assert serial((await asked(port, trusting(certificate)))[1]) != first


async def test_a_certificate_that_can_not_be_renewed_goes_on_being_served(certificate: Certificate) -> None:
    turns: asyncio.Queue[None] = asyncio.Queue()
    looked = asyncio.Event()

    async def sleep(seconds: float) -> None:
        if turns.empty():
            looked.set()
        await turns.get()

    def read() -> Certificate:
        raise ValidationFailed("the file is gone")

    context = ssl_context(certificate)
    async with served(context) as port, beside(keep_fresh(context, read, certificate, sleep=sleep), "fresh"):
        turns.put_nowait(None)
        async with asyncio.timeout(20):
            await looked.wait()
        assert (await asked(port, trusting(certificate)))[0].startswith("HTTP/1.1 200")
