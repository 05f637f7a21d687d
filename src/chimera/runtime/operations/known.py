"""Operations open to every known caller: `run` itself refuses what is not the caller's."""

from dataclasses import dataclass

from chimera.core.errors import Forbidden
from chimera.runtime.operations.operation import Answered, Asked, Call, Operation
from chimera.security.permissions import Caller, Permission


@dataclass(frozen=True, slots=True)
class KnownOperation(Operation[Asked, Answered]):
    """To be used only where a single document is read that tells whose it is."""

    def admit(self, caller: Caller) -> None:
        """Whoever has a token may ask."""

    async def __call__(self, call: Call, asked: Asked) -> Answered:
        """Errors are those of `run`."""
        return await self.run(call, asked)


def require_own_or(caller: Caller, permission: Permission, owner: object) -> None:
    """Return if the caller has the right, or the document is its own.

    Raises:
        Forbidden: neither.
    """
    if permission not in caller.rights and str(caller.id) != str(owner):
        raise Forbidden(
            f"{caller.role} {caller.id} did not ask for this, and has no right to {permission}",
            {"agent_id": str(caller.id), "role": caller.role.value, "permission": permission.value},
        )
