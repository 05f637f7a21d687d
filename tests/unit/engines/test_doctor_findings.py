"""What the doctor makes of what it finds."""

from pathlib import Path

from chimera.cli.finding import Finding, State, is_well, one_of, report
from chimera.cli.inspection import (
    disk_finding,
    home_finding,
    key_finding,
    python_finding,
    rights_finding,
    vendor_findings,
)
from chimera.config.settings import Settings
from chimera.storage.access import Separation

settings = Settings.from_environment


def test_a_missing_thing_that_is_needed_makes_the_machine_unwell() -> None:
    assert not is_well([Finding("Encoder", State.MISSING, "not there", "install it")])


def test_a_missing_thing_that_is_not_needed_does_not() -> None:
    assert is_well([Finding("Extra", State.MISSING, "not there", needed=False)])


def test_absent_parts_are_named() -> None:
    finding = one_of("Voice model", ["part 2"], "all there", "install it")
    assert (finding.state, finding.remedy) == (State.MISSING, "install it")
    assert "part 2" in finding.detail


def test_the_document_tells_the_verdict_and_every_finding() -> None:
    document = report([Finding("Python", State.REAL, "3.11.7")])
    assert document == {
        "ok": True,
        "findings": [{"name": "Python", "state": "real", "detail": "3.11.7", "remedy": "", "needed": True}],
    }


def test_an_old_python_is_missing() -> None:
    assert python_finding((3, 10, 9)).state is State.MISSING


def test_a_tool_without_its_key_is_local_and_a_given_key_is_not_called_tried() -> None:
    without, given = vendor_findings(settings({}))[0], vendor_findings(settings({"OPENAI_API_KEY": "sk-secret"}))[0]
    assert (without.state, without.detail) == (State.LOCAL, "not configured, local tools used")
    assert "not tried" in given.detail
    assert "sk-secret" not in given.detail


def test_a_signing_key_is_read_and_never_shown(tmp_path: Path) -> None:
    secret = "5e" * 32
    good, bad = (key_finding(tmp_path, settings({"CFO_PRIVATE_KEY": text})) for text in (secret, "garbage-key"))
    assert (good.state, bad.state) == (State.REAL, State.MISSING)
    assert secret not in good.detail
    assert "garbage-key" not in bad.detail
    assert key_finding(tmp_path, settings({})).state is State.LOCAL


def test_where_money_is_asked_for_elsewhere_the_public_key_must_be_known(tmp_path: Path) -> None:
    asking = {"CFO_URL": "https://cfo.example.org", "CFO_TOKEN": "secret-token"}
    findings = [key_finding(tmp_path, settings(asking | changes)) for changes in ({}, {"CFO_PUBLIC_KEY": "5e" * 32})]
    assert [finding.state for finding in findings] == [State.MISSING, State.REAL]
    assert not [finding for finding in findings if "secret-token" in finding.detail]


def test_a_home_is_tried_without_being_made(tmp_path: Path) -> None:
    home = tmp_path / "not" / "yet"
    assert home_finding(home).state is State.REAL
    assert disk_finding(home).state is State.REAL
    assert list(tmp_path.iterdir()) == []


def test_rights_that_are_not_apart_are_told_and_stop_nothing() -> None:
    together = rights_finding(Separation(None, ()))
    assert "not separated" in together.detail
    assert "DATABASE_OWNER_URL" in together.remedy
    changed = rights_finding(Separation("chimera_app", ("UPDATE on ledger is granted and should not be", "more")))
    assert "UPDATE on ledger is granted and should not be (and 1 more)" in changed.detail
    assert rights_finding(Separation("chimera_app", ())).state is rights_finding(None).state is State.REAL
    assert is_well([together, changed])
