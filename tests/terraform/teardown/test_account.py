"""The settings of the AWS provider with which the steps before a destroy are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.terraform.teardown.account import provider_settings


def settings_of(folder: Path, inside: str) -> object:
    (folder / "providers.tf").write_text(
        f'variable "who" {{\n}}\n\nprovider "aws" {{\n  region = "us-east-1"\n{inside}\n}}\n'
    )
    return provider_settings(folder)


def test_a_provider_that_chooses_nothing(tmp_path: Path) -> None:
    assert provider_settings(tmp_path) == {}
    assert settings_of(tmp_path, "") == {}


def test_profile_role_and_endpoints_are_those_of_the_provider(tmp_path: Path) -> None:
    role = 'assume_role {\n    role_arn = "arn:aws:iam::123456789012:role/a"\n  }'
    found = settings_of(
        tmp_path,
        f'  profile = "prod"\n  {role}\n  endpoints {{\n    ecs = "http://127.0.0.1:1"\n  }}',
    )
    assert isinstance(found, dict)
    assert found["profile"] == "prod"
    assert found["assume_role"]["role_arn"] == "arn:aws:iam::123456789012:role/a"
    assert found["endpoints"] == {"ecs": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("inside", "name"),
    [
        ("  profile = var.who", "profile"),
        ("  assume_role {\n    role_arn = var.who\n  }", "assume_role.role_arn"),
        ("  assume_role {\n  }", "assume_role"),
        ('  shared_config_files = ["a"]', "shared_config_files"),
        ("  assume_role_with_web_identity {\n  }", "assume_role_with_web_identity"),
    ],
)
def test_what_only_terraform_knows_is_refused(inside: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(AwsProblem) as problem:
        settings_of(tmp_path, inside)
    assert problem.value.reason == f"Could not evaluate {name} of the AWS provider"
