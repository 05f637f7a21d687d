"""S3 over real HTTP: moto's server, and a proxy before it that cuts connections and leaves out headers."""

import http.client
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

from chimera.storage.shelves.s3 import Bucket

BUCKET = "studio-media"
ENCRYPTION = "x-amz-server-side-encryption"


@dataclass
class S3:
    """A running server; `client` looks at it from beside."""

    url: str
    client: Any

    def stored_keys(self) -> list[str]:
        found: list[dict[str, Any]] = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [item["Key"] for item in found]

    def uploads(self) -> int:
        """How many uploads were begun and neither finished nor aborted."""
        return len(self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []))


@contextmanager
def s3_server() -> Iterator[S3]:
    """A server with an empty bucket."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        client = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
        )
        client.create_bucket(Bucket=BUCKET)
        yield S3(url, client)
    finally:
        server.stop()


def bucket(url: str, **terms: Any) -> Bucket:
    """How the studio knows the server's bucket."""
    given = {"name": BUCKET, "access_key_id": "key", "secret_access_key": "secret", **terms}
    return Bucket(region="us-east-1", endpoint_url=url, **given)


Cut = Callable[[str, str], bool]
"""Told of each request's method and path; True cuts the connection instead of passing it on."""


@dataclass
class S3Proxy:
    """`without` are headers taken out of requests and answers."""

    url: str = ""
    cut: Cut = lambda _method, _path: False
    without: frozenset[str] = frozenset()
    seen: list[str] = field(default_factory=list)


@contextmanager
def s3_proxy(there: S3) -> Iterator[S3Proxy]:
    """The proxy before the server."""
    proxy = S3Proxy()

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            size = int(self.headers.get("content-length", 0))
            proxy.seen.append(f"{self.command} {self.path}")
            if proxy.cut(self.command, self.path):
                self.close_connection = True
                return
            body = self.rfile.read(size)
            onward = http.client.HTTPConnection(there.url.removeprefix("http://"), timeout=20)
            kept = {name: value for name, value in self.headers.items() if name.lower() not in proxy.without}
            onward.request(self.command, self.path, body, kept)
            answer = onward.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in proxy.without | {"content-length", "connection", "transfer-encoding"}:
                    self.send_header(name, value)
            declared = answer.getheader("content-length") if self.command == "HEAD" else str(len(content))
            self.send_header("content-length", declared or "0")
            self.end_headers()
            self.wfile.write(content)
            onward.close()

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass  # noqa: N815 - the names http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in http.server
            """Nothing is written to the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
