"""The WSGI application of the demo account, in front of moto's.

moto was made for single-threaded tests. Here Terraform makes ten calls at once while the player
changes the same objects, so this application serializes all access. It also implements services
that moto lacks.
"""

from __future__ import annotations

import hmac
import io
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from gpuecs_tui.demo import protocol, timings
from gpuecs_tui.demo.fault_names import UnknownFault
from gpuecs_tui.demo.faults.calls import outgoing_refused
from gpuecs_tui.demo.faults.registry import Faults
from gpuecs_tui.demo.model import alarms, metrics, own_services
from gpuecs_tui.demo.outgoing import OutgoingRefused

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


ADMIN_PATHS = ("/moto-api", protocol.ROOT_PATH)
"""Path prefixes of pages that show or change the whole account: moto's own and this server's."""
_OWN_NAMES = ("127.0.0.1", "localhost")
_FORBIDDEN = "403 Forbidden"
_ENCODED_PERCENT = re.compile("%(?:25)+")
"""A percent sign that was encoded one or more times."""


class DemoApp:
    """A WSGI application; ``lock`` is held while the account is read or changed."""

    def __init__(self, identity: str, token: str) -> None:
        self.lock = threading.RLock()
        self.on_stop: Callable[[], None] = lambda: None
        self.is_playing: Callable[[], bool] = lambda: False
        self.last_request = time.monotonic()
        self.port = 0
        """The server's address; set before it serves."""
        self._faults = Faults()
        self._identity = identity
        self._token = token
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Handle one request completely."""
        path = environ.get("PATH_INFO", "")
        if not self._is_for_here(environ):
            return self._json(start_response, {"error": "other host or origin"}, _FORBIDDEN)
        if _plain(path).startswith(ADMIN_PATHS):
            if not self._trusts(environ):
                return self._json(start_response, {"error": "wrong token"}, _FORBIDDEN)
            if not path.startswith(ADMIN_PATHS):
                return self._json(start_response, {"error": "no such path"}, "404 Not Found")
        if path == protocol.STATUS_PATH:
            state = {"id": self._identity, "pid": os.getpid(), "playing": self.is_playing()}
            return self._json(start_response, {**state, **self._fault_state()})
        if path == protocol.STOP_PATH:
            return self._stop(start_response)
        if path == protocol.FAULTS_PATH:
            return self._set_faults(environ, start_response)
        if path == protocol.METRICS_PATH:
            return self._set_metrics(environ, start_response)
        self.last_request = time.monotonic()
        # The body is read before the lock is taken: a client that stops halfway would block all
        # others.
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        calls = self._faults.calls
        calls.wait(environ, body)
        if refusal := calls.refusal(environ, body):
            return _whole(start_response, refusal.status, refusal.content_type, refusal.body)
        with self.lock:
            own = own_services.answer(environ)
            if own is not None:
                status, found = own
                return self._json(start_response, found, status)
            try:
                answer = self._moto(environ, start_response)
            except OutgoingRefused:
                refusal = outgoing_refused(environ, body)
                return _whole(start_response, refusal.status, refusal.content_type, refusal.body)
            try:
                # The response is read now: parts that are generated after the lock is released
                # could contain later changes.
                return list(answer)
            finally:
                if hasattr(answer, "close"):
                    answer.close()

    def _stop(self, start_response: StartResponse) -> Iterable[bytes]:
        # Call it in another thread: shutdown() waits for all requests, including this one.
        threading.Thread(target=self.on_stop).start()
        return self._json(start_response, {"stopping": True})

    def _set_faults(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        wanted = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        with self.lock:
            try:
                if "clear" in wanted:
                    self._faults.clear(wanted["clear"])
                elif "keep" in wanted:
                    self._faults.keep(wanted["keep"], float(wanted.get("in", 0)))
                else:
                    self._faults.set(wanted["faults"])
            except UnknownFault as error:
                return self._json(start_response, {"error": str(error)}, "400 Bad Request")
        return self._json(start_response, self._fault_state())

    def _set_metrics(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        wanted = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        with self.lock:
            for name, value in wanted["set"].items():
                number = None if value is None else float(value)
                metrics.set_metric(str(name), number)
                alarms.set_alarm(str(name), number)
            return self._json(start_response, {"metrics": metrics.values})

    def _fault_state(self) -> dict[str, Any]:
        waiting = [(word, max(0.0, due - timings.now())) for word, due in self._faults.waiting]
        return {
            "faults": self._faults.active,
            "lasting": self._faults.lasting,
            "waiting": waiting,
        }

    def start_due_faults(self) -> None:
        """Start the faults whose time has come. Call it while holding the lock."""
        self._faults.start_due()

    def _trusts(self, environ: WSGIEnvironment) -> bool:
        header = "HTTP_" + protocol.TOKEN_HEADER.upper().replace("-", "_")
        given = str(environ.get(header, ""))
        return hmac.compare_digest(given.encode("latin-1", "replace"), self._token.encode())

    def _is_for_here(self, environ: WSGIEnvironment) -> bool:
        """Return whether a request names this server and does not come from a page in a browser.

        Other names that resolve to 127.0.0.1 (DNS rebinding) are refused. Names below localhost
        are accepted: they never leave the machine (RFC 6761), and S3 clients add the bucket name.
        AWS SDKs send no Origin header; browsers send it or mark the request as cross-site.
        """
        host, _colon, port = str(environ.get("HTTP_HOST", "")).lower().rpartition(":")
        if port != str(self.port) or not (host in _OWN_NAMES or host.endswith(".localhost")):
            return False
        site = environ.get("HTTP_SEC_FETCH_SITE", "none")
        return "HTTP_ORIGIN" not in environ and site in ("none", "same-origin")

    @staticmethod
    def _json(
        start_response: StartResponse, body: dict[str, Any], status: str = "200 OK"
    ) -> Iterable[bytes]:
        data = json.dumps(body).encode()
        return _whole(start_response, status, "application/x-amz-json-1.1", data)


def _plain(path: str) -> str:
    """Return ``path`` in lower case, decoded, without dot segments and repeated slashes.

    moto's router doesn't normalize paths: for it, another spelling of an admin path is an S3 key.
    Such paths are refused, in case a later version of the router maps them to the page.
    """
    decoded = unquote(_ENCODED_PERCENT.sub("%", path)).replace("\\", "/").lower()
    kept: list[str] = []
    for part in decoded.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    return "/" + "/".join(kept) + ("/" if kept and decoded.endswith("/") else "")


def _whole(
    start_response: StartResponse, status: str, content_type: str, data: bytes
) -> Iterable[bytes]:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(data)))]
    start_response(status, headers)
    return [data]
