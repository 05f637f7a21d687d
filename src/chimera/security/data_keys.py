"""The ring of data keys: the newest seals, all of them open; files and short secrets go through it.

The wrapped keys lie in the database, so that all machines share them; here they are unwrapped, in memory only.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from chimera.core.errors import EngineUnavailable, SealBroken
from chimera.security import sealed_bytes
from chimera.security.master_key import PREVIOUS_VARIABLE, VARIABLE, MasterKey
from chimera.security.sealing import KEY_BYTES, Header, ReadAt, SealedFile, is_sealed, seal_file


class WrappedKey(Protocol):
    """What is needed of a row of `data_key`."""

    @property
    def id(self) -> UUID: ...

    @property
    def number(self) -> int: ...

    @property
    def wrapped(self) -> bytes: ...


ReadRows = Callable[[], Sequence[WrappedKey]]


@dataclass(frozen=True, slots=True)
class _Keys:
    current: UUID
    secrets: Mapping[UUID, bytes]


class KeyRing:
    """Open data keys; `read_masters` and `read_rows` are asked again when another process has changed something.

    Any thread may use it.
    """

    def __init__(
        self, read_masters: Callable[[], Sequence[MasterKey]], rows: Sequence[WrappedKey], read_rows: ReadRows
    ) -> None:
        """Raises:
        EngineUnavailable: no master key given opens one of the rows; the message says what to set.
        """
        self._read_masters = read_masters
        self._read_rows = read_rows
        masters = read_masters()
        self._keys = _keys(rows, {row.id: unwrap(masters, row) for row in rows})

    @property
    def current_id(self) -> UUID:
        """The key that seals now."""
        return self._keys.current

    def refresh(self) -> None:
        """Take over keys that were made meanwhile; it waits for the database.

        One that is wrapped with a master not known here yet is left out: the newest of the others goes on sealing.

        Raises:
            EngineUnavailable: the database does not answer.
        """
        rows, known = self._read_rows(), self._keys.secrets
        unknown = [row for row in rows if row.id not in known]
        masters = self._read_masters() if unknown else ()
        opened = {row.id: secret for row in unknown if (secret := _tried(masters, row)) is not None}
        if opened:
            self._keys = _keys(rows, {**known, **opened})

    def seal_file(self, name: str, plain_bytes: int, read: Callable[[int], bytes]) -> Iterator[bytes]:
        """A file sealed for the name it is kept under; see `sealing.seal_file`. Asks for the newest key first."""
        self.refresh()
        keys = self._keys
        return seal_file(Header.new(keys.current, plain_bytes), keys.secrets[keys.current], name, read)

    def open_file(self, name: str, raw_header: bytes, sealed_bytes: int, read: ReadAt) -> SealedFile:
        """Raises:
        SealBroken: no sealed file, cut or lengthened, or under a key that nobody has any more.
        """
        key = self._key(Header.parse(raw_header).key_id)
        return SealedFile(raw_header, sealed_bytes, key, name, read)

    def is_sealed(self, beginning: bytes) -> bool:
        """Whether a file that begins so is a sealed one."""
        return is_sealed(beginning)

    def is_current(self, beginning: bytes) -> bool:
        """Whether a sealed file that begins so is under the newest key."""
        return Header.parse(beginning).key_id == self._keys.current

    def seal_bytes(self, purpose: str, context: str, plaintext: bytes) -> bytes:
        """A short secret sealed; `purpose` says what it is (such as a column), `context` where (such as a row's id)."""
        keys = self._keys
        return sealed_bytes.seal_bytes(keys.current, keys.secrets[keys.current], purpose, context, plaintext)

    def open_bytes(self, purpose: str, context: str, sealed: bytes) -> bytes:
        """What was sealed for this purpose and context.

        Raises:
            SealBroken: changed, meant for another place, or under a key that nobody has any more.
        """
        return sealed_bytes.open_bytes(sealed, self._key(sealed_bytes.key_id_of(sealed)), purpose, context)

    def _key(self, key_id: UUID) -> bytes:
        if key_id not in self._keys.secrets:
            self.refresh()
        try:
            return self._keys.secrets[key_id]
        except KeyError:
            raise SealBroken(
                f"this was sealed under the data key {key_id}, which is not open here: restore the table data_key "
                f"together with the media; where {VARIABLE} was changed, start with the new one",
                {"key_id": str(key_id)},
            ) from None


def new_data_key() -> bytes:
    return os.urandom(KEY_BYTES)


def unwrap(masters: Sequence[MasterKey], row: WrappedKey) -> bytes:
    """The row's data key, by the first master that opens it.

    Raises:
        EngineUnavailable: none does.
    """
    if (secret := _tried(masters, row)) is not None:
        return secret
    raise EngineUnavailable(
        f"the master key given here does not open the database's data key {row.number}: set {VARIABLE} to the one it "
        f"was made with (and {PREVIOUS_VARIABLE} beside it after a change), or restore keys/data.key. Nothing was "
        "changed, and nothing is lost while the right key is kept",
        {"data_key": row.number},
    )


def _tried(masters: Sequence[MasterKey], row: WrappedKey) -> bytes | None:
    opened = (master.unwrap(row.id, row.wrapped) for master in masters)
    return next((secret for secret in opened if secret is not None), None)


def _keys(rows: Sequence[WrappedKey], secrets: Mapping[UUID, bytes]) -> _Keys:
    """The newest that is open seals.

    Raises:
        EngineUnavailable: there is none at all.
    """
    numbers = {row.id: row.number for row in rows if row.id in secrets}
    if not numbers:
        raise EngineUnavailable("the database's data keys are gone: restore the table data_key from a backup")
    return _Keys(max(numbers, key=lambda key_id: numbers[key_id]), secrets)
