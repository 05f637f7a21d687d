"""The only package that knows DBOS: durable steps, workflows that are recovered after a kill, queues by role."""

from chimera.pipeline.durable.engine import Durable, open_durable
from chimera.pipeline.durable.process import Body, Document, QueuedBody
from chimera.pipeline.durable.workflows import queued, step

__all__ = ["Body", "Document", "Durable", "QueuedBody", "open_durable", "queued", "step"]
