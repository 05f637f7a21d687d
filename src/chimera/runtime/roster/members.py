"""The hosted agents in memory, without I/O: who is idle, who does what, and what each has done.

Facts of an agent stand in arrays at its slot, a number; only busy agents cost more. A hundred thousand take tens of
megabytes.
"""

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from chimera.contracts.agent_state import AgentMetrics
from chimera.core.vocabulary import AgentStatus, Role

FAILURES_IN_A_ROW_MAX = 5
REST_SECONDS = 600.0
"""How long an agent in status `error` is left alone; then it gets one task, and rests again if that fails too."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an agent has done: completed tasks, the milliseconds they took together, failed tasks."""

    tasks_completed: int = 0
    busy_ms: int = 0
    error_count: int = 0

    @classmethod
    def of(cls, metrics: AgentMetrics) -> "Work":
        """What a state shows; the milliseconds to within half a millisecond a task."""
        done = metrics.tasks_completed
        return cls(done, done * metrics.avg_execution_time_ms, metrics.error_count)

    @property
    def tasks(self) -> int:
        return self.tasks_completed + self.error_count

    @property
    def avg_execution_time_ms(self) -> int:
        """Over completed tasks; 0 before the first."""
        return round(self.busy_ms / self.tasks_completed) if self.tasks_completed else 0


class Members:
    """The agents of one process. Methods that name an agent raise `KeyError` for one that is not hosted."""

    def __init__(self) -> None:
        self._slots: dict[UUID, int] = {}
        self._ids: list[UUID | None] = []
        self._roles: list[Role] = []
        self._completed = array("q")
        self._busy_ms = array("q")
        self._errors = array("q")
        self._failures = array("l")
        self._idle: dict[Role, OrderedDict[int, None]] = {role: OrderedDict() for role in Role}
        self._hosted = dict.fromkeys(Role, 0)
        #: The tasks of each busy agent, the latest last, and among them the one it was acquired for.
        self._tasks: dict[int, list[UUID]] = {}
        self._acquired: dict[int, UUID] = {}
        self._paused: set[int] = set()
        self._leaving: set[int] = set()
        self._rests_until: dict[int, float] = {}
        self._vacant: list[int] = []
        self._beats_next = 0
        #: Whose state is not shown yet; whose row is behind; whose row must know first; whose failures it lacks.
        self._unshown: dict[int, None] = {}
        self._unwritten: dict[int, None] = {}
        self._urgent: dict[int, None] = {}
        self._failures_unwritten: set[int] = set()

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, agent_id: UUID) -> bool:
        return agent_id in self._slots

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._slots)

    def add(self, agent_id: UUID, role: Role, work: Work, failures_in_a_row: int = 0) -> None:
        """Host an agent; it is idle. One that is hosted already is left as it is."""
        if agent_id in self._slots:
            return
        slot = self._vacant.pop() if self._vacant else self._grown()
        self._slots[agent_id] = slot
        self._ids[slot], self._roles[slot] = agent_id, role
        self._completed[slot], self._busy_ms[slot], self._errors[slot] = (
            work.tasks_completed,
            work.busy_ms,
            work.error_count,
        )
        self._failures[slot] = failures_in_a_row
        self._hosted[role] += 1
        self._idle[role][slot] = None
        self._unshown[slot] = None

    def _grown(self) -> int:
        self._ids.append(None)
        self._roles.append(Role.WORKER)
        for numbers in (self._completed, self._busy_ms, self._errors, self._failures):
            numbers.append(0)
        return len(self._ids) - 1

    def drop(self, agent_id: UUID) -> None:
        """Host the agent no more, whatever it does."""
        slot = self._slots.pop(agent_id)
        self._hosted[self._roles[slot]] -= 1
        self._idle[self._roles[slot]].pop(slot, None)
        for facts in (self._tasks, self._acquired, self._rests_until, self._unshown, self._unwritten, self._urgent):
            facts.pop(slot, None)
        for marks in (self._paused, self._leaving, self._failures_unwritten):
            marks.discard(slot)
        self._ids[slot] = None
        self._vacant.append(slot)

    # Who may work

    def idle(self, role: Role) -> int:
        """How many agents of the role can be handed a task now."""
        return len(self._idle[role])

    def least_busy(self, role: Role) -> UUID | None:
        """The agent idle longest, which goes to the end of the queue; else a busy one with the fewest tasks, unless it
        is to take no more."""
        idle = self._idle[role]
        if idle:
            slot = next(iter(idle))
            idle.move_to_end(slot)
            return self._ids[slot]
        taking = [slot for slot in self._tasks if self._roles[slot] is role and self._takes_work(slot)]
        fewest = min(taking, key=lambda slot: len(self._tasks[slot]), default=None)
        return None if fewest is None else self._ids[fewest]

    def hosted(self, role: Role) -> int:
        """How many agents of the role there are."""
        return self._hosted[role]

    def _takes_work(self, slot: int) -> bool:
        return not (slot in self._paused or slot in self._leaving or slot in self._rests_until)

    # What it does

    def role(self, agent_id: UUID) -> Role:
        return self._roles[self._slots[agent_id]]

    def acquire(self, role: Role, task_id: UUID, agent_id: UUID | None = None) -> UUID | None:
        """An idle agent of the role works on `task_id` until `release`: the one named, or the one idle longest."""
        idle = self._idle[role]
        if agent_id is None:
            if not idle:
                return None
            slot, _ = idle.popitem(last=False)
        else:
            named = self._slots.get(agent_id)
            if named is None or named not in idle:
                return None
            slot = named
            del idle[slot]
        self._acquired[slot] = task_id
        self._tasks[slot] = [task_id]
        self._changed(slot)
        return self._ids[slot]

    def release(self, agent_id: UUID, took_ms: int, *, failed: bool, now: float) -> bool:
        """The task it was acquired for is over, and counted; False if the agent is not hosted, or has none such."""
        slot = self._slots.get(agent_id)
        if slot is None or slot not in self._acquired:
            return False
        self._count(slot, took_ms, failed=failed, now=now)
        self._end(slot, self._acquired.pop(slot))
        return True

    def begin(self, agent_id: UUID, task_id: UUID) -> None:
        """The agent works on `task_id` too."""
        self._begin(self._slots[agent_id], task_id)

    def end(self, agent_id: UUID, task_id: UUID) -> None:
        """`task_id` is over."""
        self._end(self._slots[agent_id], task_id)

    def _begin(self, slot: int, task_id: UUID) -> None:
        self._idle[self._roles[slot]].pop(slot, None)
        self._tasks.setdefault(slot, []).append(task_id)
        self._changed(slot)

    def _end(self, slot: int, task_id: UUID) -> None:
        tasks = self._tasks.get(slot, [])
        if task_id not in tasks:
            return  # it began before the agent went elsewhere and came back
        tasks.remove(task_id)
        if not tasks:
            del self._tasks[slot]
            self._queue(slot)
        self._changed(slot)

    def _queue(self, slot: int) -> None:
        if slot not in self._tasks and self._takes_work(slot):
            self._idle[self._roles[slot]][slot] = None

    def _changed(self, slot: int) -> None:
        self._unshown[slot] = None
        self._unwritten[slot] = None

    def count(self, agent_id: UUID, took_ms: int, *, failed: bool, now: float) -> None:
        """One task more; the fifth failure in a row sets the agent to rest. Count before `end`."""
        self._count(self._slots[agent_id], took_ms, failed=failed, now=now)

    def _count(self, slot: int, took_ms: int, *, failed: bool, now: float) -> None:
        if not failed:
            self._completed[slot] += 1
            self._busy_ms[slot] += max(0, took_ms)
            self._set_failures(slot, 0)
            return
        self._errors[slot] += 1
        self._set_failures(slot, self._failures[slot] + 1)
        if self._failures[slot] >= FAILURES_IN_A_ROW_MAX:
            self._rests_until[slot] = now + REST_SECONDS
            self._urgent[slot] = None
            self._idle[self._roles[slot]].pop(slot, None)

    def _set_failures(self, slot: int, failures: int) -> None:
        if self._failures[slot] != failures:
            self._failures[slot] = failures
            self._failures_unwritten.add(slot)
            self._changed(slot)

    # What people and time decide

    def set_paused(self, agent_ids: Iterable[UUID]) -> None:
        """Exactly these take no more work."""
        before, self._paused = self._paused, {self._slots[each] for each in agent_ids if each in self._slots}
        for slot in self._paused:
            self._idle[self._roles[slot]].pop(slot, None)
        for slot in before - self._paused:
            self._queue(slot)

    def set_leaving(self, agent_ids: Iterable[UUID]) -> None:
        """These take no more work, and leave when they have none."""
        for slot in [self._slots[each] for each in agent_ids if each in self._slots]:
            self._leaving.add(slot)
            self._idle[self._roles[slot]].pop(slot, None)

    def left(self) -> list[UUID]:
        """Those that were to leave and have no more work."""
        return [agent_id for slot in self._leaving if slot not in self._tasks and (agent_id := self._ids[slot])]

    def wake(self, now: float) -> None:
        """Those that have rested enough are on trial: one more failure, and they rest again."""
        for slot in [slot for slot, until in self._rests_until.items() if until <= now]:
            self._rested(slot)

    def forgive(self, agent_ids: Iterable[UUID]) -> None:
        """These rest no more, and their failures are forgotten."""
        for slot in [self._slots[each] for each in agent_ids if each in self._slots]:
            self._failures[slot] = 0
            self._rested(slot)

    def _rested(self, slot: int) -> None:
        self._rests_until.pop(slot, None)
        self._failures_unwritten.add(slot)
        self._urgent[slot] = None
        self._queue(slot)
        self._changed(slot)

    def resting(self) -> list[UUID]:
        """Those that rest, and whose row says so."""
        known = self._rests_until.keys() - self._failures_unwritten
        return [agent_id for slot in known if (agent_id := self._ids[slot])]

    # What is shown

    def status(self, agent_id: UUID) -> AgentStatus:
        slot = self._slots[agent_id]
        if slot in self._tasks:
            return AgentStatus.BUSY
        return AgentStatus.ERROR if slot in self._rests_until else AgentStatus.IDLE

    def current_task(self, agent_id: UUID) -> UUID | None:
        """The latest task that is still under way."""
        tasks = self._tasks.get(self._slots[agent_id])
        return tasks[-1] if tasks else None

    def work(self, agent_id: UUID) -> Work:
        slot = self._slots[agent_id]
        return Work(self._completed[slot], self._busy_ms[slot], self._errors[slot])

    def failures_in_a_row(self, agent_id: UUID) -> int:
        return self._failures[self._slots[agent_id]]

    def rests_until(self, agent_id: UUID) -> float | None:
        """By the monotonic clock."""
        return self._rests_until.get(self._slots[agent_id])

    def show_again(self, share: float = 1.0) -> None:
        """This share of the agents is to be shown again, in turn: each once in `1 / share` calls."""
        slots = len(self._ids)
        count = min(slots, int(slots * share) + 1)
        for step in range(self._beats_next, self._beats_next + count):
            slot = step % slots
            if self._ids[slot] is not None:
                self._changed(slot)
        self._beats_next = (self._beats_next + count) % slots if slots else 0

    @property
    def unshown(self) -> int:
        """How many states changed since they were taken to be shown."""
        return len(self._unshown)

    def take_unshown(self, limit: int) -> list[UUID]:
        """Up to `limit` agents whose state is to be shown, the longest waiting first; they count as shown."""
        return self._taken(self._unshown, limit)

    def take_unwritten(self, limit: int) -> list[tuple[UUID, bool]]:
        """Up to `limit` agents whose row is behind, and whether their failures changed; they count as written."""
        for slot in self._urgent:
            self._unwritten.pop(slot, None)
        taken = self._taken(self._urgent, limit)
        taken += self._taken(self._unwritten, limit - len(taken))
        changed = [(agent_id, self._slots[agent_id] in self._failures_unwritten) for agent_id in taken]
        self._failures_unwritten.difference_update(self._slots[agent_id] for agent_id in taken)
        return changed

    def _taken(self, waiting: dict[int, None], limit: int) -> list[UUID]:
        slots = [slot for slot, _ in zip(waiting, range(limit), strict=False)]
        for slot in slots:
            del waiting[slot]
        return [agent_id for slot in slots if (agent_id := self._ids[slot])]

    def not_shown(self, agent_ids: Iterable[UUID]) -> None:
        """These could not be shown: they are to be taken again."""
        self._unshown.update((self._slots[each], None) for each in agent_ids if each in self._slots)

    def not_written(self, taken: Iterable[tuple[UUID, bool]]) -> None:
        """These could not be written: they are to be taken again."""
        for agent_id, failures_changed in taken:
            if (slot := self._slots.get(agent_id)) is not None:
                self._unwritten[slot] = None
                if failures_changed:
                    self._failures_unwritten.add(slot)
