"""Every operation there is, in the order in which the documentation lists them."""

from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import AnyOperation


def all_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The operations of this process."""
    del desk
    return ()
