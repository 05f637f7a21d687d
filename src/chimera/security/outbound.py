"""Requests to addresses that somebody else names: webhooks, files and media by URL. Against server-side request forgery
(OWASP A10:2021) the name is resolved first, every address it has must be a public one, and the connection goes to the
address that was looked at, with the certificate of the name; nothing is resolved twice and no redirect is followed.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from chimera.core.errors import SourceUnavailable, ValidationFailed

URL_CHARACTERS_MAX = 2_000
RESOLVE_SECONDS_MAX = 5.0
REQUEST_SECONDS_MAX = 15.0
ANSWER_BYTES_MAX = 64 * 1024
PORTS = frozenset({443, 8443})
"""Where HTTPS is served; other ports of a public host are somebody's other services."""
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
    )
)  # fmt: skip
"""What the standard library's `is_global` takes for public in one of its versions or another, and is not."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class OutboundRefused(ValidationFailed):
    """The URL leads where nobody outside may send us."""


class OutboundFailed(SourceUnavailable):
    """The other side did not answer as it should."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that was looked at: what to ask for, and the address to ask."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address

    @property
    def url(self) -> str:
        shown = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        return f"{self.scheme}://{shown}:{self.port}{self.path}"

    @property
    def authority(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        default = {"https": 443, "http": 80}[self.scheme]
        return shown if self.port == default else f"{shown}:{self.port}"


@dataclass(frozen=True, slots=True)
class OutboundAnswer:
    status: int
    body: bytes


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """Every address of the name, as the system tells."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True, slots=True)
class Outbound:
    """`loopback_allowed` lets plain HTTP go to this machine, for whoever tries things on his own."""

    resolve: Resolve = resolve_name
    loopback_allowed: bool = False

    async def target(self, url: str) -> Target:
        """The URL with the address to connect to.

        Raises:
            OutboundRefused: no HTTPS URL of a public host, as far as is known now.
        """
        scheme, host, port, path = _parts(url)
        addresses = await self._addresses(host, port)
        on_loopback = self.loopback_allowed and all(address.is_loopback for address in addresses)
        if on_loopback:
            return Target(scheme, host, port, path, addresses[0])
        if scheme != "https":
            raise OutboundRefused("only https is asked: give an https:// URL")
        if port not in PORTS:
            raise OutboundRefused(f"port {port} is not asked: serve it at port 443 or 8443")
        if not all(is_public(address) for address in addresses):
            raise OutboundRefused(f"{host} has an address that is not public: it is not asked")
        return Target(scheme, host, port, path, addresses[0])

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        bytes_max: int = ANSWER_BYTES_MAX,
    ) -> OutboundAnswer:
        """The answer, whatever its status; a redirect is an answer like another.

        Raises:
            OutboundRefused: as `target`. OutboundFailed: no answer in time, or one that is too long.
        """
        target = await self.target(url)
        try:
            async with asyncio.timeout(REQUEST_SECONDS_MAX):
                return await _ask(target, method, headers or {}, body, bytes_max)
        except (httpx2.HTTPError, OSError, TimeoutError) as error:
            raise OutboundFailed(f"{target.host} did not answer: {type(error).__name__}") from error

    async def _addresses(self, host: str, port: int) -> list[Address]:
        if (literal := _literal(host)) is not None:
            return [literal]
        try:
            async with asyncio.timeout(RESOLVE_SECONDS_MAX):
                found = await self.resolve(host, port)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise OutboundRefused(f"{host} has no address: check the name") from error
        addresses = [address for text in found if (address := _literal(text)) is not None]
        if not addresses or len(addresses) != len(found):
            raise OutboundRefused(f"{host} has no address that can be asked")
        return addresses


def is_public(address: Address) -> bool:
    """Whether the address, and the one that may be wrapped in it, belongs to the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if not all(is_public(inner) for inner in wrapped if inner is not None):
            return False
    if any(address.version == network.version and address in network for network in _NEVER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path with query; everything that two parsers read differently is refused."""
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or _UNSAFE.search(url):
        raise OutboundRefused("the URL is too long, or holds characters that must be percent-encoded")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OutboundRefused("this is no URL") from error
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise OutboundRefused("only https is asked: give an https:// URL")
    if "@" in parts.netloc or parts.fragment or port == 0:
        raise OutboundRefused("the URL must have no user, password or fragment")
    host = parts.hostname.lower().removesuffix(".")
    if _literal(host) is None:
        _require_name(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or {"https": 443, "http": 80}[parts.scheme], path


def _require_name(host: str) -> None:
    """A name whose last label is no number: `2130706433`, `0x7f.1` and `0177.0.0.1` are addresses to some resolvers."""
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or _NUMBER.fullmatch(labels[-1]):
        raise OutboundRefused(f"{host[:100]!r} is no host name")


def _literal(text: str) -> Address | None:
    if "%" in text:
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


async def _ask(target: Target, method: str, headers: Mapping[str, str], body: bytes, bytes_max: int) -> OutboundAnswer:
    told = {**headers, "Host": target.authority, "Accept-Encoding": "identity", "Connection": "close"}
    async with (
        httpx2.AsyncClient(follow_redirects=False, trust_env=False, timeout=REQUEST_SECONDS_MAX) as client,
        client.stream(
            method, target.url, headers=told, content=body, extensions={"sni_hostname": target.host}
        ) as answer,
    ):
        read = bytearray()
        async for chunk in answer.aiter_raw():
            read += chunk
            if len(read) > bytes_max:
                raise OutboundFailed(f"{target.host} answered more than {bytes_max} bytes")
        return OutboundAnswer(answer.status_code, bytes(read))
