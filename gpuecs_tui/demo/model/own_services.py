"""Implements AWS services that moto lacks or gets wrong, selected by a request's signature.

A signed request names its service in the credential scope: ``Credential=KEY/DATE/REGION/SERVICE/
aws4_request`` (Signature Version 4).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gpuecs_tui.demo.model import prices, quotas

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Answer = tuple[str, dict[str, Any]]
"""HTTP status line and JSON body."""

_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")

SERVICES: dict[str, Callable[[str, str, dict[str, Any]], Answer]] = {
    "servicequotas": quotas.answer,
    "pricing": prices.answer,
}
"""Signing name → handler of (operation, region, parameters)."""


def answer(environ: WSGIEnvironment) -> Answer | None:
    """Handle a request to one of SERVICES; None if it is for moto."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    handler = SERVICES.get(scope["service"]) if scope else None
    if scope is None or handler is None:
        return None
    body = environ["wsgi.input"].read()
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    return handler(operation, scope["region"], json.loads(body or b"{}"))
