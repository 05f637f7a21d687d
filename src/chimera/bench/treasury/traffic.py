"""Requests as many agents at work would write them: made ahead of every measurement, the same ones for each seed."""

from collections.abc import Iterator
from random import Random
from uuid import UUID

from chimera.contracts.approval import ApprovalRequest
from chimera.core.vocabulary import RequestType
from chimera.treasury.amounts import cents_of_micros, usd_of_cents
from chimera.treasury.ask import Ask

AGENTS = 400
_COST_CENTS = (1, 9)
_ROI_HUNDREDTHS = (180, 520)
_WORK = {
    RequestType.API_CALL: (
        "Script draft {number} for a {seconds} s video about {topic}; the hook asks {question}",
        "Narration of scene {number}, voice warm and calm, {seconds} seconds about {topic}",
        "Thumbnail variant {number}: {topic} in the style of the channel, headline “{question}”",
        "Search the archive for {topic} ({number} posts since Monday) and rank what rises",
    ),
    RequestType.COMPUTE: (
        "Render {seconds} seconds at 1080p, take {number}, for the piece about {topic}",
        "Burn captions into the clip about {topic}, version {number}, {seconds} s",
        "Denoise and level take {number} of the narration about {topic}",
    ),
    RequestType.STORAGE: (
        "Keep the master of “{question}” ({topic}, {seconds} s) for thirty days, object {number}",
        "Store stems and project files of take {number}, {topic}",
    ),
}
_TOPICS = (
    "sea otters", "the café boom", "a comet’s return", "night trains", "old maps", "paper kites", "glacier caves",
    "home batteries", "street chess", "tiny violins", "volcano drones", "tide pools", "city beekeeping", "a lost film",
    "espresso science", "robot gardeners", "retro consoles", "São Paulo murals", "deep-sea cables", "wild bathing",
)  # fmt: skip
_QUESTIONS = (
    "why does everybody talk about it?", "what changed overnight?", "who started this?", "is it worth the price?",
    "how long will it last?", "what do the numbers say?", "can you do it at home?", "what did we all miss?",
)  # fmt: skip
_TYPES = (RequestType.API_CALL,) * 3 + (RequestType.COMPUTE,) * 2 + (RequestType.STORAGE,)


class Traffic:
    """Agents, and an endless stream of their requests; each id and text is given once."""

    def __init__(self, seed: int = 1, agents: int = AGENTS) -> None:
        self._random = Random(seed)  # noqa: S311 - repeatable requests, no secrets
        self.cfo = self._uuid()
        self.agents = tuple(self._uuid() for _ in range(agents))

    def asks(self, count: int) -> list[Ask]:
        """Requests as the writer takes them."""
        return [self._ask() for _ in range(count)]

    def requests(self, count: int) -> list[ApprovalRequest]:
        """Requests as `Treasury.decide` takes them."""
        return [_request(ask) for ask in self.asks(count)]

    def stream(self) -> Iterator[ApprovalRequest]:
        """Requests one by one."""
        while True:
            yield _request(self._ask())

    def _ask(self) -> Ask:
        random = self._random
        request_type = random.choice(_TYPES)
        micros = random.randint(*_COST_CENTS) * 10_000
        text = random.choice(_WORK[request_type]).format(
            number=random.randint(1, 9_999),
            seconds=random.randint(8, 90),
            topic=random.choice(_TOPICS),
            question=random.choice(_QUESTIONS),
        )
        return Ask(
            self._uuid(),
            random.choice(self.agents),
            request_type.value,
            micros,
            cents_of_micros(micros),
            random.randint(*_ROI_HUNDREDTHS),
            text,
            None,
        )

    def _uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)


def _request(ask: Ask) -> ApprovalRequest:
    return ApprovalRequest(
        request_id=ask.request_id,
        agent_id=ask.agent_id,
        request_type=RequestType(ask.request_type),
        request_cost=usd_of_cents(ask.cost_micros).scaleb(-4),
        projected_roi=usd_of_cents(ask.roi_hundredths),
        justification=ask.justification,
    )
