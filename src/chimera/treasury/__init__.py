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
    from chimera.treasury.blocking import BlockingCfo
    from chimera.treasury.embedded import Agent, EmbeddedCfo
    from chimera.treasury.embedding import open_cfo
    from chimera.treasury.hold import Hold

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
    "Agent": "treasury.embedded",
    "BlockingCfo": "treasury.blocking",
    "EmbeddedCfo": "treasury.embedded",
    "Hold": "treasury.hold",
    "open_cfo": "treasury.embedding",
}
"""Where a name is defined, if not among the errors; loaded when it is asked for, so that the package stays light."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"chimera.{_HOMES.get(name, 'core.errors')}"), name)
