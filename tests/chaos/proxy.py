"""An HTTP proxy that makes the connection to the demo account slow and unreliable ("weather")."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ANSWER_SECONDS = 60.0
"""Timeout of the demo account: its first EC2 call loads 1,400 instance types."""
_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length"})


class Weather(StrEnum):
    """How the account responds."""

    FAIR = "fair"
    ERRORS = "errors"
    """Responds with 500, for half of the calls after they were carried out."""
    THROTTLES = "throttles"
    HANGS = "hangs"
    """Responds after the block, with half of the calls carried out immediately."""
    EXPIRED = "expired"
    """Rejects the credentials as expired; nothing is carried out."""
    GONE = "gone"
    """Cuts connections, also those of calls that were carried out, and refuses new ones."""


class Proxy:
    """Listens on a loopback port and forwards every call to ``endpoint``, slowly.

    Each response takes a random time within ``slowness`` (minimum and maximum seconds) longer,
    partly before and partly after the call is carried out.
    """

    def __init__(self, endpoint: str, slowness: tuple[float, float], seed: str) -> None:
        parts = urlsplit(endpoint)
        self.backend = (parts.hostname or "", parts.port or 80)
        self.slowness = slowness
        self.weather = Weather.FAIR
        self.calls = 0
        self.troubles: list[str] = []
        """Calls that failed here or in the account by themselves, not because of the weather."""
        self._draw = random.Random(seed)
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._server = self._listen(0)
        self.port = self._server.server_port

    @property
    def endpoint(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def storm(self, weather: Weather) -> Iterator[None]:
        """Set the weather inside the block."""
        self.weather = weather
        if weather is Weather.GONE:
            self._stop_listening()
            with self._guard:
                cut = list(self._connections)
            for connection in cut:
                # The other end may have closed the connection already.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        try:
            yield
        finally:
            self.weather = Weather.FAIR
            if weather is Weather.GONE:
                self._server = self._listen(self.port)

    def close(self) -> None:
        """Stop the proxy."""
        self._stop_listening()

    def present(self) -> Weather:
        """Return the present weather."""
        return self.weather

    def pause(self) -> tuple[float, float]:
        """Return how long to wait before and after the next call."""
        with self._guard:
            self.calls += 1
            whole = self._draw.uniform(*self.slowness)
            return (before := whole * self._draw.random()), whole - before

    def chance(self) -> bool:
        """Return one of two values at random."""
        with self._guard:
            return self._draw.random() < 0.5

    def joins(self, connection: socket.socket) -> None:
        """Register a connection, so that it is cut when the account vanishes."""
        with self._guard:
            self._connections.add(connection)

    def leaves(self, connection: socket.socket) -> None:
        """Unregister a connection."""
        with self._guard:
            self._connections.discard(connection)

    def _listen(self, port: int) -> ThreadingHTTPServer:
        handler = type("Handler", (_Handler,), {"proxy": self})
        server = _Server(("127.0.0.1", port), handler)
        server.proxy = self
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def _stop_listening(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    proxy: Proxy

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing about cut connections, which are intended."""
        error = sys.exception()
        if not isinstance(error, OSError | http.client.HTTPException):
            self.proxy.troubles.append(f"{error!r}")


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.proxy.joins(self.connection)

    def finish(self) -> None:
        self.proxy.leaves(self.connection)
        # The last bytes of the response may be for a connection that was cut.
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *words: object) -> None:
        """Print nothing."""

    def handle_call(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            # The caller was stopped during its request; the account would wait for the rest.
            self.close_connection = True
            return
        before, after = self.proxy.pause()
        time.sleep(before)
        match self.proxy.present():
            case Weather.THROTTLES:
                self._send(*_refused(_TOO_SOON, self.headers, body))
                return
            case Weather.EXPIRED:
                self._send(*_refused(_EXPIRED, self.headers, body))
                return
            case Weather.ERRORS:
                if self.proxy.chance():
                    self._forward(body)
                self._send(500, {"Content-Type": "text/plain"}, b"Internal Server Error")
                return
            case Weather.HANGS if self.proxy.chance():
                self._until_fair()
            case Weather.GONE:
                self.close_connection = True
                return
        status, headers, answer = self._forward(body)
        time.sleep(after)
        if self.proxy.present() is Weather.HANGS:
            self._until_fair()
        if self.proxy.present() is Weather.GONE:
            self.close_connection = True
            return
        self._send(status, headers, answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_call

    def _until_fair(self) -> None:
        while self.proxy.present() is Weather.HANGS:
            time.sleep(0.05)

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        backend = http.client.HTTPConnection(*self.proxy.backend, timeout=ANSWER_SECONDS)
        try:
            # The account only accepts its own Host, which http.client sends.
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            backend.request(self.command, self.path, body=body, headers=headers)
            answer = backend.getresponse()
            if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                said = f"{self.command} {self.path} {body[:80]!r}: the account itself answers"
                self.proxy.troubles.append(f"{said} {answer.status}")
            kept = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP_BY_HOP}
            if self.command == "HEAD" and (length := answer.getheader("Content-Length")):
                kept["X-Content-Length"] = length
            return answer.status, kept, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.proxy.troubles.append(f"{self.command} {self.path} {body[:80]!r}: {error!r}")
            raise
        finally:
            backend.close()

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        length = headers.pop("X-Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Expired credentials: status and body of the response for each protocol."""

    json: _Answer
    """ECS, CloudWatch Logs, … use JSON."""
    ec2: _Answer
    query: _Answer
    """IAM, STS, Elastic Load Balancing, Auto Scaling, … use the query protocol."""
    s3: _Answer


_TOO_SOON = _Refusal(
    json=_Answer(400, "ThrottlingException", "Rate exceeded"),
    ec2=_Answer(503, "RequestLimitExceeded", "Request limit exceeded."),
    query=_Answer(400, "Throttling", "Rate exceeded"),
    s3=_Answer(503, "SlowDown", "Slow down."),
)
_OLD_TOKEN = "The security token included in the request is expired"
_EXPIRED = _Refusal(
    json=_Answer(400, "ExpiredTokenException", _OLD_TOKEN),
    ec2=_Answer(400, "RequestExpired", "Request has expired."),
    query=_Answer(403, "ExpiredToken", _OLD_TOKEN),
    s3=_Answer(400, "ExpiredToken", "The provided token has expired."),
)


def _refused(how: _Refusal, headers: Message, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return the response in the protocol of the called service."""
    if "X-Amz-Target" in headers:
        said = {"__type": how.json.code, "message": how.json.message}
        json_ = {"Content-Type": "application/x-amz-json-1.1"}
        return how.json.status, json_, json.dumps(said).encode()
    if b"Version=2016-11-15" in body:
        answer = how.ec2
        around = "<Response><Errors><Error>{}</Error></Errors><RequestID>1</RequestID></Response>"
    elif b"Action=" in body:
        answer = how.query
        error = "<Error><Type>Sender</Type>{}</Error>"
        around = f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"
    else:
        answer, around = how.s3, "<Error>{}</Error>"
    parts = f"<Code>{answer.code}</Code><Message>{answer.message}</Message>"
    return answer.status, {"Content-Type": "text/xml"}, around.format(parts).encode()
