"""Where nobody outside may send us: attacks by URL, by name and by answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from chimera.security.outbound import Outbound, OutboundFailed, OutboundRefused

PUBLIC = "93.184.215.14"


def knowing(*addresses: str) -> Outbound:
    """One that resolves every name to these addresses."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return Outbound(resolve)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "//example.org/",
        "https://127.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/",
        "https://0x7f.1/", "https://0/", "https://example.0x1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/", "https://[::]/", "https://[fe80::1%25eth0]/", "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/", "https://[::127.0.0.1]/", "https://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/", "https://100.100.100.200/", "https://10.0.0.1/", "https://192.168.0.1/",
        "https://172.16.0.1/", "https://0.0.0.0/", "https://224.0.0.1/", "https://255.255.255.255/",
        "https://user@example.org/", "https://example.org@127.0.0.1/", "https://a:b@example.org/",
        "https://example.org\\@127.0.0.1/", "https://example.org/\r\nHost: x", "https://exam ple.org/",
        "https://example.org:22/", "https://example.org:6379/", "https://example.org:0/", "https://example.org:x/",
        "https://example.org:99999/", "https://example.org/#x", "https://ⓔxample.org/", "https:///", "https://",
        "https://example..org/", "https://" + "a" * 64 + ".org/", "https://example.org/" + "a" * 2_000, "",
    ],
)  # fmt: skip
async def test_a_url_that_leads_inside_or_can_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(OutboundRefused):
        await knowing(PUBLIC).target(url)


@pytest.mark.parametrize(
    "inside", ["127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "::ffff:10.0.0.1", "fe80::1%eth0", "not an address"]
)
async def test_one_inside_address_among_public_ones_refuses_the_name(inside: str) -> None:
    with pytest.raises(OutboundRefused):
        await knowing(PUBLIC, inside).target("https://example.org/")


async def test_a_name_without_an_address_is_refused() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    for outbound in (knowing(), Outbound(unknown)):
        with pytest.raises(OutboundRefused):
            await outbound.target("https://example.org/")


async def test_a_public_host_is_asked_at_the_address_that_was_looked_at() -> None:
    target = await knowing(PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c").target("https://Example.org.:8443/a?b=c")
    assert (target.url, target.authority) == (f"https://{PUBLIC}:8443/a?b=c", "example.org:8443")


class Server:
    """Answers everything with `answer`, and keeps what it was asked."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.asked = answer, list[bytes]()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest.fixture
def server() -> Server:
    return Server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture
async def port(server: Server) -> AsyncIterator[int]:
    listening = await asyncio.start_server(server.meet, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()


class Rebinding:
    """Answers with one address the first time and with another from then on."""

    def __init__(self, first: str, then: str) -> None:
        self.first, self.then, self.asked = first, then, 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        del host, port
        self.asked += 1
        return [self.first if self.asked == 1 else self.then]


async def test_a_name_is_resolved_once_and_asked_there_under_its_name(server: Server, port: int) -> None:
    resolver = Rebinding("127.0.0.1", "192.0.2.1")
    outbound = Outbound(resolver, loopback_allowed=True)
    answer = await outbound.request("POST", f"http://hooks.example:{port}/x", body=b"{}")
    assert (answer.status, answer.body, resolver.asked) == (200, b"ok", 1)
    assert f"host: hooks.example:{port}".encode() in server.asked[0].lower()


async def test_a_name_that_turns_inside_after_it_was_public_reaches_nothing(server: Server, port: int) -> None:
    outbound = Outbound(Rebinding(PUBLIC, "127.0.0.1"))
    assert str((await outbound.target("https://hooks.example/")).address) == PUBLIC
    with pytest.raises(OutboundRefused):
        await outbound.request("POST", "https://hooks.example/")
    assert server.asked == []


async def test_plain_http_on_this_machine_needs_to_be_allowed(server: Server, port: int) -> None:
    with pytest.raises(OutboundRefused):
        await Outbound().request("POST", f"http://127.0.0.1:{port}/")
    assert (await Outbound(loopback_allowed=True).request("POST", f"http://127.0.0.1:{port}/")).status == 200
    with pytest.raises(OutboundRefused):
        await Outbound(loopback_allowed=True).target("http://10.0.0.1/")


async def test_a_redirect_is_not_followed(server: Server, port: int) -> None:
    server.answer = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    answer = await Outbound(loopback_allowed=True).request("GET", f"http://127.0.0.1:{port}/")
    assert (answer.status, len(server.asked)) == (302, 1)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000, b"what is this\r\n\r\n", b""]
)
async def test_an_answer_that_is_too_long_or_none_is_a_failure(server: Server, port: int, answer: bytes) -> None:
    server.answer = answer
    with pytest.raises(OutboundFailed):
        await Outbound(loopback_allowed=True).request("GET", f"http://127.0.0.1:{port}/")
