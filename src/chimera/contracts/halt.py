"""Whether the studio is halted (`chimera halt`, `chimera unhalt`)."""

from chimera.contracts.contract import Contract, Moment


class HaltState(Contract):
    """Who halted the studio and why; while it is at work, who ended the last halt, all None if there was none.

    `changed` tells whether the command that answers this changed anything.
    """

    halted: bool
    changed: bool
    by: str | None
    reason: str | None
    since: Moment | None
