"""Who is let in to ask, and how often: a caller by its token, whoever has none by its address; and the fields that tell
it (the IETF draft "RateLimit header fields for HTTP", draft-ietf-httpapi-ratelimit-headers-09)."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request

from chimera.api.callers import caller_of_request
from chimera.core.errors import Unauthenticated
from chimera.runtime.limiting.addresses import Addresses
from chimera.runtime.limiting.bucket import Quota
from chimera.runtime.limiting.limits import Limits
from chimera.runtime.operations.operation import AnyOperation
from chimera.security.gate import Gate
from chimera.security.permissions import Caller


@dataclass(frozen=True, slots=True)
class Entrance:
    """`behind_proxy` tells that a proxy of ours stands in front, which writes its client's address last into
    X-Forwarded-For; nobody else is believed that."""

    limits: Limits
    addresses: Addresses
    behind_proxy: bool = False

    async def caller(self, gate: Gate, request: Request) -> Caller:
        """Raises:
        OverRate: the address showed too many tokens that don't count. Unauthenticated: this one does not either.
        """
        address = self._address_of(request)
        self.addresses.require(address)
        try:
            return await caller_of_request(gate, request)
        except Unauthenticated:
            self.addresses.charge(address)
            raise

    async def take(self, operation: AnyOperation, caller: Caller) -> Quota:
        """Raises:
        OverRate: the caller asks this more often than it may.
        """
        return await self.limits.take(operation.name, caller.id, operation.rate)

    def _address_of(self, request: Request) -> str:
        if self.behind_proxy and (shown := request.headers.getlist("x-forwarded-for")):
            return shown[-1].rpartition(",")[2].strip()
        return request.client.host if request.client else "unknown"


def fields_of(quota: Quota) -> Mapping[str, str]:
    """The policy, and how the caller stands."""
    reset = f";t={quota.retry_after_seconds}" if quota.remaining == 0 else ""
    return {
        "RateLimit-Policy": f'"caller";q={quota.rate.burst};w={quota.window_seconds}',
        "RateLimit": f'"caller";r={quota.remaining}{reset}',
    }
