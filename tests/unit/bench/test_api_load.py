"""The benchmark's client reads answers as servers send them; its posts are the same each time."""

from pathlib import Path

import pytest

from chimera.bench.api.load import content_length, request_bytes
from chimera.bench.api.posts import RISING, write_posts


@pytest.mark.parametrize(
    ("head", "length"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 12", 12),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nVary: Accept", 7),
        (b"HTTP/1.1 204 No Content", 0),
    ],
)
def test_content_length(head: bytes, length: int) -> None:
    assert content_length(head) == length


def test_a_request_tells_its_token_and_its_length() -> None:
    head, _, body = request_bytes("POST", "/v1/x", "abc", b"{}").partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /v1/x HTTP/1.1"
    assert b"Authorization: Bearer abc" in head
    assert b"Content-Length: 2" in head
    assert body == b"{}"


def test_posts_are_the_same_each_time_and_hold_what_rises(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    write_posts(one, 3_000)
    write_posts(other, 3_000)
    assert one.read_bytes() == other.read_bytes()
    assert all(one.read_text().count(words) >= 2 for words in RISING)
