"""In whose name an act is done: a person under its own name, an agent under its id."""

from chimera.core.errors import Forbidden
from chimera.core.vocabulary import PersonRole
from chimera.security.permissions import Caller


def actor(caller: Caller) -> str:
    """What is written down as having done it."""
    return caller.name if caller.name is not None else str(caller.id)


def person(caller: Caller) -> str:
    """The person's name.

    Raises:
        Forbidden: an agent; this is for a person to decide.
    """
    if caller.name is None or not isinstance(caller.role, PersonRole):
        raise Forbidden(
            f"this is a person's to decide: {caller.role} {caller.id} is none",
            {"agent_id": str(caller.id), "role": caller.role.value},
        )
    return caller.name
