"""What the attacks share: the agent that is used for one, when it begins, and how its requests are written down."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from traces.request import Outcome, TracedRequest, dollars, ratio
from traces.studio import Agent, Studio, claim


@dataclass(frozen=True)
class Stage:
    """One attack to come: the agent used, another one that may help it, and whether it is a hard one."""

    episode: int
    agent: Agent
    helper: Agent
    at: datetime
    hard: bool
    where: Studio


def act(
    rng: Random,
    stage: Stage,
    attack: str,
    *,
    at: datetime,
    request_type: str,
    cost: float,
    words: str,
    estimate: float | None = None,
    roi: float | None = None,
    lead_in: bool = False,
    outcome: Outcome = "settled",
    helped: bool = False,
) -> TracedRequest:
    """One request of an attack. The claimed ROI is as believable as the agent's usual one, unless told otherwise."""
    agent = stage.helper if helped else stage.agent
    return TracedRequest(
        at=at,
        agent=agent.number,
        request_type=request_type,
        cost=dollars(cost),
        estimate=None if estimate is None else dollars(estimate),
        projected_roi=ratio(claim(rng, agent) if roi is None else roi),
        justification=words,
        outcome=outcome,
        closes_after=timedelta(seconds=rng.uniform(1, 15) if outcome == "voided" else rng.uniform(4, 120)),
        kind=attack,
        attack=None if lead_in else attack,
        episode=stage.episode,
        lead_in=lead_in,
        hard=stage.hard,
    )
