"""The lists of hints in Redis: how they are pushed, sorted by role and taken.

Anybody pushes to the shared lists. They are sorted, inside Redis, into one list a priority and role, so that a host
takes exactly what its idle agents can begin, and never looks at the same hint twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from chimera.contracts.task import QUEUE_MESSAGE_BYTES_MAX
from chimera.core.vocabulary import Priority, Role
from chimera.runtime.dispatch.hints import hint_message, role_list, shared_list
from chimera.runtime.dispatch.turns import ONE_IN

SORTED_AT_ONCE = 512
"""Of each shared list: two thousand moves hold Redis up for about two milliseconds."""
PUSHED_AT_ONCE = 1_000
LOW_AT_ONCE = 100
"""Of a role: whoever works through a long list of low tasks looks for urgent ones that often."""
_SHARED = tuple(shared_list(priority) for priority in Priority)

#: KEYS: the shared lists, the most urgent first. ARGV: how many of each to sort, how long a message may be, every role
#: with a comma behind it, how many to take of the last list; then, for each role to take for: the role, how many, and
#: how many of these are reserved for the second, third and fourth list. Answers the lists of a wrong type, what could
#: not be sorted (place, length, the beginning), what was taken (place, how many, a line each), and whether a shared
#: list holds more. A message with a line break, which only who pushes to a sorted list can have put there, is answered
#: as one that can't be sorted.
_TAKE = """
local wrong, unsorted, taken, more = {}, {}, {}, 0
local function usable(key)
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'list' and kind ~= 'none' then wrong[#wrong + 1] = key end
  return kind == 'list'
end
local at_once, length_max, roles = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for role in string.gmatch(ARGV[3], '(%a+),') do roles[role] = true end
for place, key in ipairs(KEYS) do
  if usable(key) then
    local sorted = {}
    for _, message in ipairs(redis.call('RPOP', key, at_once)) do
      local role = #message <= length_max and string.match(
        message, '^{ ?"task_id" ?: ?"[%x%-]+" ?, ?"agent_role" ?: ?"(%l+)" ?}$')
      if role and roles[role] then
        sorted[role] = sorted[role] or {}
        table.insert(sorted[role], message)
      else
        unsorted[#unsorted + 1] = {place, #message, string.sub(message, 1, length_max + 1)}
      end
    end
    for role, messages in pairs(sorted) do
      local pushed = redis.pcall('LPUSH', key .. ':' .. role, unpack(messages))
      if type(pushed) == 'table' then
        wrong[#wrong + 1] = key .. ':' .. role
        for _, message in ipairs(messages) do unsorted[#unsorted + 1] = {place, #message, message} end
      end
    end
    if redis.call('LLEN', key) > 0 then more = 1 end
  end
end
local last_at_once = tonumber(ARGV[4])
for first = 5, #ARGV, 5 do
  local role, left = ARGV[first], tonumber(ARGV[first + 1])
  local function take(place, count)
    local key = KEYS[place] .. ':' .. role
    if count < 1 or not usable(key) then return end
    local messages = redis.call('RPOP', key, math.min(count, left))
    left = left - #messages
    local lines = table.concat(messages, '\\n')
    if select(2, string.gsub(lines, '\\n', '')) >= #messages then
      local plain = {}
      for _, message in ipairs(messages) do
        if string.find(message, '\\n', 1, true) then
          unsorted[#unsorted + 1] = {place, #message, string.sub(message, 1, length_max + 1)}
        else
          plain[#plain + 1] = message
        end
      end
      messages, lines = plain, table.concat(plain, '\\n')
    end
    if #messages > 0 then taken[#taken + 1] = {place, #messages, lines} end
  end
  for place = #KEYS, 2, -1 do take(place, math.min(tonumber(ARGV[first + place]), left)) end
  for place = 1, #KEYS - 1 do take(place, left) end
  take(#KEYS, math.min(left, last_at_once))
end
return {wrong, unsorted, taken, more}
"""


@dataclass(frozen=True, slots=True)
class Message:
    """Something that lay in a list. `length` is its whole length; of a longer one only the beginning is here."""

    priority: Priority
    body: bytes
    length: int


class Lines(NamedTuple):
    """So many messages of one priority, a line each, the next one first."""

    priority: Priority
    messages: int
    text: bytes

    def apart(self) -> list[Message]:
        return [Message(self.priority, body, len(body)) for body in self.text.split(b"\n")]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look at the lists gave: messages that were sorted by role, and others of any kind."""

    lines: Sequence[Lines]
    others: Sequence[Message]
    wrong_lists: frozenset[str]
    more: bool


@dataclass(frozen=True, slots=True)
class Demand:
    """How many tasks of a role can begin now, and how many of these are reserved for which priority."""

    count: int
    reserved: Mapping[Priority, int]


class HintLists:
    """The lists, through a client that answers in bytes.

    Every method raises what the client raises: Redis holds hints only, so whoever uses them can go on without.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._take: Any = redis.register_script(_TAKE)

    async def push(self, hints: Iterable[tuple[UUID | str, Role, Priority]]) -> frozenset[str]:
        """Put hints behind all others; answers the lists that are no lists, whose hints are left out."""
        messages: dict[str, list[str]] = {}
        for task_id, role, priority in hints:
            messages.setdefault(shared_list(priority), []).append(hint_message(task_id, role))
        return await self._put("lpush", messages)

    async def put_back(self, hints: Iterable[tuple[str, Role, Priority]]) -> frozenset[str]:
        """Put hints that were taken and not used before all others of their role."""
        messages: dict[str, list[str]] = {}
        for task_id, role, priority in hints:
            messages.setdefault(role_list(priority, role), []).append(hint_message(task_id, role))
        return await self._put("rpush", {name: list(reversed(texts)) for name, texts in messages.items()})

    async def take(self, demand: Mapping[Role, Demand]) -> Taken:
        """Sort some of what came, and take what is demanded; in one step that nobody else comes between."""
        roles = "".join(f"{role}," for role in Role)
        arguments: list[str | int] = [SORTED_AT_ONCE, QUEUE_MESSAGE_BYTES_MAX, roles, LOW_AT_ONCE]
        for role, wanted in demand.items():
            arguments += [role.value, wanted.count, *(wanted.reserved.get(priority, 0) for priority in ONE_IN)]
        wrong, unsorted, taken, more = await self._take(keys=_SHARED, args=arguments)
        places = tuple(Priority)
        return Taken(
            lines=[Lines(places[place - 1], count, lines) for place, count, lines in taken],
            others=[Message(places[place - 1], body, length) for place, length, body in unsorted],
            wrong_lists=frozenset(name.decode() for name in wrong),
            more=bool(more),
        )

    async def wait(self, roles: Iterable[Role], seconds: float, without: frozenset[str]) -> Message | None:
        """The next message for these roles as soon as there is one, or None after so long; not from lists `without`."""
        names = [*_SHARED, *(role_list(priority, role) for priority in Priority for role in roles)]
        names = [name for name in names if name not in without]
        waiting: Any = self._redis.blmpop(seconds, len(names), *names, direction="RIGHT", count=1)
        found = await waiting
        if found is None:
            return None
        name, (body,) = found
        return Message(Priority(name.decode().split(":")[1]), body, len(body))

    async def depths(self) -> dict[str, int]:
        """The length of every list that is not empty; -1 for one that is no list."""
        names = [*_SHARED, *(role_list(priority, role) for priority in Priority for role in Role)]
        pipe: Any = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.llen(name)
        lengths = await pipe.execute(raise_on_error=False)
        for length in lengths:
            if isinstance(length, Exception) and not _is_wrong_type(length):
                raise length
        depths = {
            name: -1 if isinstance(length, Exception) else int(length)
            for name, length in zip(names, lengths, strict=True)
        }
        return {name: depth for name, depth in depths.items() if depth}

    async def _put(self, command: str, messages: Mapping[str, Sequence[str]]) -> frozenset[str]:
        pipe: Any = self._redis.pipeline(transaction=False)
        names = []
        for name, texts in messages.items():
            for first in range(0, len(texts), PUSHED_AT_ONCE):
                getattr(pipe, command)(name, *texts[first : first + PUSHED_AT_ONCE])
                names.append(name)
        answers = await pipe.execute(raise_on_error=False) if names else []
        for answer in answers:
            if isinstance(answer, Exception) and not _is_wrong_type(answer):
                raise answer
        return frozenset(name for name, answer in zip(names, answers, strict=True) if isinstance(answer, Exception))


def _is_wrong_type(answer: Exception) -> bool:
    return isinstance(answer, ResponseError) and str(answer).startswith("WRONGTYPE")
