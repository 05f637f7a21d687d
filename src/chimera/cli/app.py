"""The `chimera` command: which commands there are, and the one edge where failures become text and exit codes."""

import os
import sys

from cyclopts import App, CycloptsError

from chimera import __version__
from chimera.cli.failure import EXIT_USAGE, Interrupted, show_failure
from chimera.cli.stopping import StopSignals
from chimera.telemetry.logs import configure_logs

app = App(
    name="chimera",
    help="An autonomous content studio that cannot overspend.",
    version=__version__,
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
#: What `--help` lists, said here so that listing commands does not import them.
_COMMANDS: dict[str, tuple[str, str]] = {
    "run": (
        "chimera.cli.run:run",
        (
            "Make one video about something that rises, from posts to the local channel.\n\n"
            "What an earlier run left unfinished is finished instead of beginning another, "
            "unless all of it waits for a person."
        ),
    ),
    "scout": ("chimera.cli.scout:scout", "Find what is rising in a source, as of a moment."),
    "serve": (
        "chimera.cli.serve:serve",
        "Show the channel: gallery, videos, Media RSS (/feed.xml), JSON Feed (/feed.json), /health.",
    ),
    "halt": (
        "chimera.cli.halt:halt",
        "Stop everything at its next safe point, until `chimera unhalt`; running steps finish.",
    ),
    "unhalt": ("chimera.cli.halt:unhalt", "Let everything go on where it stopped."),
    "worker": (
        "chimera.cli.worker:worker",
        (
            "Host agents and work until Ctrl-C, alone or beside others on one DATABASE_URL and REDIS_URL.\n\n"
            "Use it as: chimera worker --roles artist,worker --agents 500\n\n"
            "The first Ctrl-C or SIGTERM drains within 10 seconds; a second one ends at once."
        ),
    ),
    "export": (
        "chimera.cli.export:export",
        "Copy a piece out: mp4, captions (srt, vtt), thumbnail, and a JSON bundle with its signed approvals.",
    ),
    "migrate": (
        "chimera.cli.migrate:migrate",
        (
            "Bring the database up to date, and give the application its rights; repeated, it changes nothing.\n\n"
            "A deployment runs it once and starts the rest after it; on one machine every command does it by itself."
        ),
    ),
    "doctor": (
        "chimera.cli.doctor:doctor",
        (
            "Look at everything Chimera needs: real (the full thing), local (Chimera's own way) or missing.\n\n"
            "Ends with exit code 5 when something needed is missing."
        ),
    ),
    "env": (
        "chimera.cli.environment:env",
        (
            "Print DATABASE_URL=... and REDIS_URL=... of the running engines (they hold the passwords).\n\n"
            'Use it as: eval "$(chimera env)" && psql "$DATABASE_URL"'
        ),
    ),
}
_GROUPS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "content": (
        "Content pieces: what was made and where it stands.",
        {
            "list": ("chimera.cli.content:list_content", "List the newest content pieces."),
            "show": (
                "chimera.cli.content:show",
                "Show one piece: its trend, script, tools, costs and where it stands.",
            ),
            "watch": (
                "chimera.cli.content_watch:watch",
                "Show what a piece is doing, or all in flight, until they end.",
            ),
            "schedule": (
                "chimera.cli.content_schedule:schedule",
                (
                    "Let a piece go out at a time, instead of as soon as it is passed.\n\n"
                    "Use it as: chimera content schedule ID --at 2026-02-06T18:30:00+01:00"
                ),
            ),
            "publish-now": (
                "chimera.cli.content_schedule:publish_now",
                "Let a piece go out as soon as it is passed, whatever was planned.",
            ),
            "unschedule": (
                "chimera.cli.content_schedule:unschedule",
                "Keep a piece back: it stays in review until it is scheduled again, or cancelled.",
            ),
            "resume": (
                "chimera.cli.content_steering:resume",
                "Go on with a piece that was left unfinished, or with all of them.",
            ),
            "retry": (
                "chimera.cli.content_steering:retry",
                (
                    "Try a failed piece again from a stage, and follow it to its end.\n\n"
                    "Use it as: chimera content retry ID --from generating"
                ),
            ),
            "cancel": (
                "chimera.cli.content_steering:cancel",
                (
                    "Call a piece off at its next safe point, wherever it is worked on.\n\n"
                    "Its tool jobs are ended, its money is released or settled as used. A published piece stays."
                ),
            ),
            "open": (
                "chimera.cli.content:open_content",
                "Print where the piece's video lies; on a terminal, play it with the desktop's player too.",
            ),
        },
    ),
    "agents": (
        "The crew: who there is, who works, who may not.",
        {
            "list": ("chimera.cli.agents:list_", "Count the agents by role and status, then list the newest."),
            "show": ("chimera.cli.agents:show", "Show one agent: its row, its live state, its host, its settings."),
            "spawn": (
                "chimera.cli.agents:spawn",
                (
                    "Make agents; a running worker that hosts the role takes them in, or the next one started does.\n\n"
                    "Use it as: chimera agents spawn artist --count 10 --config artist.json"
                ),
            ),
            "pause": ("chimera.cli.agents:pause", "Let an agent finish what it does and take no more work."),
            "resume": (
                "chimera.cli.agents:resume",
                "Let an agent work again, after a pause or after too many failures.",
            ),
            "retire": (
                "chimera.cli.agents:retire",
                "Let an agent finish what it does and never work again; what it did still names it.",
            ),
        },
    ),
    "token": (
        "Tokens: what a caller shows to be known.",
        {
            "issue": (
                "chimera.cli.token:issue",
                (
                    "Give out an access token (1 hour) and a refresh token (7 days) of an agent or a person.\n\n"
                    "Use it as: chimera token issue --role planner --json"
                ),
            ),
            "refresh": ("chimera.cli.token:refresh", "Exchange a refresh token for new tokens."),
            "revoke": ("chimera.cli.token:revoke", "End a login by one of its tokens, or all of an agent or a person."),
        },
    ),
    "keys": (
        "The keys that tokens are signed with, and those that media and secrets are sealed under.",
        {
            "list": ("chimera.cli.keys:list_", "List the public keys, and until when tokens signed with them count."),
            "rotate": (
                "chimera.cli.keys:rotate",
                (
                    "Sign with a new key from now on; tokens under the one before count until they expire.\n\n"
                    "With --at-once they count no more: for a key that others may know."
                ),
            ),
            "rotate-data": (
                "chimera.cli.data_keys:rotate_data",
                "Seal under a new data key from now on; what is older still opens. Nothing has to stop.",
            ),
            "seal-media": (
                "chimera.cli.data_keys:seal_media",
                (
                    "Seal media that lie under an older data key, or from an earlier version under none, under the "
                    "newest.\n\nIt may run beside everything else and may be stopped at any time; running it again "
                    "goes on."
                ),
            ),
        },
    ),
    "mcp": (
        "The studio as MCP tools.",
        {
            "serve": (
                "chimera.cli.mcp:serve",
                (
                    "Serve MCP on stdin and stdout, for the program that started this command; HTTP has it at /mcp.\n\n"
                    "Use it as: CHIMERA_TOKEN=... chimera mcp serve, or with --refresh-file FILE"
                ),
            ),
        },
    ),
    "users": (
        "People who may ask from outside.",
        {
            "add": (
                "chimera.cli.users:add",
                (
                    "Add a person; the password is asked for, or read from standard input.\n\n"
                    "Use it as: chimera users add Anna --role finance"
                ),
            ),
            "role": ("chimera.cli.users:role", "Give a person another role."),
            "password": ("chimera.cli.users:password", "Give a person another password; every login before ends."),
            "list": ("chimera.cli.users:list_", "List people and their roles."),
            "retire": ("chimera.cli.users:retire", "Let a person ask for nothing any more."),
        },
    ),
    "queue": (
        "The queue of tasks: what waits, what was refused or given up.",
        {
            "stats": (
                "chimera.cli.queue:stats",
                "Show how many hints and tasks there are, since when the oldest waits, what was done in the last hour.",
            ),
            "peek": ("chimera.cli.queue:peek", "List the queued tasks in the order of their priority and age."),
            "dead": (
                "chimera.cli.queue:dead",
                "List the newest dead letters with their reasons; with --clear, drop them all.",
            ),
            "retry": ("chimera.cli.queue:retry", "Queue a task that failed or was given up once more."),
        },
    ),
    "review": (
        "What waits for a person.",
        {
            "list": ("chimera.cli.review:review_list", "List what waits, the longest waiting first."),
            "approve": (
                "chimera.cli.review:approve",
                "Approve what waits: a trend can be chosen then, a piece goes out, work counts.",
            ),
            "reject": ("chimera.cli.review:reject", "Reject what waits; the reason is required."),
        },
    ),
    "studio": (
        "Channels that run by themselves.",
        {
            "run": (
                "chimera.cli.studio_run:run",
                (
                    "Run a channel unattended until it is stopped: find, choose, make, review, publish, at its cadence."
                    "\n\nA second run on the same objective goes on where the first stopped."
                ),
            ),
            "register": (
                "chimera.cli.studio_run:register",
                "Register a channel, or what changed in its file, for running workers to make.",
            ),
            "status": (
                "chimera.cli.studio_run:status",
                "Show every channel: state, money, next slots, what is under way, last outcomes.",
            ),
            "example": ("chimera.cli.studio_run:example", "Print a commented objective, ready to be changed."),
            "pause": ("chimera.cli.studio_run:pause", "Order nothing more for a channel; finish what is under way."),
            "resume": ("chimera.cli.studio_run:resume", "Let a paused channel go on."),
        },
    ),
    "budget": (
        "Budget lines, the limits people set, and alerts.",
        {
            "show": ("chimera.cli.budget:show", "Show limit, spent, held and remaining of every budget line."),
            "set": (
                "chimera.cli.budget:set_",
                (
                    "Set a limit that binds instead of the setting from the next decision on; --reset lifts it.\n\n"
                    'Use it as: chimera budget set daily total 500 --reason "quiet week"'
                ),
            ),
            "history": ("chimera.cli.budget:history", "List the limits people set and lifted, and why."),
            "alerts": ("chimera.cli.budget:alerts", "List the lines that passed 50, 80, 100%, overruns and pauses."),
        },
    ),
    "approvals": (
        "Requests for money that wait for a person.",
        {
            "list": ("chimera.cli.approvals:list_", "List what waits, the longest waiting first, then the answered."),
            "show": (
                "chimera.cli.approvals:show",
                (
                    "Show one request whole: who asks, why it waits point by point, what the budgets hold.\n\n"
                    "TX is a transaction or six or more digits of it. Ends with exit code 4 while it waits."
                ),
            ),
            "approve": (
                "chimera.cli.approvals:approve",
                "Approve a waiting request, or a part of it; never one's own.",
            ),
            "reject": ("chimera.cli.approvals:reject", "Reject a waiting request; the reason is required."),
            "watch": ("chimera.cli.approvals:watch", "Show requests as they come to wait, until Ctrl-C."),
        },
    ),
    "spend": (
        "Stop all spending at once, and see what is held and owed.",
        {
            "pause": ("chimera.cli.spend:pause", "Refuse every request for money from now on."),
            "resume": ("chimera.cli.spend:resume", "Let spending go on after a pause."),
            "status": ("chimera.cli.spend:status", "Tell whether spending is paused, what is held, what is owed."),
            "holds": ("chimera.cli.spend:holds", "List the approvals that were not settled yet."),
            "settle": ("chimera.cli.spend:settle", "Close an approval at what was really spent."),
            "void": ("chimera.cli.spend:void", "Close an approval of which nothing was spent."),
        },
    ),
    "ledger": (
        "The signed ledger.",
        {
            "verify": (
                "chimera.cli.ledger:verify",
                (
                    "Check every signature, row, sequence number, checkpoint and budget line of the ledger.\n\n"
                    "Only the CFO's public key of this home, and earlier ones kept in its keys/retired folder, are "
                    "trusted. Names the first bad row; ends with exit code 1 if anything is wrong."
                ),
            ),
            "prove": (
                "chimera.cli.ledger_log:prove",
                "Write the proof of one transaction: a file that anybody can check without a database.",
            ),
            "check": (
                "chimera.cli.ledger_log:check",
                (
                    "Check a proof offline, against the public keys you trust: the CFO's and the log's.\n\n"
                    "Use it as: chimera ledger check proof.json --key cfo.pub --key log.pub\n\n"
                    "Ends with exit code 1 unless it is proven under keys you gave."
                ),
            ),
            "export": ("chimera.cli.ledger_log:export", "Write the whole ledger as CSV or JSON lines."),
            "checkpoint": (
                "chimera.cli.ledger_log:checkpoint",
                (
                    "Publish the ledger now and print its signed checkpoint.\n\n"
                    "Keep a copy elsewhere: `chimera ledger verify --from-checkpoint` proves that nothing before it "
                    "was changed."
                ),
            ),
            "rotate-key": (
                "chimera.cli.ledger_log:rotate_key",
                (
                    "Retire the CFO's key and begin a new one; old rows go on verifying.\n\n"
                    "Start processes that approve anew afterwards: they still sign under the old key and are refused."
                ),
            ),
            "show": (
                "chimera.cli.ledger:show",
                "List the newest rows of the ledger; with --json whole, as they can be checked offline.",
            ),
            "explain": (
                "chimera.cli.ledger_explain:explain_",
                "Tell why one row is as it is: the rule, its inputs, the points of the risk.",
            ),
        },
    ),
    "config": (
        "The variables the studio runs by.",
        {
            "show": (
                "chimera.cli.config:show",
                "List every variable with its value and where that comes from; secrets only as set or unset.",
            ),
            "check": (
                "chimera.cli.config:check",
                (
                    "Read every variable as a start would, fetch the secrets that Vault or AWS keep, "
                    "and list everything wrong.\n\n"
                    "Ends with exit code 2 when anything is wrong."
                ),
            ),
        },
    ),
    "engines": (
        "The embedded PostgreSQL and Valkey.",
        {
            "start": (
                "chimera.cli.engines:start",
                (
                    "Start the embedded engines and leave them running until `chimera engines stop`.\n\n"
                    "An engine whose url is set (DATABASE_URL, REDIS_URL) is not started."
                ),
            ),
            "stop": (
                "chimera.cli.engines:stop",
                "Stop the embedded engines; those that other commands still use stop when the last of them ends.",
            ),
            "status": ("chimera.cli.engines:status", "Show which of them run."),
        },
    ),
    "bench": (
        "Measured times, with a baseline in the same run.",
        {
            "run": (
                "chimera.cli.bench:bench_run",
                (
                    "Make one piece in a new, empty home and report how long each phase took.\n\n"
                    "The baseline is a bare H.264 encode of the very frames that were produced, so the ratio holds on "
                    "any machine."
                ),
            ),
            "treasury": (
                "chimera.cli.treasury_bench:bench_treasury",
                (
                    "Time signed approvals beside a bare COPY of the same rows, on new databases of its own.\n\n"
                    "It takes some minutes; docs/benchmarks.md tells what each figure means."
                ),
            ),
            "chaos": (
                "chimera.cli.chaos_bench:bench_chaos",
                (
                    "Kill -9, stop and cut processes and engines of a crew; then check that nothing was lost.\n\n"
                    "Ends with exit code 1 if anything was lost, doubled or left behind."
                ),
            ),
            "crew": (
                "chimera.cli.crew_bench:bench_crew",
                (
                    "Measure hosting, dispatch and durable work beside bare loops, dramatiq and pgqueuer.\n\n"
                    "It takes some minutes; docs/benchmarks.md tells what each figure means."
                ),
            ),
            "api": (
                "chimera.cli.api_bench:bench_api",
                (
                    "Measure `chimera serve` over HTTP: decisions beside a bare server, analyses, reads, starts.\n\n"
                    "It takes some minutes; docs/benchmarks.md tells what each figure means."
                ),
            ),
        },
    ),
}


def _register(parent: App, commands: dict[str, tuple[str, str]]) -> None:
    for name, (target, summary) in commands.items():
        parent.command(target, name=name, help=summary)


_register(app, _COMMANDS)
for _group, (_help, _group_commands) in _GROUPS.items():
    _sub = App(name=_group, help=_help)
    _register(_sub, _group_commands)
    app.command(_sub)


def main() -> None:
    """Run one command and leave with its exit code (0 ok, 1 failure, 2 usage, 3 refused, 4 waiting, 5 missing)."""
    configure_logs()
    stop = StopSignals()
    stop.listen()
    arguments = sys.argv[1:]
    as_json = "--json" in arguments
    try:
        result = app(arguments, exit_on_error=False, print_error=not as_json)
    except CycloptsError as error:
        if as_json:
            show_failure(error, as_json=True)
        sys.exit(EXIT_USAGE)
    except KeyboardInterrupt:
        show_failure(Interrupted(), as_json=as_json)
        sys.exit(stop.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the edge: every failure leaves as one clear error
        sys.exit(show_failure(error, as_json=as_json))
    sys.exit(result if isinstance(result, int) else 0)
