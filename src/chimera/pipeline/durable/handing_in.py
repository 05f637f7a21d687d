"""Pieces handed in by a process that makes none: whoever is free begins them."""

from collections.abc import Mapping
from uuid import UUID

from dbos import DBOSClient

from chimera.pipeline.durable.process import Document
from chimera.pipeline.durable.takeover import RECOVERY_QUEUE
from chimera.pipeline.durable.workflows import CONTENT
from chimera.pipeline.host import APPLICATION_VERSION
from chimera.storage.rights import ENGINE_SCHEMA


def hand_in(database_url: str, orders: Mapping[UUID, Document]) -> None:
    """Leave these orders for the crew, by the pieces' ids; the same id twice is one piece. Blocks while the database is
    away."""
    client = DBOSClient(system_database_url=database_url, dbos_system_schema=ENGINE_SCHEMA)
    try:
        for content_id, order in orders.items():
            client.enqueue(
                {
                    "queue_name": RECOVERY_QUEUE,
                    "workflow_name": CONTENT,
                    "workflow_id": str(content_id),
                    "app_version": APPLICATION_VERSION,
                },
                order,
            )
    finally:
        client.destroy()
