"""What `chimera serve --tls` serves with: the home's own certificate or the operator's, kept fresh while it serves."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chimera.api.tls import keep_fresh, ssl_context
from chimera.core.background import beside
from chimera.core.clock import Clock
from chimera.core.errors import ValidationFailed
from chimera.security.certificates import Certificate, generated_certificate, given_certificate

WILDCARDS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not bound


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """What the command line says about TLS."""

    wanted: bool
    certificate: Path | None
    key: Path | None

    def check(self, *, behind_proxy: bool) -> None:
        """Raises:
        ValidationFailed: options that can't stand together.
        """
        if (self.certificate is None) != (self.key is None):
            raise ValidationFailed("--cert and --key go together: the certificate's file and its key's")
        if self.certificate is not None and not self.wanted:
            raise ValidationFailed("--cert and --key are for --tls: add it")
        if self.wanted and behind_proxy:
            raise ValidationFailed("--tls together with --behind-proxy: either Chimera or the proxy speaks TLS")


def hosts_of_tls(host: str, public_hosts: tuple[str, ...]) -> frozenset[str]:
    """The names that are served over TLS besides loopback's.

    Raises:
        ValidationFailed: an address that stands for all of them, and no name to be asked under.
    """
    if host in WILDCARDS and not public_hosts:
        raise ValidationFailed(f"on {host or 'every address'}, say under which name it is asked: --public-host NAME")
    own = {host.lower()} - WILDCARDS
    return frozenset(own | {name.lower() for name in public_hosts})


@asynccontextmanager
async def served_tls(
    options: TlsOptions, keys_folder: Path, names: frozenset[str], clock: Clock
) -> AsyncIterator[ssl.SSLContext | None]:
    """The context to serve with while the block runs; None without `--tls`.

    Raises:
        ValidationFailed, EngineUnavailable: a certificate or key can't be used; the message says why.
    """
    if not options.wanted:
        yield None
        return
    read = _reader(options, keys_folder, names, clock)
    certificate = await asyncio.to_thread(read)
    context = ssl_context(certificate)
    sys.stderr.write("".join(f"{line}\n" for line in certificate_lines(certificate)))
    async with beside(keep_fresh(context, read, certificate), "certificate"):
        yield context


def certificate_lines(certificate: Certificate) -> list[str]:
    """How a person knows what is served, and how to trust it."""
    ends = f"until {certificate.ends_at:%Y-%m-%d}"
    if certificate.authority_file is None:
        return [f"TLS 1.3 with {certificate.chain_file}, {ends}, SHA-256 {certificate.fingerprint}"]
    return [
        f"TLS 1.3 with a certificate of this home's own authority, {ends} (made anew before that)",
        f"To trust it: curl --cacert {certificate.authority_file}, or import that file into the browser's authorities",
        f"after comparing its SHA-256: {certificate.fingerprint}",
    ]


def _reader(options: TlsOptions, keys_folder: Path, names: frozenset[str], clock: Clock) -> Callable[[], Certificate]:
    def given(chain: Path, key: Path) -> Certificate:
        return given_certificate(chain, key, clock.now())

    def generated() -> Certificate:
        return generated_certificate(keys_folder, names, clock.now())

    if options.certificate is not None and options.key is not None:
        return partial(given, options.certificate, options.key)
    return generated
