"""The credentials that Terraform gets, for each kind of profile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.recovery.own_state import own_state
from gpuecs_tui.wizard.run_environment import environment_for, state_environment

CONFIG = """
[profile plain]
region = us-east-1
[profile guarded]
role_arn = arn:aws:iam::123456789012:role/ops
source_profile = plain
mfa_serial = arn:aws:iam::123456789012:mfa/ada
"""


class SignedIn(AccountReader):
    problem: AwsProblem | None = None

    def credentials(self) -> tuple[Mapping[str, str], datetime | None]:
        if self.problem is not None:
            raise self.problem
        return {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SESSION_TOKEN": "t"}, None


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SignedIn:
    config = tmp_path / "config"
    config.write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_PROFILE", "plain")
    return SignedIn("guarded", "us-east-1")


def test_without_a_profile_the_environment_is_as_it_is(reader: SignedIn) -> None:
    environ, profile = environment_for("", reader)
    assert profile is None and environ["AWS_ACCESS_KEY_ID"] == "AKIA"


def test_a_profile_that_terraform_can_use_is_named(reader: SignedIn) -> None:
    assert environment_for("plain", reader)[1] == "plain"
    assert environment_for("guarded", None)[1] == "guarded"


def test_a_profile_with_mfa_gives_the_session_that_is_open(reader: SignedIn) -> None:
    environ, profile = environment_for("guarded", reader)
    assert profile is None
    assert environ["AWS_ACCESS_KEY_ID"] == "ASIA" and environ["AWS_SESSION_TOKEN"] == "t"
    assert "AWS_PROFILE" not in environ


def test_a_session_that_is_over_is_said_in_words(reader: SignedIn) -> None:
    reader.problem = AwsProblem("mfa", "It needs a code.", "Type it.")
    with pytest.raises(RunProblem) as caught:
        environment_for("guarded", reader)
    assert str(caught.value) == "It needs a code. Type it."


def test_a_state_is_read_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CLI_ARGS_apply", "-state=prod.tfstate")
    monkeypatch.setenv("TF_CLI_ARGS_init", "-upgrade")
    environ = state_environment("")
    assert environ["TF_CLI_ARGS_apply"] == "-state=prod.tfstate"
    assert "TF_CLI_ARGS_init" not in environ
    unread = own_state(tmp_path, environ).facts.unread
    assert unread.startswith("TF_CLI_ARGS_apply has -state=prod.tfstate. ")
