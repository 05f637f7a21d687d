"""The ring of data keys: the newest seals, all open; a wrong master changes nothing and says so."""

import base64
import io
import os
from pathlib import Path

import pytest

from chimera.core.errors import EngineUnavailable, SealBroken, ValidationFailed
from chimera.security.data_keys import KeyRing
from chimera.security.master_key import MASTER_FILE, PREVIOUS_FILE, MasterKey, begin_next, master_keys, take_over
from chimera.security.sealing import Header
from factories_sealing import KeyTable, Row


def master() -> MasterKey:
    return MasterKey(os.urandom(32))


def test_what_is_sealed_after_a_rotation_is_under_the_new_key_and_the_old_still_opens() -> None:
    table = KeyTable()
    ring = table.ring()
    old = ring.seal_bytes("script", "1", b"old")

    newest = table.add()
    header = Header.parse(next(iter(ring.seal_file("assets/a", 3, io.BytesIO(b"new").read))))

    assert header.key_id == newest == ring.current_id
    assert ring.open_bytes("script", "1", old) == b"old"


def test_another_process_learns_of_a_new_key_when_it_meets_it() -> None:
    table = KeyTable()
    one, other = table.ring(), table.ring()
    table.add()
    one.refresh()

    assert other.open_bytes("script", "1", one.seal_bytes("script", "1", b"x")) == b"x"
    assert table.opened == 2
    other.open_bytes("script", "1", one.seal_bytes("script", "1", b"y"))
    assert table.opened == 2


def test_a_key_of_another_database_is_refused() -> None:
    foreign = KeyTable().ring().seal_bytes("script", "1", b"x")

    with pytest.raises(SealBroken, match="restore the table data_key"):
        KeyTable().ring().open_bytes("script", "1", foreign)


def test_a_wrong_master_is_one_clear_error_at_the_start() -> None:
    table = KeyTable()
    table.ring()

    with pytest.raises(EngineUnavailable, match="set CHIMERA_DATA_KEY to the one it was made with"):
        KeyRing(lambda: [master()], table.rows, table.read)


def test_a_changed_or_swapped_wrapped_key_does_not_open() -> None:
    table = KeyTable()
    first, second = table.add(), table.add()
    one, two = table.rows
    changed = bytearray(one.wrapped)
    changed[20] ^= 1

    for rows in ([Row(first, 1, two.wrapped), two], [Row(first, 1, bytes(changed)), two]):
        with pytest.raises(EngineUnavailable, match="data key 1"):
            KeyRing(lambda: table.masters, rows, table.read)
    assert second == table.ring().current_id


def test_a_running_process_goes_on_while_keys_are_wrapped_with_a_master_it_does_not_know() -> None:
    table = KeyTable()
    ring = table.ring()
    sealed = ring.seal_bytes("script", "1", b"x")
    before, known = ring.current_id, table.masters
    there = KeyTable([master()], table.rows)
    there.add()
    table.rows = there.rows

    ring.refresh()
    assert ring.current_id == before
    assert ring.open_bytes("script", "1", sealed) == b"x"

    table.masters = [*there.masters, *known]
    ring.refresh()
    assert ring.current_id == there.rows[-1].id


def test_the_ring_and_the_master_print_no_secret() -> None:
    table = KeyTable()
    printed = repr(table.masters) + repr(table.ring())

    assert table.masters[0].secret.hex() not in printed
    assert repr(table.masters[0].secret) not in printed


def test_the_homes_master_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    made = master_keys(tmp_path, None, may_make=True)

    assert (tmp_path / MASTER_FILE).stat().st_mode & 0o777 == 0o600
    assert master_keys(tmp_path, None, may_make=False) == made


def test_a_home_without_the_master_does_not_make_another_where_keys_are_there(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"copy data\.key"):
        master_keys(tmp_path, None, may_make=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_master_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    master_keys(tmp_path, None, may_make=True)
    (tmp_path / MASTER_FILE).chmod(mode)

    with pytest.raises(EngineUnavailable, match="can be read by other users"):
        master_keys(tmp_path, None, may_make=False)


@pytest.mark.parametrize("text", ["", "x", base64.b64encode(bytes(31)).decode(), base64.b64encode(bytes(33)).decode()])
def test_a_variable_that_is_no_key_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        master_keys(tmp_path, text, may_make=True)
    assert not text or text not in refused.value.message.split()


def test_a_given_key_comes_first_and_the_previous_still_opens(tmp_path: Path) -> None:
    now, before = os.urandom(32), os.urandom(32)
    given = [base64.b64encode(key).decode() for key in (now, before)]

    found = master_keys(tmp_path, *given, may_make=False)

    assert [key.secret for key in found] == [now, before]
    assert list(tmp_path.iterdir()) == []


def test_a_change_of_the_homes_master_can_be_cut_off_anywhere(tmp_path: Path) -> None:
    (present,) = master_keys(tmp_path, None, may_make=True)
    begun = begin_next(tmp_path)

    assert master_keys(tmp_path, None, may_make=False) == (present, begun)
    assert begin_next(tmp_path) == begun

    take_over(tmp_path)
    assert master_keys(tmp_path, None, may_make=False) == (begun, present)
    assert (tmp_path / PREVIOUS_FILE).stat().st_mode & 0o777 == 0o600
