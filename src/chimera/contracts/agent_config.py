"""An agent's settings (`agents.config`): a closed list, where every setting has its effect."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from chimera.contracts.asset import ToolName
from chimera.contracts.contract import Contract, Usd
from chimera.core.limits import TRANSACTION_USD_MAX
from chimera.core.vocabulary import Role

SETTINGS_OF: Mapping[Role, frozenset[str]] = {
    Role.DIRECTOR: frozenset({"tone"}),
    Role.ARTIST: frozenset({"tools", "request_usd_max"}),
}
"""Which settings steer an agent of the role; the other roles have none."""


class AgentConfig(Contract):
    """What a person set for one agent; an unset field limits nothing."""

    #: A director writes in this tone, whatever the order's persona says.
    tone: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    #: An artist works with these tools and no others.
    tools: Annotated[tuple[ToolName, ...], Field(min_length=1, max_length=50)] | None = None
    #: An artist asks for no more money than this in one request.
    request_usd_max: Annotated[Usd, Field(gt=0, le=TRANSACTION_USD_MAX)] | None = None
