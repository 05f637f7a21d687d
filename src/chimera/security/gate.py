"""Who stands behind a shown token: the one question every face asks before anything else."""

from typing import Protocol

from chimera.security.permissions import Caller


class Gate(Protocol):
    """Knows callers by their access tokens."""

    async def caller(self, token: str) -> Caller:
        """The caller as the token, and its row, tell.

        Raises:
            Unauthenticated: no token of ours, expired, revoked, or of another audience.
        """
        ...
