"""What `chimera run --json` prints: one piece from its trend to its publication, each part in its contract's shape."""

from uuid import UUID

from chimera.contracts.approval import Approval
from chimera.contracts.asset import Asset
from chimera.contracts.brief import Brief
from chimera.contracts.contract import Contract
from chimera.contracts.publication import Publication
from chimera.contracts.trend import Trend


class RunReport(Contract):
    content_id: UUID
    trend: Trend
    brief: Brief
    approvals: tuple[Approval, ...]
    asset: Asset
    publication: Publication
