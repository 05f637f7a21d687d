"""Every closed list of words the specification names (section 1's CHECKs and section 3), as StrEnums."""

from enum import StrEnum


class Role(StrEnum):
    SCOUT = "scout"
    DIRECTOR = "director"
    ARTIST = "artist"
    CFO = "cfo"
    PLANNER = "planner"
    WORKER = "worker"
    JUDGE = "judge"


class PersonRole(StrEnum):
    """What a person may be, beside the roles of agents."""

    VIEWER = "viewer"
    CREATOR = "creator"
    FINANCE = "finance"
    OPERATOR = "operator"
    ADMIN = "admin"


class AgentStatus(StrEnum):
    IDLE = "idle"
    BUSY = "busy"
    OFFLINE = "offline"
    ERROR = "error"


class Stage(StrEnum):
    DRAFT = "draft"
    GENERATING = "generating"
    REVIEW = "review"
    PUBLISHED = "published"
    FAILED = "failed"


class ContentFormat(StrEnum):
    VIDEO = "video"
    IMAGE = "image"
    THREAD = "thread"
    CAROUSEL = "carousel"


class Resolution(StrEnum):
    HD = "720p"
    FULL_HD = "1080p"
    UHD = "4k"


class RequestType(StrEnum):
    API_CALL = "api_call"
    COMPUTE = "compute"
    STORAGE = "storage"
    BLOCKCHAIN = "blockchain"


class BudgetPeriod(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class BudgetCategory(StrEnum):
    API_CALL = "api_call"
    COMPUTE = "compute"
    STORAGE = "storage"
    TOTAL = "total"


class Decision(StrEnum):
    """What the CFO decided; an escalated request waits for a human."""

    APPROVED = "approved"
    REJECTED = "rejected"
    ESCALATED = "escalated"


class EntryKind(StrEnum):
    """What a row of the ledger is: a decision, a person's answer to it, or what became of an approval."""

    DECISION = "decision"
    HUMAN = "human"
    SETTLE = "settle"
    VOID = "void"
    EXPIRE = "expire"
    OVERRUN = "overrun"
    PAUSE = "pause"
    RESUME = "resume"


class QualityPreset(StrEnum):
    DRAFT = "draft"
    STANDARD = "standard"
    HIGH = "high"


class Aspect(StrEnum):
    """Width to height of a video."""

    VERTICAL = "9:16"
    WIDE = "16:9"
    SQUARE = "1:1"


class FileType(StrEnum):
    VIDEO = "video"
    IMAGE = "image"
    THUMBNAIL = "thumbnail"
    AUDIO = "audio"
    CAPTIONS = "captions"


class Priority(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class TaskState(StrEnum):
    """Where a task stands; the last four are ends."""

    #: Needs other tasks first.
    BLOCKED = "blocked"
    QUEUED = "queued"
    RUNNING = "running"
    #: Worked on; counts once a judge has passed it.
    REVIEW = "review"
    #: A person decides.
    WAITING = "waiting"
    DONE = "done"
    #: The work said no for good.
    FAILED = "failed"
    #: Given up after its attempts.
    DEAD = "dead"
    CANCELLED = "cancelled"


class TaskKind(StrEnum):
    """What a task is for; each is done by one role."""

    #: Does nothing, for measuring the way there and back.
    NOOP = "noop"
    PLAN = "plan"
    SCAN = "scan"
    CHOOSE = "choose"
    CONTENT = "content"
    #: From an existing brief to its asset (`internal.agent.artist.produce`).
    PRODUCE = "produce"
    REVIEW = "review"


class ComponentHealth(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
