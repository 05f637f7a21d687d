"""Who makes a piece: the roles at work in one process, as whom they speak, and what they share."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
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
from chimera.pipeline.wire import Wire
from chimera.storage.blobs import Blobs
from chimera.storage.database import Database


class Presence(Protocol):
    """Knows the agents of this process, and shows one as busy while a block runs."""

    def assign(self) -> dict[Role, UUID]: ...

    def working(self, role: Role, task_id: UUID, agent_id: UUID | None = None) -> AbstractAsyncContextManager[UUID]: ...


@dataclass(frozen=True, slots=True)
class Crew:
    """One agent of each role that a content piece needs: what they write and ask for is by `agent_ids`."""

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
    wire: Wire
    database: Database
    blobs: Blobs
    clock: Clock
    progress: Progress

    def acting(self, ids: Mapping[Role, UUID]) -> "Crew":
        """The same crew, its roles speaking as these agents; roles that `ids` leaves out speak as before."""
        speaking = {**self.agent_ids, **ids}
        return replace(
            self,
            agent_ids=speaking,
            planner=self.planner.speaking_as(speaking[Role.PLANNER]),
            director=self.director.speaking_as(speaking[Role.DIRECTOR]),
            artist=self.artist.speaking_as(speaking[Role.ARTIST]),
            judge=self.judge.speaking_as(speaking[Role.JUDGE]),
            worker=self.worker.speaking_as(speaking[Role.WORKER]),
        )
