"""Under which host names the channel answers."""

import pytest

from chimera.cli.serve import hosts_answered
from chimera.core.errors import ValidationFailed


def test_on_loopback_only_loopback_names_are_answered() -> None:
    assert hosts_answered("127.0.0.1", behind_proxy=False, public_hosts=()) == {"127.0.0.1", "localhost", "::1"}


def test_another_address_needs_a_proxy_and_its_public_name() -> None:
    with pytest.raises(ValidationFailed, match="--behind-proxy"):
        hosts_answered("0.0.0.0", behind_proxy=False, public_hosts=())
    with pytest.raises(ValidationFailed, match="--public-host"):
        hosts_answered("0.0.0.0", behind_proxy=True, public_hosts=())
    with pytest.raises(ValidationFailed, match="--behind-proxy"):
        hosts_answered("127.0.0.1", behind_proxy=False, public_hosts=("a.example",))
    assert "a.example" in hosts_answered("0.0.0.0", behind_proxy=True, public_hosts=("A.example",))
