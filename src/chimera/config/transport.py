"""Whether a connection to another machine is encrypted and its server verified; what is not is refused, or mended.

Loopback and unix sockets are this machine. A name is this machine if all its addresses are; one that can't be
resolved is another one. Names are resolved only where the answer matters.
"""

import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import zip_longest
from threading import Thread
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from chimera.config.problem import VariableRefused

VERIFIED = "verify-full"
RESOLVE_SECONDS_MAX = 5.0
ANY_HOST = "a host of the service file"
Resolve = Callable[[str], Iterable[str]]
"""The addresses of a name; none if it has none."""


class Plaintext(StrEnum):
    """What CHIMERA_ALLOW_PLAINTEXT may name: a network between two machines that is trusted as it is."""

    DATABASE = "database"
    REDIS = "redis"
    S3 = "s3"
    VAULT = "vault"
    AWS_SM = "aws-sm"
    CFO = "cfo"


def addresses_of(name: str) -> tuple[str, ...]:
    """What the system resolves the name to, within five seconds."""
    found: list[str] = []

    def look() -> None:
        with suppress(OSError, UnicodeError):
            found.extend(str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))

    looking = Thread(target=look, name="resolve", daemon=True)  # getaddrinfo has no bound of its own
    looking.start()
    looking.join(RESOLVE_SECONDS_MAX)
    return () if looking.is_alive() else tuple(found)


def is_this_machine(host: str, resolve: Resolve) -> bool:
    """Whether `host` (a name, an address, a socket's path, or nothing: libpq's own socket) is on this machine."""
    if host == "" or host.startswith(("/", "@")):
        return True
    if host == ANY_HOST:
        return False
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    if address is not None:
        return _is_loopback(address)
    resolved = [_address(found) for found in resolve(name)]
    return bool(resolved) and all(found is not None and _is_loopback(found) for found in resolved)


def secured_database_url(url: str, environment: Mapping[str, str], resolve: Resolve, *, plaintext_allowed: bool) -> str:
    """The url as it may be used: with `sslmode=verify-full` added where it goes elsewhere and says nothing.

    Raises:
        VariableRefused: no PostgreSQL url, or it says less than verify-full to another machine.
    """
    found = database_terms(url)
    mode = found.get("sslmode") or environment.get("PGSSLMODE") or None
    elsewhere = [host for host in database_hosts(found, environment) if not is_this_machine(host, resolve)]
    if plaintext_allowed or not elsewhere or found.get("sslmode") == VERIFIED:
        return url
    if mode is None or mode == VERIFIED:
        return f"{url}{'&' if '?' in url else '?'}sslmode={VERIFIED}"
    raise VariableRefused(
        f"sslmode={mode} to {elsewhere[0]} does not verify the server: set sslmode=verify-full with "
        "sslrootcert=FILE of its CA (or sslrootcert=system), or CHIMERA_ALLOW_PLAINTEXT=database where the network "
        "itself is trusted"
    )


def database_terms(url: str) -> dict[str, str]:
    """What libpq reads in the url.

    Raises:
        VariableRefused: it reads nothing.
    """
    if "#" in url:
        raise VariableRefused("has a # in it: write %23")
    try:
        return {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:
        # What it says may quote the url, and with it the password.
        raise VariableRefused(
            "is no PostgreSQL url: write it like postgresql://user:password@host:5432/database"
        ) from None


def database_hosts(found: Mapping[str, str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Every host that libpq may connect to; `service` names a file that may say any, so it counts as elsewhere."""
    if (found.get("service") or environment.get("PGSERVICE")) and not found.get("hostaddr"):
        return (ANY_HOST,)
    hosts = (found.get("host") or environment.get("PGHOST") or "").split(",")
    addresses = (found.get("hostaddr") or environment.get("PGHOSTADDR") or "").split(",")
    pairs = zip_longest(addresses, hosts, fillvalue="")
    return tuple(address.strip() or host.strip() for address, host in pairs)


def check_redis_url(url: str, resolve: Resolve, *, plaintext_allowed: bool) -> None:
    """Raises:
    VariableRefused: no Redis url, or not TLS with a verified name to another machine.
    """
    from redis.connection import parse_url

    try:
        terms: dict[str, object] = parse_url(url)  # type: ignore[no-untyped-call]
    except ValueError:
        raise VariableRefused("is no Redis url: write it like rediss://:password@host:6379/0") from None
    if url.startswith("unix://"):
        return
    host = str(terms.get("host") or "localhost")
    if plaintext_allowed or is_this_machine(host, resolve):
        return
    if not url.startswith("rediss://"):
        raise VariableRefused(
            f"goes to {host} unencrypted: write rediss:// (with ssl_ca_certs=FILE for a CA of your own), or set "
            "CHIMERA_ALLOW_PLAINTEXT=redis where the network itself is trusted"
        )
    if str(terms.get("ssl_cert_reqs", "required")) != "required" or not terms.get("ssl_check_hostname", True):
        raise VariableRefused(
            f"does not verify the server at {host}: take ssl_cert_reqs and ssl_check_hostname out of it, or set "
            "CHIMERA_ALLOW_PLAINTEXT=redis where the network itself is trusted"
        )


def check_http_url(url: str, service: Plaintext, resolve: Resolve, *, plaintext_allowed: bool) -> None:
    """Raises:
    VariableRefused: no http url, one with a password, a query or a fragment, or plain http to another machine.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        well_formed = parts.scheme in {"http", "https"} and bool(host) and parts.port != 0
    except ValueError:
        well_formed = False
    if not well_formed or parts.username is not None or parts.query or parts.fragment:
        raise VariableRefused("must be a url such as https://name.example.org, without a password or a query")
    if parts.scheme == "http" and not plaintext_allowed and not is_this_machine(host, resolve):
        raise VariableRefused(
            f"goes to {host} over plain http: use https, or set CHIMERA_ALLOW_PLAINTEXT={service} where the network "
            "itself is trusted"
        )


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _is_loopback(address: IPv4Address | IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
