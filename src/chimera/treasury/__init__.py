"""Money: rules, risk, the signed ledger, its verification; imports storage, security, telemetry, contracts, core.

For another program: `from chimera.treasury import open_cfo` puts its agents under the same caps (docs/embedding.md).
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chimera.core.errors import (
        BudgetExceeded,
        ChimeraError,
        OutcomeUnknown,
        RoiTooLow,
        SpendPaused,
        WaitsForHuman,
    )
    from chimera.treasury.embedded.blocking import BlockingCfo
    from chimera.treasury.embedded.cfo import Agent, EmbeddedCfo
    from chimera.treasury.embedded.hold import Hold
    from chimera.treasury.embedded.opening import open_cfo

__all__ = [
    "Agent",
    "BlockingCfo",
    "BudgetExceeded",
    "ChimeraError",
    "EmbeddedCfo",
    "Hold",
    "OutcomeUnknown",
    "RoiTooLow",
    "SpendPaused",
    "WaitsForHuman",
    "open_cfo",
]

_HOMES = {
    "Agent": "treasury.embedded.cfo",
    "BlockingCfo": "treasury.embedded.blocking",
    "EmbeddedCfo": "treasury.embedded.cfo",
    "Hold": "treasury.embedded.hold",
    "open_cfo": "treasury.embedded.opening",
}
"""Where a name is defined, if not among the errors; loaded when it is asked for, so that the package stays light."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"chimera.{_HOMES.get(name, 'core.errors')}"), name)
