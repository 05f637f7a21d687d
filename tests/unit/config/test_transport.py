"""What may go over which wire: every form in which a host can be named."""

import pytest

from chimera.config.problem import VariableRefused
from chimera.config.transport import (
    Plaintext,
    check_http_url,
    check_redis_url,
    database_hosts,
    database_terms,
    is_this_machine,
    secured_database_url,
)

NAMES = {
    "here.example.org": ["127.0.0.1", "::1"],
    "half.example.org": ["127.0.0.1", "10.0.0.7"],
    "db.example.org": ["10.0.0.7"],
    "postgres": ["172.18.0.2"],
}
ADD = "?sslmode=verify-full"


def resolve(name: str) -> list[str]:
    return NAMES.get(name, [])


def secured(url: str, environment: dict[str, str] | None = None, *, allowed: bool = False) -> str:
    return secured_database_url(url, environment or {}, resolve, plaintext_allowed=allowed)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "LOCALHOST.",
        "studio.localhost",
        "127.0.0.1",
        "127.8.9.10",
        "::1",
        "[::1]",
        "::ffff:127.0.0.1",
        "/var/run/postgresql",
        "@abstract",
        "here.example.org",
    ],
)
def test_loopback_and_sockets_are_this_machine(host: str) -> None:
    assert is_this_machine(host, resolve)


@pytest.mark.parametrize(
    "host",
    [
        "postgres",
        "db.example.org",
        "half.example.org",
        "no-such-name",
        "10.0.0.7",
        "0.0.0.0",
        "::",
        "::ffff:10.0.0.7",
        "fe80::1%eth0",
        "169.254.169.254",
        "localhost.example.org",
        "127.0.0.1.example.org",
    ],
)
def test_everything_else_is_another_machine(host: str) -> None:
    assert not is_this_machine(host, resolve)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@localhost/db",
        "postgres://u:p@127.0.0.1:5432/db?sslmode=disable",
        "postgresql://u:p@[::1]:5432/db",
        "postgresql://u:p@%2Fvar%2Frun%2Fpostgresql/db",
        "postgresql:///db?host=/tmp",
        "postgresql:///db",
        "postgresql://u@localhost:1,127.0.0.1:2/db",
        "postgresql://u@db.example.org/db?hostaddr=127.0.0.1",
        "postgresql://u@db.example.org/db?sslmode=verify-full&sslrootcert=system",
    ],
)
def test_a_url_that_is_safe_as_it_stands_is_left_alone(url: str) -> None:
    assert secured(url) == url


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        ("postgresql://u:p@db.example.org/db", {}),
        ("postgresql://u:p@postgres:5432/chimera", {}),
        ("postgresql://u:p@10.0.0.7/db", {}),
        ("postgresql://u:p@[2001:db8::7]:5432/db", {}),
        ("postgresql://u@localhost:1,db.example.org:2/db", {}),
        ("postgresql://u@db.example.org/db", {"PGSSLMODE": "verify-full"}),
        ("postgresql:///db", {"PGHOST": "db.example.org"}),
        ("postgresql:///db", {"PGHOSTADDR": "10.0.0.7"}),
        ("postgresql:///db", {"PGSERVICE": "studio"}),
    ],
)
def test_verification_is_added_where_a_url_to_another_machine_says_nothing(
    url: str, environment: dict[str, str]
) -> None:
    assert secured(url, environment) == url + ADD
    assert database_terms(secured(url, environment))["sslmode"] == "verify-full"


def test_it_is_added_behind_what_the_url_says_already() -> None:
    for query in ("host=db.example.org", "hostaddr=10.0.0.7", "service=studio", "host=/tmp,db.example.org"):
        assert secured(f"postgresql://u@/db?{query}") == f"postgresql://u@/db?{query}&sslmode=verify-full"
    assert secured("postgresql://u@localhost/db?hostaddr=10.0.0.7").endswith("&sslmode=verify-full")
    assert secured("postgresql://u@localhost/db?service=studio").endswith("&sslmode=verify-full")


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_weaker_modes_to_another_machine_are_refused_with_what_to_set(mode: str) -> None:
    url = "postgresql://u:hidden@db.example.org/db"
    for given, environment in ((f"{url}?sslmode={mode}", {}), (url, {"PGSSLMODE": mode})):
        with pytest.raises(VariableRefused, match=r"sslmode=verify-full.*CHIMERA_ALLOW_PLAINTEXT=database") as refused:
            secured(given, environment)
        assert "hidden" not in refused.value.text
        assert secured(given, environment, allowed=True) == given


def test_the_last_of_two_modes_counts_as_libpq_reads_it() -> None:
    with pytest.raises(VariableRefused, match="sslmode=require"):
        secured("postgresql://u@db.example.org/db?sslmode=verify-full&sslmode=require")
    with pytest.raises(VariableRefused, match="sslmode=require"):
        secured("postgresql://u@db.example.org/db?sslmode=verify-full&ssl=true")


@pytest.mark.parametrize("url", ["postgresql://u:hidden#x@h/db", "postgresql://u:hidden@h/db?nonsense=1", "hidden"])
def test_what_libpq_can_not_read_is_refused_unquoted(url: str) -> None:
    with pytest.raises(VariableRefused) as refused:
        secured(url)
    assert "hidden" not in refused.value.text
    assert refused.value.__cause__ is None


def test_every_host_of_a_url_is_looked_at() -> None:
    def hosts(url: str) -> tuple[str, ...]:
        return database_hosts(database_terms(url), {})

    assert hosts("postgresql://a:1,b:2/db") == ("a", "b")
    assert hosts("postgresql:///db?host=a,b&hostaddr=10.0.0.1,") == ("10.0.0.1", "b")
    assert hosts("postgresql:///db?hostaddr=10.0.0.1,10.0.0.2") == ("10.0.0.1", "10.0.0.2")
    assert hosts("postgresql:///db") == ("",)


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost:6379/0",
        "redis://:p@127.0.0.1",
        "redis://[::1]:6379",
        "unix:///run/redis.sock?db=1",
        "redis://here.example.org",
        "rediss://:p@cache.example.org:6380/0",
        "rediss://:p@cache.example.org/0?ssl_ca_certs=/etc/ca.pem&ssl_cert_reqs=required",
    ],
)
def test_redis_stays_here_or_goes_over_verified_tls(url: str) -> None:
    check_redis_url(url, resolve, plaintext_allowed=False)


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hidden@redis:6379/0",
        "redis://:hidden@10.0.0.7",
        "redis://:hidden@half.example.org",
        "redis://?host=10.0.0.7&password=hidden",
        "rediss://:hidden@redis/0?ssl_cert_reqs=none",
        "rediss://:hidden@redis/0?ssl_cert_reqs=optional",
        "rediss://:hidden@redis/0?ssl_check_hostname=false",
    ],
)
def test_redis_over_an_open_wire_is_refused_unless_it_is_trusted(url: str) -> None:
    with pytest.raises(VariableRefused, match="CHIMERA_ALLOW_PLAINTEXT=redis") as refused:
        check_redis_url(url, resolve, plaintext_allowed=False)
    assert "hidden" not in refused.value.text
    check_redis_url(url, resolve, plaintext_allowed=True)


@pytest.mark.parametrize("url", ["https://minio.example.org", "http://127.0.0.1:9000", "http://[::1]:9000/"])
def test_http_stays_here_or_is_https(url: str) -> None:
    check_http_url(url, Plaintext.S3, resolve, plaintext_allowed=False)


def test_plain_http_elsewhere_needs_the_services_name() -> None:
    with pytest.raises(VariableRefused, match="CHIMERA_ALLOW_PLAINTEXT=s3"):
        check_http_url("http://minio:9000", Plaintext.S3, resolve, plaintext_allowed=False)
    check_http_url("http://minio:9000", Plaintext.S3, resolve, plaintext_allowed=True)


@pytest.mark.parametrize(
    "url", ["", "minio:9000", "ftp://m", "https://", "https://u:hidden@m", "https://m/?a=1", "https://m:x"]
)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(VariableRefused, match="must be a url") as refused:
        check_http_url(url, Plaintext.VAULT, resolve, plaintext_allowed=True)
    assert "hidden" not in refused.value.text
