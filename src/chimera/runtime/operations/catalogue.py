"""Every operation there is, in the order in which the documentation lists them."""

from chimera.runtime.operations.approving import approving_operations
from chimera.runtime.operations.briefs import brief_operations
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import AnyOperation
from chimera.runtime.operations.scouting import scouting_operations


def all_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The operations of this process."""
    return (*scouting_operations(desk), *brief_operations(desk), *approving_operations(desk.treasurer))
