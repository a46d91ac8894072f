"""Compares the account's responses with the AWS service models; enabled by tests.

moto builds many responses by hand. boto3 ignores a member that AWS doesn't have, a number as text
or an unknown enum value, so such a difference misleads the code that was written against moto.
With ``ANSWERS_VARIABLE`` set, each response to a call of the ``json``,
``query`` and ``ec2`` protocols is parsed by botocore and compared member by member with the model
that botocore ships; each difference becomes a line of that file. S3 isn't compared: its requests
don't name their operation.
"""

from __future__ import annotations

import io
import json
import os
import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape
from botocore.parsers import ResponseParserError, create_parser

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ANSWERS_VARIABLE = "GPUECS_TUI_DEMO_ANSWERS"
"""Names the file that the differences are appended to; tests set it."""

_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/(?P<service>[^/]+)/aws4_request")
_SDK_NAMES = {"elasticloadbalancing": "elbv2", "servicequotas": "service-quotas"}
"""Signing name → name of the model, if they differ."""
_COMPARED = ("json", "query", "ec2")
_REFUSED = 300
"""HTTP status from which a response is an error, which has no output shape."""
_TRUE_OR_FALSE = ("true", "false")

_LOWER_CASE = "The model spells it Available; EC2 answers in lower case."
_SDK_IGNORES = "moto adds it; SDKs drop what the model doesn't have."
KNOWN: dict[str, str] = {
    "secretsmanager:DescribeSecret .SecretVersionsToStages isn't in the model": _SDK_IGNORES,
    "secretsmanager:ListSecrets .SecretList[].VersionIdsToStages isn't in the model": _SDK_IGNORES,
    "kms:ListGrants .GrantCount isn't in the model": _SDK_IGNORES,
    "ec2:DescribeVpcEndpoints .VpcEndpoints[].State is 'deleted', not of the enum": _LOWER_CASE,
    "ec2:CreateVpcEndpoint .VpcEndpoint.State is 'available', not of the enum": _LOWER_CASE,
    "ec2:DescribeVpcEndpoints .VpcEndpoints[].State is 'available', not of the enum": _LOWER_CASE,
}
"""``service:Operation path problem`` → why moto's difference is accepted."""


def checked(application: WSGIApplication) -> WSGIApplication:
    """Return ``application``, or an application that also records differences between its responses
    and the models."""
    target = os.environ.get(ANSWERS_VARIABLE)
    return _Checked(application, Path(target)) if target else application


class _Checked:
    def __init__(self, application: WSGIApplication, target: Path) -> None:
        self._application, self._target = application, target
        self._lock = threading.Lock()
        self._noted: set[str] = set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        operation = operation_of(environ)
        if operation is None:
            return self._application(environ, start_response)
        answered: list[tuple[int, dict[str, str]]] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            answered.append((int(status.split()[0]), dict(headers)))
            return start_response(status, headers, *rest)

        body = b"".join(self._application(environ, start))
        status, headers = answered[-1]
        if status < _REFUSED:
            with self._lock:
                self._note(operation, differences(operation, status, headers, body))
        return [body]

    def _note(self, operation: OperationModel, found: Iterable[str]) -> None:
        name = f"{operation.service_model.service_name}:{operation.name}"
        fresh = {f"{name} {problem}" for problem in found} - self._noted - KNOWN.keys()
        self._noted |= fresh
        if fresh:
            with self._target.open("a", encoding="utf-8") as handle:
                handle.writelines(f"{line}\n" for line in sorted(fresh))


def operation_of(environ: WSGIEnvironment) -> OperationModel | None:
    """Return the operation that a signed request names; None if its response isn't compared.

    Reads the request's body and replaces it with an equal one.
    """
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    model = _model(scope["service"]) if scope else None
    if model is None:
        return None
    if model.metadata["protocol"] == "json":
        name = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        name = parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
    return model.operation_model(name) if name in model.operation_names else None


def differences(
    operation: OperationModel, status: int, headers: dict[str, str], body: bytes
) -> Iterator[str]:
    """Yield how a response differs from the output shape of ``operation``: path and problem."""
    shape = operation.output_shape
    if shape is None:
        return
    protocol = operation.service_model.metadata["protocol"]
    try:
        parser = create_parser(protocol)
        response = {"body": body, "headers": headers, "status_code": status, "context": {}}
        parsed = parser.parse(response, shape)
    except (ResponseParserError, ValueError, TypeError, KeyError) as error:
        yield f". can't be parsed: {type(error).__name__}"
        return
    yield from _enums(shape, parsed, "")
    if protocol == "json":
        yield from _json(shape, json.loads(body or b"{}"), "")
    else:
        yield from _xml_output(operation, shape, body)


def _enums(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            if isinstance(value, dict) and name in value:
                yield from _enums(member, value[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for item in value or ():
            yield from _enums(shape.member, item, f"{path}[]")
    elif isinstance(shape, MapShape):
        for item in (value or {}).values():
            yield from _enums(shape.value, item, f"{path}{{}}")
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{path} is {value!r}, not of the enum"


def _json(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if value is None:
        # Parsers drop it as if the member were absent.
        return
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            yield f"{path} is no structure"
            return
        members = {
            member.serialization.get("name", name): member for name, member in shape.members.items()
        }
        for name, item in value.items():
            if name in members:
                yield from _json(members[name], item, f"{path}.{name}")
            else:
                yield f"{path}.{name} isn't in the model"
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield f"{path} is no list"
            return
        for item in value:
            yield from _json(shape.member, item, f"{path}[]")
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            yield f"{path} is no map"
            return
        for item in value.values():
            yield from _json(shape.value, item, f"{path}{{}}")
    elif not _is_of(kind, value):
        yield f"{path} is a {type(value).__name__}, not a {kind}"


def _is_of(kind: str, value: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "long"):
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in ("float", "double"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "timestamp":
        return isinstance(value, int | float | str) and not isinstance(value, bool)
    return isinstance(value, str)


def _xml_output(operation: OperationModel, shape: StructureShape, body: bytes) -> Iterator[str]:
    root = ET.fromstring(body)
    wrapper = shape.serialization.get("resultWrapper")
    start = next((it for it in root if _tag(it) == wrapper), None) if wrapper else root
    if start is None:
        yield f". has no {wrapper}"
        return
    beside = () if wrapper else ("requestId", "RequestId", "ResponseMetadata", "return")
    yield from _xml(shape, [start], "", beside)


def _xml(
    shape: Shape, found: list[ET.Element], path: str, beside: tuple[str, ...] = ()
) -> Iterator[str]:
    node = found[0]
    if isinstance(shape, StructureShape):
        members: dict[str, Shape] = {}
        for name, member in shape.members.items():
            members[_xml_name(name, member)] = member
        children: dict[str, list[ET.Element]] = {}
        for child in node:
            children.setdefault(_tag(child), []).append(child)
        for name, nodes in children.items():
            if name in members:
                yield from _xml(members[name], nodes, f"{path}.{name}")
            elif name not in beside:
                yield f"{path}.{name} isn't in the model"
    elif isinstance(shape, ListShape):
        flat = shape.serialization.get("flattened")
        wanted = shape.member.serialization.get("name", "member")
        for item in found if flat else node:
            if not flat and _tag(item) != wanted:
                yield f"{path} has {_tag(item)} for {wanted}"
            else:
                yield from _xml(shape.member, [item], f"{path}[]")
    elif not isinstance(shape, MapShape):
        kind, text = shape.type_name, node.text or ""
        if len(node):
            yield f"{path} is a structure, not a {kind}"
        elif kind == "boolean" and text not in _TRUE_OR_FALSE:
            yield f"{path} is {text!r}, not a boolean"
        elif kind in ("integer", "long") and not re.fullmatch(r"-?\d+", text):
            yield f"{path} is {text!r}, not a {kind}"


def _xml_name(name: str, shape: Shape) -> str:
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        return str(shape.member.serialization.get("name") or shape.serialization.get("name", name))
    return str(shape.serialization.get("name", name))


def _tag(node: ET.Element) -> str:
    return node.tag.rpartition("}")[2]


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def _model(signing_name: str) -> Any:
    name = _SDK_NAMES.get(signing_name, signing_name)
    if name not in _session().get_available_services():
        return None
    model = _session().get_service_model(name)
    return model if model.metadata["protocol"] in _COMPARED else None
