"""Files by key in an S3 bucket, or a store that speaks its protocol; the store is asked to encrypt, and looked after.

What is kept here is sealed before it comes here: the store's own encryption is a second wall, not the first.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import httpx2
import obstore
from obstore import exceptions
from obstore.store import S3Store

from chimera.core.errors import Conflict, EngineUnavailable, NotFound, ValidationFailed
from chimera.storage.shelves.shelf import Stored, checked_key

if TYPE_CHECKING:
    from obstore.store import S3Config  # known to type checkers only

CONNECT_SECONDS_MAX = 5
REQUEST_SECONDS_MAX = 60
RETRIES_MAX = 4
RETRY_SECONDS_MAX = 60
PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 2
_SIGNED_SECONDS = 60
_ENCRYPTION_HEADER = "x-amz-server-side-encryption"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the bucket is and who asks. Without a key the machine's own identity asks (a role's, the instance's)."""

    name: str
    region: str
    endpoint_url: str | None = None
    encryption: Literal["AES256", "aws:kms"] = "AES256"
    kms_key_id: str | None = None
    plain_http_allowed: bool = False
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)


class S3Shelf:
    """A file is seen when its upload is complete, never before; an upload that fails is aborted."""

    plain_allowed = False

    def __init__(self, bucket: Bucket) -> None:
        """Raises:
        ValidationFailed: plain HTTP to another machine, or a contradiction.
        """
        plain_http = _checked_endpoint(bucket)
        self._bucket = bucket
        self.address = f"s3://{bucket.name}/"
        self._store = S3Store(
            bucket.name,
            config=_config(bucket),
            client_options={
                "allow_http": plain_http,
                "connect_timeout": timedelta(seconds=CONNECT_SECONDS_MAX),
                "timeout": timedelta(seconds=REQUEST_SECONDS_MAX),
            },
            retry_config={"max_retries": RETRIES_MAX, "retry_timeout": timedelta(seconds=RETRY_SECONDS_MAX)},
        )

    def write(self, key: str, parts: Iterable[bytes]) -> None:
        """Raises:
        EngineUnavailable: no answer, no right, no such bucket, or one that stores without encrypting; nothing is kept.
        """
        with self._asking(checked_key(key)):
            with ThreadPoolExecutor(max_workers=1) as pool:
                given = _taken_in(pool, iter(parts))
                obstore.put(self._store, key, given, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)
            found = self._encryption_of(key)
            if found != self._bucket.encryption:
                obstore.delete(self._store, key)
                raise EngineUnavailable(
                    f"the bucket {self._bucket.name} did not encrypt what it was given ({_ENCRYPTION_HEADER} is "
                    f"{found or 'not there'}, {self._bucket.encryption} was asked for): the file was removed again; "
                    "turn on the bucket's encryption, or set S3_ENCRYPTION to what it does",
                    {"bucket": self._bucket.name, "asked": self._bucket.encryption, "found": found},
                )

    def stat(self, key: str) -> Stored:
        with self._asking(checked_key(key)):
            found = obstore.head(self._store, key)
        return Stored(key, found["size"], found["e_tag"] or "")

    def read(self, stored: Stored, offset: int, length: int) -> bytes:
        if length == 0:
            return b""
        with self._asking(stored.key):
            answer = obstore.get(
                self._store, stored.key, options={"range": (offset, offset + length), "if_match": stored.version}
            )
            return bytes(answer.bytes())

    def keys(self) -> Iterator[str]:
        with self._asking("assets/"):
            for batch in obstore.list(self._store, prefix="assets/"):
                yield from (found["path"] for found in batch)

    def _encryption_of(self, key: str) -> str | None:
        """What the store says of the encryption of the file; asked by a signed url, since obstore keeps it back."""
        url = obstore.sign(self._store, "HEAD", key, timedelta(seconds=_SIGNED_SECONDS))
        try:
            with httpx2.Client(timeout=CONNECT_SECONDS_MAX, trust_env=False) as client:
                return client.head(url).headers.get(_ENCRYPTION_HEADER)
        except httpx2.HTTPError:
            # What it says holds the signed url.
            raise self._no_answer() from None

    @contextmanager
    def _asking(self, key: str) -> Iterator[None]:
        """Failures as ours; what the store's client says is left out, since it may quote a signed url."""
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise EngineUnavailable(
                    f"there is no bucket {self._bucket.name}: make it, or mend S3_BUCKET, S3_REGION or S3_ENDPOINT_URL"
                ) from None
            raise NotFound(f"the media file {self.address}{key} is gone", {"url": self.address + key}) from None
        except exceptions.PreconditionError:
            raise Conflict(f"the media file {key} was replaced meanwhile: ask again", {"key": key}) from None
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
            raise EngineUnavailable(
                f"the bucket {self._bucket.name} refuses this studio: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY "
                "and the bucket's policy"
            ) from None
        except exceptions.BaseError:
            raise self._no_answer() from None

    def _no_answer(self) -> EngineUnavailable:
        where = self._bucket.endpoint_url or f"S3 in {self._bucket.region}"
        return EngineUnavailable(
            f"{where} does not answer for the bucket {self._bucket.name}: check S3_REGION, S3_ENDPOINT_URL and the "
            "network, then do it again"
        )


def _taken_in(pool: Executor, parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts, made in the pool's thread: the thread that asks for them may not ask a store meanwhile."""
    while part := pool.submit(next, parts, b"").result():
        yield part


def _checked_endpoint(bucket: Bucket) -> bool:
    """Whether plain HTTP is spoken.

    Raises:
        ValidationFailed: to another machine without being allowed, or a KMS key that would not be used.
    """
    if bucket.kms_key_id is not None and bucket.encryption != "aws:kms":
        raise ValidationFailed("S3_KMS_KEY_ID is used with S3_ENCRYPTION=aws:kms only: set both, or unset it")
    if bucket.endpoint_url is None:
        return False
    parts = urlsplit(bucket.endpoint_url)
    if parts.username is not None or parts.query or parts.fragment or not parts.hostname:
        raise ValidationFailed("S3_ENDPOINT_URL is no address of a store: write it like https://s3.example.org")
    if parts.scheme == "https":
        return False
    if not bucket.plain_http_allowed and not _is_loopback(parts.hostname):
        raise ValidationFailed(
            f"S3_ENDPOINT_URL speaks plain HTTP to {parts.hostname}: use https, or set S3_PLAIN_HTTP=allowed where the "
            "network between is safe"
        )
    return True


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _config(bucket: Bucket) -> "S3Config":
    config: S3Config = {"region": bucket.region, "server_side_encryption": bucket.encryption}
    if bucket.endpoint_url is not None:
        config["endpoint"] = bucket.endpoint_url
    if bucket.kms_key_id is not None:
        config["sse_kms_key_id"] = bucket.kms_key_id
    if bucket.access_key_id is not None and bucket.secret_access_key is not None:
        config["access_key_id"] = bucket.access_key_id
        config["secret_access_key"] = bucket.secret_access_key
    if bucket.session_token is not None:
        config["session_token"] = bucket.session_token
    return config
