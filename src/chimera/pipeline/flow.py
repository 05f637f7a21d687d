"""The one natural way, in order: which role turns which contract into which. Start reading Chimera here.

No step calls the next: it returns a contract, and `pipeline/content.py` hands it on.
"""

from dataclasses import dataclass

from chimera.contracts.approval import Approval, ApprovalRequest, SignedDecision
from chimera.contracts.asset import Asset, ProductionRequest
from chimera.contracts.brief import Brief, BriefRequest
from chimera.contracts.choice import Choice
from chimera.contracts.contract import Contract
from chimera.contracts.escalation import Escalation
from chimera.contracts.publication import Publication
from chimera.contracts.review import QualityRequest, Review
from chimera.contracts.settlement import Settlement
from chimera.contracts.trend import TrendAnalysis, TrendAnalysisRequest
from chimera.core.vocabulary import Role, Stage


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, who does it, what it takes and gives, and the stage a piece is in while it runs."""

    name: str
    role: Role
    takes: type[Contract]
    gives: type[Contract]
    stage: Stage | None


FIND = Step("find", Role.SCOUT, TrendAnalysisRequest, TrendAnalysis, None)
CHOOSE = Step("choose", Role.PLANNER, TrendAnalysis, Choice, None)
BRIEF = Step("brief", Role.DIRECTOR, BriefRequest, Brief, Stage.DRAFT)
APPROVE = Step("approve", Role.CFO, ApprovalRequest, Approval, Stage.DRAFT)
BEGIN = Step("begin", Role.CFO, Approval, SignedDecision, Stage.DRAFT)
PRODUCE = Step("produce", Role.ARTIST, ProductionRequest, Asset, Stage.GENERATING)
SETTLE = Step("settle", Role.CFO, Asset, Settlement, Stage.GENERATING)
REVIEW = Step("review", Role.JUDGE, QualityRequest, Review, Stage.REVIEW)
PUBLISH = Step("publish", Role.WORKER, Review, Publication, Stage.REVIEW)

FLOW: tuple[Step, ...] = (FIND, CHOOSE, BRIEF, APPROVE, BEGIN, PRODUCE, SETTLE, REVIEW, PUBLISH)
"""Around what costs money: approve holds it, begin notes that it is about to be spent, settle books what was used."""

CREW_STEP = "crew"
"""Before all others: which agents make the piece."""
ATTEMPTS_STEP = "attempts"
"""Before the money is asked for: how many productions earlier runs have tried."""
ANSWER = Step("answer", Role.CFO, Escalation, Approval, Stage.DRAFT)
"""Between approve and begin, where the request was escalated: what a person answered."""
CLOSE = Step("close", Role.CFO, ApprovalRequest, Settlement, None)
"""In place of settle, where the production failed: void, or settled at what its tools had used."""

KEEPS_BOOKS: frozenset[Step] = frozenset({SETTLE, CLOSE})
"""What still runs while the studio is halted, and for a piece that was called off: money that was used is entered, and
none is left held for nothing."""
