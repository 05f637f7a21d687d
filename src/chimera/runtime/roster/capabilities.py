"""What an agent of each role can do, as its row says; addresses of specification section 3 where it has one."""

from collections.abc import Mapping

from chimera.core.vocabulary import Role

CAPABILITIES: Mapping[Role, tuple[str, ...]] = {
    Role.SCOUT: ("internal.agent.scout.analyze",),
    Role.PLANNER: ("choose",),
    Role.DIRECTOR: ("internal.agent.director.create_brief",),
    Role.CFO: ("internal.agent.cfo.approve",),
    Role.ARTIST: ("internal.agent.artist.produce",),
    Role.JUDGE: ("review",),
    Role.WORKER: ("publish",),
}
