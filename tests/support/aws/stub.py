"""A server between a reader and the demo account: it delays, refuses, hangs or replays responses.

Faults are set per action as IAM names it (``ec2:DescribeVpcs``); the action is read from each
request.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from gpuecs_tui.aws.session import action

_SERVICES = {"elasticloadbalancing": "elbv2", "servicequotas": "service-quotas"}
"""Signing name → SDK name."""
_EC2_ERROR = (
    "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors></Response>"
)
_QUERY_ERROR = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"

Answer = tuple[int, str, bytes]
"""Status, content type and body of a response."""


@dataclass
class Stub:
    """The behaviour of the server, which can be set from outside at any time."""

    upstream: str = ""
    """The address of the demo account; without one, everything not in ``answers`` is refused."""
    delay: float = 0.0
    """Seconds before each response."""
    faults: dict[str, str] = field(default_factory=dict)
    """Action → error code of the response, or ``hang``."""
    fail_times: dict[str, int] = field(default_factory=dict)
    """Action → how often it fails before it works; without an entry, always."""
    answers: dict[str, Callable[[bytes], Answer]] = field(default_factory=dict)
    """Action → the response instead of the account's."""
    replay: bool = False
    """Whether recorded responses are repeated without a request to the account."""
    calls: list[str] = field(default_factory=list)
    seen: dict[tuple[str, bytes], Answer] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def answer(self, name: str, service: str, request: _Request) -> Answer | None:
        with self.lock:
            self.calls.append(name)
            code = self.faults.get(name, "")
            if code and name in self.fail_times:
                self.fail_times[name] -= 1
                if self.fail_times[name] < 0:
                    code = ""
        if code == "hang":
            self.released.wait()
            return None
        if self.delay:
            time.sleep(self.delay)
        if code:
            return _error(service, request, code, f"stub says {code} to {name}")
        if name in self.answers:
            return self.answers[name](request.body)
        key = (f"{_scope(request)[2]} {name} {request.path}", request.body)
        if self.replay and key in self.seen:
            return self.seen[key]
        found = _forward(self.upstream, request)
        self.seen[key] = found
        return found


@dataclass
class _Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def _forward(upstream: str, request: _Request) -> Answer:
    place = urlsplit(upstream)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    try:
        # Host names this stub, and the account accepts only its own name.
        left_out = ("connection", "host")
        headers = {k: v for k, v in request.headers.items() if k.lower() not in left_out}
        connection.request(request.method, request.path, request.body, headers)
        response = connection.getresponse()
        kind = response.getheader("Content-Type") or "text/xml"
        return response.status, kind, response.read()
    finally:
        connection.close()


def _error(service: str, request: _Request, code: str, message: str) -> Answer:
    if "X-Amz-Target" in request.headers:
        body = json.dumps({"__type": code, "message": message})
        return 400, "application/x-amz-json-1.1", body.encode()
    shape = _EC2_ERROR if service == "ec2" else _QUERY_ERROR
    return 403, "text/xml", shape.format(code, message).encode()


def _scope(request: _Request) -> list[str]:
    """Return the key, date, region and service with which the request is signed."""
    scope = request.headers.get("Authorization", "").partition("Credential=")[2].split("/")
    return [*scope, "", "", "", ""][:4]


def _name(request: _Request) -> tuple[str, str]:
    service = _scope(request)[3]
    target = request.headers.get("X-Amz-Target", "")
    query = parse_qs(request.body.decode(errors="replace"))
    operation = target.rpartition(".")[2] or query.get("Action", [""])[0]
    return action(_SERVICES.get(service, service), operation), service


@contextmanager
def running(stub: Stub) -> Iterator[Stub]:
    """Run the server of ``stub`` on a free loopback port inside the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = _Request(self.command, self.path, dict(self.headers.items()), body)
            name, service = _name(request)
            found = stub.answer(name, service, request)
            if found is None:
                self.close_connection = True
                return
            status, kind, content = found
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST
        """Route 53 and S3 read with GET; their operation is in the path."""

        def log_message(self, *_arguments: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_arguments: object) -> None:
            """Log nothing: some tests close the connection deliberately."""

    server = Server(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield stub
    finally:
        stub.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
