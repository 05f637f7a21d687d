"""Who makes a piece: the seven roles at work in one process, and what they share."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from chimera.agents.artist.agent import Artist
from chimera.agents.cfo.agent import Cfo
from chimera.agents.director.agent import Director
from chimera.agents.judge.agent import Judge
from chimera.agents.planner.agent import Planner
from chimera.agents.worker.agent import Worker
from chimera.core.clock import Clock
from chimera.core.progress import Progress
from chimera.core.vocabulary import Role
from chimera.pipeline.answers import Answers
from chimera.pipeline.halt import Halt
from chimera.pipeline.stages import Stages
from chimera.pipeline.timetable import Timetable
from chimera.storage.blobs import Blobs
from chimera.storage.database import Database


class Presence(Protocol):
    """Shows an agent as busy while a block runs."""

    def working(self, role: Role, task_id: UUID) -> AbstractAsyncContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class Crew:
    """One agent of each role that a content piece needs."""

    agent_ids: Mapping[Role, UUID]
    planner: Planner
    director: Director
    cfo: Cfo
    artist: Artist
    judge: Judge
    worker: Worker
    presence: Presence
    stages: Stages
    answers: Answers
    halt: Halt
    timetable: Timetable
    database: Database
    blobs: Blobs
    clock: Clock
    progress: Progress
