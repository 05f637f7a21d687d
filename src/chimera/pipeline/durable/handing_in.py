"""Pieces handed in by a process that makes none: whoever is free begins them."""

from collections.abc import Mapping
from uuid import UUID

from dbos import DBOSClient
from sqlalchemy.exc import SQLAlchemyError

from chimera.core.errors import EngineUnavailable
from chimera.pipeline.durable.process import Document
from chimera.pipeline.durable.takeover import RECOVERY_QUEUE
from chimera.pipeline.durable.workflows import CONTENT
from chimera.pipeline.host import APPLICATION_VERSION
from chimera.storage.rights import ENGINE_SCHEMA
from chimera.telemetry.trace import with_trace


def hand_in(database_url: str, orders: Mapping[UUID, Document]) -> None:
    """Leave these orders for the crew, by the pieces' ids; the same id twice is one piece.

    Raises:
        EngineUnavailable: the database is away, or no process ever worked on it; some of them may be handed in.
    """
    try:
        client = DBOSClient(
            system_database_url=database_url, dbos_system_schema=ENGINE_SCHEMA, retry_connection_errors=False
        )
    except SQLAlchemyError as error:
        raise EngineUnavailable("the pieces can't be handed in: the database can't be reached") from error
    try:
        for content_id, order in orders.items():
            client.enqueue(
                {
                    "queue_name": RECOVERY_QUEUE,
                    "workflow_name": CONTENT,
                    "workflow_id": str(content_id),
                    "app_version": APPLICATION_VERSION,
                },
                with_trace(order),
            )
    except SQLAlchemyError as error:
        why = str(error).splitlines()[0]
        raise EngineUnavailable(f"the pieces can't be handed in: {why}. Is a worker running?") from error
    finally:
        client.destroy()
