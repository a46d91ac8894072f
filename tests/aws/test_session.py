from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.pool import DaemonPool
from gpuecs_tui.aws.session import AccountReader, Closed, action, connect
from tests.support.aws.stub import Answer, Stub

ROLE = """\
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = secret

[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/me
region = us-east-1
"""
WHO = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a</Arn>"
    "<UserId>u</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def who(_body: bytes) -> Answer:
    return 200, "text/xml", WHO.encode()


@pytest.fixture
def role(empty: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stub:
    """A profile whose role requires MFA; the stub accepts the code 123456."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    config = tmp_path / "config"
    config.write_text(ROLE)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def assume(body: bytes) -> Answer:
        asked = parse_qs(body.decode())
        assert asked["SerialNumber"] == ["arn:aws:iam::123456789012:mfa/me"]
        if asked["TokenCode"] != ["123456"]:
            text = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>MultiFactor"
            text += "Authentication failed</Message></Error></ErrorResponse>"
            return 403, "text/xml", text.encode()
        text = (
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>"
            "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
            f"<Expiration>{until}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        )
        return 200, "text/xml", text.encode()

    empty.answers["sts:AssumeRole"] = assume
    empty.answers["sts:GetCallerIdentity"] = who
    return empty


def test_a_role_with_mfa_says_so_where_nobody_can_be_asked(role: Stub) -> None:
    with pytest.raises(AwsProblem) as told:
        connect("admin").call("sts", "GetCallerIdentity")
    assert told.value.kind == "mfa"
    assert "admin" in told.value.sentence
    assert role.calls == []


def test_the_code_is_asked_for_by_the_prompt_and_once(role: Stub) -> None:
    prompts: list[str] = []

    def prompt(text: str) -> str:
        prompts.append(text)
        return "123456"

    reader = connect("admin", token_prompt=prompt)
    assert reader.call("sts", "GetCallerIdentity")["Account"] == "1"
    reader.call("sts", "GetCallerIdentity")
    assert len(prompts) == 1
    assert "mfa/me" in prompts[0]
    environ, ends = reader.credentials()
    assert environ == {
        "AWS_ACCESS_KEY_ID": "ASIA",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_SESSION_TOKEN": "t",
    }
    assert ends is not None
    assert timedelta(minutes=50) < ends - datetime.now(UTC) < timedelta(minutes=70)


def test_a_wrong_code_is_refused_in_words(role: Stub) -> None:
    with pytest.raises(AwsProblem) as told:
        connect("admin", token_prompt=lambda _text: "000000").call("sts", "GetCallerIdentity")
    assert told.value.kind == "mfa"
    assert "MultiFactor" in told.value.sentence
    assert "six digits" in told.value.remedy


def test_a_role_that_may_not_be_assumed(role: Stub) -> None:
    def refuse(_body: bytes) -> Answer:
        text = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User x is not authorized"
        text += " to assume it</Message></Error></ErrorResponse>"
        return 403, "text/xml", text.encode()

    role.answers["sts:AssumeRole"] = refuse
    with pytest.raises(AwsProblem) as told:
        connect("admin", token_prompt=lambda _text: "123456").call("sts", "GetCallerIdentity")
    assert told.value.kind == "no_credentials"
    assert "not authorized to assume" in told.value.sentence


def test_the_profile_of_the_environment_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[profile corp]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "corp")
    with pytest.raises(AwsProblem) as told:
        connect("", "us-east-1").call("sts", "GetCallerIdentity")
    assert "aws configure --profile corp" in told.value.remedy


def test_keys_without_end(empty: Stub, reader: AccountReader) -> None:
    environ, ends = reader.credentials()
    assert environ == {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "test"}
    assert ends is None


@pytest.mark.parametrize("profile", ["", "absent"])
def test_no_credentials(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(AwsProblem) as told:
        connect(profile, "us-east-1").call("sts", "GetCallerIdentity")
    assert told.value.kind == "no_credentials"
    assert "aws configure" in told.value.remedy
    if not profile:
        with pytest.raises(AwsProblem):
            connect(profile, "us-east-1").credentials()


BROKEN = """\
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = x
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-east-1
[profile failing]
credential_process = sh -c "echo boom >&2; exit 3"
[profile chatty]
credential_process = echo hello
[profile absent]
credential_process = /no/such/program
[profile pod]
role_arn = arn:aws:iam::123456789012:role/pod
web_identity_token_file = /no/such/token
[profile loop]
role_arn = arn:aws:iam::123456789012:role/a
source_profile = loop2
[profile loop2]
role_arn = arn:aws:iam::123456789012:role/b
source_profile = loop
[profile half]
aws_access_key_id = AKIA
"""


@pytest.mark.parametrize(
    ("profile", "kind", "words"),
    [
        ("sso", "sso_login", "aws sso login --profile sso"),
        ("failing", "no_credentials", "boom"),
        ("chatty", "no_credentials", "credential_process"),
        ("absent", "no_credentials", "/no/such/program"),
        ("pod", "no_credentials", "/no/such/token"),
        ("loop", "no_credentials", "Infinite loop"),
        ("half", "no_credentials", "aws_secret_access_key"),
    ],
)
def test_profiles_that_give_no_credentials(
    profile: str, kind: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(BROKEN)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(AwsProblem) as told:
        connect(profile, "us-east-1").call("sts", "GetCallerIdentity")
    assert told.value.kind == kind
    assert words in str(told.value)
    assert told.value.remedy


def test_a_region_that_is_none(empty: Stub) -> None:
    with pytest.raises(AwsProblem) as told:
        connect("", "not a region").call("sts", "GetCallerIdentity")
    assert told.value.kind == "invalid_region"


def test_clients_are_made_once(empty: Stub, reader: AccountReader) -> None:
    empty.answers["sts:GetCallerIdentity"] = who
    clients: set[int] = set()

    def ask() -> None:
        reader.call("sts", "GetCallerIdentity")
        clients.add(id(reader._client("sts")))

    for future in [reader.submit(ask) for _try in range(30)]:
        future.result(timeout=20)
    assert len(clients) == 1


def test_action_names_are_those_of_iam() -> None:
    assert action("ec2", "DescribeVpcs") == "ec2:DescribeVpcs"
    assert action("elbv2", "DescribeLoadBalancers") == "elasticloadbalancing:DescribeLoadBalancers"
    assert action("service-quotas", "GetServiceQuota") == "servicequotas:GetServiceQuota"


def test_pages_stop_when_the_reader_is_closed(empty: Stub, reader: AccountReader) -> None:
    def endless(_body: bytes) -> Answer:
        reader.close()
        text = "<DescribeVpcsResponse><vpcSet/><nextToken>more</nextToken></DescribeVpcsResponse>"
        return 200, "text/xml", text.encode()

    empty.answers["ec2:DescribeVpcs"] = endless
    with pytest.raises(Closed):
        reader.items("ec2", "DescribeVpcs", "Vpcs")
    assert len(empty.calls) == 1


def test_a_call_is_not_tried_again_once_the_reader_is_closed(
    empty: Stub, reader: AccountReader
) -> None:
    def throttled(_body: bytes) -> Answer:
        reader.close()
        text = "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors>"
        return 503, "text/xml", f"{text}</Response>".encode()

    empty.answers["ec2:DescribeVpcs"] = throttled
    with pytest.raises(Closed):
        reader.call("ec2", "DescribeVpcs")
    assert len(empty.calls) == 1


def test_the_pool_runs_no_more_at_once_than_it_is_big() -> None:
    pool, running, most, lock = DaemonPool(3), [0], [0], threading.Lock()

    def work() -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.01)
        with lock:
            running[0] -= 1

    for future in [pool.submit(work) for _try in range(20)]:
        future.result(timeout=10)
    assert most[0] == 3
    pool.close()
    assert pool.submit(work).cancelled()


def test_an_exception_is_the_futures() -> None:
    pool = DaemonPool(1)

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        pool.submit(fail).result(timeout=5)
    assert pool.submit(lambda: 1).result(timeout=5) == 1
    pool.close()


def test_a_hanging_call_does_not_hold_the_interpreter() -> None:
    code = (
        "import time\nfrom gpuecs_tui.aws.pool import DaemonPool\n"
        "DaemonPool(1).submit(lambda: time.sleep(60))\nprint('left', flush=True)"
    )
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "left"
    assert time.monotonic() - begin < 20
