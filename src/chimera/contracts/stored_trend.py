"""Trends as they are kept and listed (`/v1/trends`)."""

from uuid import UUID

from chimera.contracts.contract import Contract, Moment
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.trend import Trend


class StoredTrend(Trend):
    """Section 3's trend with who found it and when."""

    scout_agent_id: UUID | None
    created_at: Moment


class TrendDetails(StoredTrend):
    """With the counts behind it; none where another version wrote them."""

    evidence: TrendEvidence | None


class TrendPage(Contract):
    """Trends, the newest first; `next_cursor` asks for those behind them."""

    trends: tuple[StoredTrend, ...]
    next_cursor: str | None
