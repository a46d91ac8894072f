"""The account responds only to programs of this machine, and opens no connections itself."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.parse
from collections.abc import Mapping

import boto3
import pytest
from botocore.exceptions import ClientError

from gpuecs_tui.demo import protocol
from gpuecs_tui.demo.account import DemoAccount

FORM = "Action=DescribeVpcs&Version=2016-11-15"


def ask(
    account: DemoAccount,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    method: str = "",
) -> http.client.HTTPResponse:
    place = urllib.parse.urlsplit(account.endpoint)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.putrequest(method or ("POST" if body else "GET"), path, skip_host=True)
    sent = {"Host": place.netloc, **(headers or {})}
    if body:
        sent |= {"Content-Length": str(len(body))}
        sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
    for name, value in sent.items():
        if value:
            connection.putheader(name, value)
    connection.endheaders((body or "").encode() or None)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


@pytest.fixture
def token(demo_account: DemoAccount) -> str:
    return str(json.loads((demo_account.folder / protocol.INFO_FILE).read_text())["token"])


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com",
        "evil.example.com:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil:{port}",
        "169.254.169.254:{port}",
        "localhost",
        "",
        "127.0.0.1:{port}.evil.example.com",
    ],
)
@pytest.mark.parametrize("path", ["/", "/demo-terraform-state", protocol.STATUS_PATH])
def test_another_host_is_refused(demo_account: DemoAccount, host: str, path: str) -> None:
    port = demo_account.endpoint.rpartition(":")[2]
    assert ask(demo_account, path, {"Host": host.format(port=port)}).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_in_a_browser_is_refused(demo_account: DemoAccount, headers: dict[str, str]) -> None:
    for method, body in (("POST", FORM), ("OPTIONS", None), ("GET", None)):
        answer = ask(demo_account, "/", headers, body, method)
        assert answer.status == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_no_answer_has_a_cors_header(demo_account: DemoAccount) -> None:
    for path in ("/", "/demo-terraform-state", "/latest/meta-data/"):
        answer = ask(demo_account, path)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "name", ["127.0.0.1", "localhost", "LOCALHOST", "demo-terraform-state.localhost"]
)
def test_its_own_names_are_answered(demo_account: DemoAccount, name: str) -> None:
    port = demo_account.endpoint.rpartition(":")[2]
    assert ask(demo_account, "/", {"Host": f"{name}:{port}"}).status != 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/moto-api/data.json"),
        ("GET", "/moto-api"),
        ("GET", "/moto-api/"),
        ("POST", "/moto-api/reset"),
        ("POST", "/%6doto-api/reset"),
        ("POST", "/moto-api/seed?a=1"),
        ("POST", "/MOTO-API/reset"),
        ("POST", "/x/../moto-api/reset"),
        ("POST", "/x/%2e%2E/moto-api/reset"),
        ("POST", "/./moto-api/reset"),
        ("POST", "//moto-api/reset"),
        ("POST", "/%2fmoto-api/reset"),
        ("POST", "/x/..%252fmoto-api/reset"),
        ("POST", "/%5cmoto-api/reset"),
        ("POST", "/%256doto-api/reset"),
        ("POST", "http://127.0.0.1/moto-api/reset"),
        ("POST", "/x/../Gpuecs-Tui-Demo/stop"),
        ("GET", protocol.STATUS_PATH),
        ("POST", protocol.STOP_PATH),
        ("POST", protocol.FAULTS_PATH),
    ],
)
def test_every_admin_path_needs_the_token(
    demo_account: DemoAccount, method: str, path: str
) -> None:
    for headers in ({}, {protocol.TOKEN_HEADER: "x"}, {protocol.TOKEN_HEADER: "é"}):
        assert ask(demo_account, path, headers, method=method).status == 403


def test_the_token_opens_them(demo_account: DemoAccount, token: str) -> None:
    for path in (protocol.STATUS_PATH, "/moto-api/state-manager/get-transition?model_name=x"):
        assert ask(demo_account, path, {protocol.TOKEN_HEADER: token}).status != 403


def test_the_token_opens_no_other_spelling(demo_account: DemoAccount, token: str) -> None:
    for path in ("/MOTO-API/reset", "/x/../moto-api/reset", "/%2fmoto-api/reset"):
        answer = ask(demo_account, path, {protocol.TOKEN_HEADER: token}, method="POST")
        assert answer.status == 404


@pytest.mark.usefixtures("on_demo_account")
def test_it_connects_to_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/internal"
        sns = boto3.client("sns")
        topic = sns.create_topic(Name="relay")["TopicArn"]
        with pytest.raises(ClientError, match="AccessDenied"):
            sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address)
            sns.publish(TopicArn=topic, Message="hello")
        with pytest.raises(TimeoutError):
            listener.accept()
        sns.delete_topic(TopicArn=topic)
