"""A published piece: where it stands and under which id."""

from uuid import UUID

from chimera.contracts.contract import Contract, Moment


class Publication(Contract):
    """`platform_ids` maps a platform's name to the id it gave; `urls` to where people find it."""

    content_id: UUID
    platform_ids: dict[str, str]
    urls: dict[str, str]
    published_at: Moment
