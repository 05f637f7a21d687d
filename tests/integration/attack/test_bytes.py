"""What is no request, or two at once, gets one clear refusal; nothing of it reaches whoever asks next."""

import asyncio
import re
from urllib.parse import urlsplit

import pytest

from factories_attack import Served, statuses

pytestmark = pytest.mark.engines
HEAD = b"Host: 127.0.0.1\r\nConnection: close\r\n"
REVOKE = b"POST /v1/tokens/revoke HTTP/1.1\r\n" + HEAD + b"Content-Type: application/json\r\n"
BEHIND = b"GET /behind HTTP/1.1\r\n" + HEAD + b"\r\n"

NO_REQUESTS = {
    "both lengths": REVOKE + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + BEHIND,
    "both, the other way": REVOKE + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + BEHIND,
    "two lengths": REVOKE + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + BEHIND,
    "a list of lengths": REVOKE + b"Content-Length: 2, 2\r\n\r\n{}" + BEHIND,
    "a signed length": REVOKE + b"Content-Length: +2\r\n\r\n{}" + BEHIND,
    "a negative length": REVOKE + b"Content-Length: -1\r\n\r\n" + BEHIND,
    "a length of 80 bits": REVOKE + b"Content-Length: 999999999999999999999999\r\n\r\n{}",
    "chunked twice": REVOKE + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + BEHIND,
    "a chunk of no size": REVOKE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk of 68 bits": REVOKE + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
    "a space before the colon": b"GET /health HTTP/1.1\r\nTransfer-Encoding : chunked\r\n" + HEAD + b"\r\n",
    "a folded header": b"GET /health HTTP/1.1\r\nX-A: b\r\n c\r\n" + HEAD + b"\r\n",
    "bare line feeds": b"GET /health HTTP/1.1\nHost: 127.0.0.1\n\n",
    "a bare carriage return": b"GET /health HTTP/1.1\r\nX-A: b\rc\r\n" + HEAD + b"\r\n",
    "a zero byte in a header": b"GET /health HTTP/1.1\r\nX-A: b\0c\r\n" + HEAD + b"\r\n",
    "a zero byte in the address": b"GET /hea\0lth HTTP/1.1\r\n" + HEAD + b"\r\n",
    "raw UTF-8 in the address": "GET /ü HTTP/1.1\r\n".encode() + HEAD + b"\r\n",
    "an unknown method": b"FOO /health HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\n" + HEAD + b"\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x00\xa5\x01\x00\x00",
}


async def test_what_is_no_request_is_refused_and_nothing_hides_behind_it(served: Served) -> None:
    for name, sent in NO_REQUESTS.items():
        assert statuses(await served.raw(sent)) == [400], name


async def test_trailers_become_no_headers(served: Served) -> None:
    chunks = b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nHost: evil.example\r\nAuthorization: Bearer x\r\n\r\n"
    answer = await served.raw(REVOKE + chunks)
    assert (statuses(answer), b"token: is missing" in answer) == ([422], True)


@pytest.mark.parametrize(
    "hosts",
    [
        [], ["evil.example"], ["127.0.0.1", "127.0.0.1"], ["127.0.0.1.evil.example"], ["127.0.0.1:80@evil.example"],
        ["127.0.0.1:80/evil"], ["127.0.0.1:x"], ["127.0.0.1:"], ["127.0.0.1 evil.example"], ["evil.example, 127.0.0.1"],
        ["[127.0.0.1"], [""],
    ],
)  # fmt: skip
async def test_only_one_host_that_is_ours_is_answered(served: Served, hosts: list[str]) -> None:
    shown = "".join(f"Host: {host}\r\n" for host in hosts)
    answer = await served.raw(f"GET /health HTTP/1.1\r\n{shown}Connection: close\r\n\r\n".encode())
    assert statuses(answer) == [403]


async def test_another_host_in_the_address_is_never_repeated(served: Served) -> None:
    for path in ("feed.json", "feed.xml", "openapi.json", ""):
        answer = await served.raw(b"GET http://evil.example/" + path.encode() + b" HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert (statuses(answer), b"evil.example" in answer) == ([200], False)


async def test_no_address_leads_elsewhere(served: Served) -> None:
    paths = (
        "//evil.example/", "//evil.example/%2e%2e", "/feed.json/", "/static", "/docs/", "/health//", "/%5cevil.example",
        "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/a%00b", "/static/%ed%a0%80",
        "/media/0123456789abcdef/..%2f..%2fkeys", "/media/..%2f..%2fkeys/data.key", "/watch/..%2f..%2fkeys",
        "/watch/a%0d%0aSet-Cookie:x",
    )  # fmt: skip
    for path in paths:
        answer = await served.raw(f"GET {path} HTTP/1.1\r\n".encode() + HEAD + b"\r\n")
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert statuses(answer)[0] in {404, 422}, path
        assert b"location:" not in head, path
        assert b"set-cookie:" not in head, path


async def test_what_can_be_read_can_be_asked_about_and_nothing_is_echoed(served: Served) -> None:
    for path in ("/", "/health", "/livez", "/feed.json", "/openapi.json", "/docs", "/.well-known/jwks.json"):
        answer = await served.raw(f"HEAD {path} HTTP/1.1\r\n".encode() + HEAD + b"\r\n")
        assert (statuses(answer), answer.partition(b"\r\n\r\n")[2]) == ([200], b""), path
    for method in ("TRACE", "OPTIONS", "PATCH"):
        answer = await served.raw(f"{method} /health HTTP/1.1\r\nX-Secret: abc\r\n".encode() + HEAD + b"\r\n")
        assert (statuses(answer), b"allow: GET" in answer, b"abc" in answer) == ([405], True, False)


async def test_requests_in_one_go_are_answered_in_their_order(served: Served) -> None:
    asked = [f"GET /nothing/{number} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for number in range(50)]
    answer = await served.raw(b"".join(asked) + b"GET /last HTTP/1.1\r\n" + HEAD + b"\r\n")
    told = re.findall(rb'"there is nothing at /([a-z0-9/]+)"', answer)
    assert told == [f"nothing/{number}".encode() for number in range(50)] + [b"last"]


async def test_who_hangs_up_in_the_middle_of_a_body_is_nobodys_failure(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(served.address).port)
        writer.write(REVOKE + b"Content-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    assert statuses(await served.raw(b"GET /health HTTP/1.1\r\n" + HEAD + b"\r\n")) == [200]
    assert "request_failed" not in capsys.readouterr().out
