from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.profiles import Profile, default_profile, default_region, read_profiles

CONFIG = """\
[default]
region = eu-central-1
s3 =
    addressing_style = path

[profile sso-new]
sso_session = corp
sso_account_id = 123456789012
region = us-east-1

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start

[profile "sso old"]
sso_start_url = https://corp.awsapps.com/start

[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = default
mfa_serial = arn:aws:iam::123456789012:mfa/me

[profile reader]
role_arn = arn:aws:iam::123456789012:role/reader
credential_source = Ec2InstanceMetadata

[profile pod]
role_arn = arn:aws:iam::123456789012:role/pod
web_identity_token_file = /var/token

[profile vault]
credential_process = vault read aws

[profile console]
login_session = arn:aws:iam::123456789012:user/me

[profile bastion]
region = us-west-2
"""

CREDENTIALS = """\
[default]
aws_access_key_id = AKIA
aws_secret_access_key = secret

[only-keys]
aws_access_key_id = AKIA
aws_secret_access_key = 100%secret
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "config").write_text(CONFIG)
    (tmp_path / "credentials").write_text(CREDENTIALS)
    return {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }


def test_what_each_profile_needs(environ: dict[str, str]) -> None:
    found = {it.name: it.needs for it in read_profiles(environ)}
    assert found == {
        "default": "static",
        "admin": "role+mfa",
        "bastion": "none",
        "console": "login",
        "only-keys": "static",
        "pod": "web-identity",
        "reader": "role",
        "sso old": "sso",
        "sso-new": "sso",
        "vault": "process",
    }
    assert read_profiles(environ)[0] == Profile(
        "default", environ["AWS_CONFIG_FILE"], "static", "eu-central-1"
    )


def test_credentials_in_the_environment_come_first(environ: dict[str, str]) -> None:
    first = read_profiles({**environ, "AWS_ACCESS_KEY_ID": "AKIA", "AWS_REGION": "us-east-2"})[0]
    assert first == Profile("", "environment", "environment", "us-east-2")


def test_no_files_no_profiles(tmp_path: Path) -> None:
    environ = {
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }
    # The only remaining source is the role of the instance that runs the tests, if any.
    assert read_profiles(environ) == (Profile("", "instance", "none", ""),)
    assert read_profiles({**environ, "AWS_EC2_METADATA_DISABLED": "true"}) == ()


def test_files_are_looked_for_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(CREDENTIALS)
    assert {it.name for it in read_profiles()} == {"default", "only-keys"}


@pytest.mark.parametrize("content", [b"[profile x\nregion = a\n", b"\xff\xfe\x00", b"region = a\n"])
def test_a_file_that_is_none_is_named(content: bytes, environ: dict[str, str]) -> None:
    Path(environ["AWS_CONFIG_FILE"]).write_bytes(content)
    with pytest.raises(AwsProblem) as told:
        read_profiles(environ)
    assert environ["AWS_CONFIG_FILE"] in str(told.value)
    assert "\n" not in str(told.value)
    assert told.value.remedy


def test_defaults_of_the_environment() -> None:
    assert default_region({"AWS_DEFAULT_REGION": "a", "AWS_REGION": "b"}) == "b"
    assert default_region({}) == ""
    assert default_profile({"AWS_DEFAULT_PROFILE": "a"}) == "a"


def test_reading_profiles_needs_no_boto3() -> None:
    code = (
        "import sys; from gpuecs_tui.aws import catalogue, facts, profiles\n"
        "from gpuecs_tui.aws.discovery import account, lookups\n"
        "profiles.read_profiles(); catalogue.load()\n"
        "print([it for it in ('boto3', 'botocore', 'textual') if it in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
