"""Calls that the demo account refuses, delays or does not respond to, by their IAM name."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HANG_SECONDS = 600.0
"""Seconds until a hanging call gets a response, so that threads do not accumulate."""

_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/(?P<service>[^/]+)/aws4_request")
_EC2 = "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors></Response>"
_QUERY = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"

_CODES = {
    # Kind → the code of EC2, of the services that answer in XML, of those that answer in JSON.
    "denied": ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException"),
    "throttled": ("RequestLimitExceeded", "Throttling", "ThrottlingException"),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error in the format of an AWS service."""

    status: str
    """HTTP status line."""
    content_type: str
    body: bytes


@dataclass(slots=True)
class CallFaults:
    """How calls are handled now, according to the active faults."""

    refused: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in _CODES})
    """``denied`` or ``throttled`` → patterns of calls."""
    hanging: list[str] = field(default_factory=list)
    """Patterns of calls."""
    delay: float = 0.0
    """Seconds before each answer."""
    lifted: threading.Event = field(default_factory=threading.Event)
    """Set when hanging calls may continue."""

    def wait(self, environ: WSGIEnvironment, body: bytes) -> None:
        """Delay the caller as the faults require. Call it without holding a lock."""
        if self.delay:
            threading.Event().wait(self.delay)
        if self.hanging and _matches(self.hanging, call_of(environ, body)):
            self.lifted.wait(HANG_SECONDS)

    def refusal(self, environ: WSGIEnvironment, body: bytes) -> Refusal | None:
        """Return the error for a request; None if the request is to be handled."""
        if not any(self.refused.values()):
            return None
        call = call_of(environ, body)
        for kind, patterns in self.refused.items():
            if _matches(patterns, call):
                return _error(kind, call, json_wanted="HTTP_X_AMZ_TARGET" in environ)
        return None


def outgoing_refused(environ: WSGIEnvironment, body: bytes) -> Refusal:
    """Return the error for a request that would make the account connect to another address."""
    call = call_of(environ, body)
    message = f"{call}: the demo account connects to no other address"
    return _worded("denied", call, message, json_wanted="HTTP_X_AMZ_TARGET" in environ)


def call_of(environ: WSGIEnvironment, body: bytes) -> str:
    """Return the call as IAM names it, such as ``ec2:DescribeVpcs``; empty for S3's and unsigned.

    The signing name is IAM's prefix for every service that this product calls.
    """
    scope = _SERVICE.search(environ.get("HTTP_AUTHORIZATION", ""))
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if not operation:
        operation = parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
    return f"{scope['service']}:{operation}" if scope and operation else ""


def _matches(patterns: list[str], call: str) -> bool:
    return any(fnmatchcase(call, pattern) for pattern in patterns)


def _error(kind: str, call: str, *, json_wanted: bool) -> Refusal:
    if kind == "denied":
        message = f"User is not authorized to perform: {call} (a fault of the demo account)"
    else:
        message = "Rate exceeded (a fault of the demo account)"
    return _worded(kind, call, message, json_wanted=json_wanted)


def _worded(kind: str, call: str, message: str, *, json_wanted: bool) -> Refusal:
    ec2, query, as_json = _CODES[kind]
    if json_wanted:
        body = json.dumps({"__type": as_json, "message": message}).encode()
        return Refusal("400 Bad Request", "application/x-amz-json-1.1", body)
    shape, code = (_EC2, ec2) if call.startswith("ec2:") else (_QUERY, query)
    status = "403 Forbidden" if kind == "denied" else "503 Service Unavailable"
    return Refusal(status, "text/xml", shape.format(code, message).encode())
