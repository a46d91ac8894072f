from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.terraform.engine.provider_choice import provider_choice

LOCK = """\
provider "registry.terraform.io/hashicorp/random" {
  version = "3.6.0"
}

provider "HOST/hashicorp/aws" {
  version     = "6.53.0"
  constraints = ">= 5.100.0"
}
"""


def versions(constraint: str) -> str:
    return (
        'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n'
        f'      version = "{constraint}"\n    }}\n  }}\n}}\n'
    )


@pytest.mark.parametrize("host", ["registry.terraform.io", "registry.opentofu.org"])
def test_the_lock_file_decides(tmp_path: Path, host: str) -> None:
    (tmp_path / "versions.tf").write_text(versions("6.54.0"))
    (tmp_path / ".terraform.lock.hcl").write_text(LOCK.replace("HOST", host))
    assert provider_choice(tmp_path) == "6.53.0"


@pytest.mark.parametrize(
    ("constraint", "minor"),
    [
        ("6.53.0", "6.53"),
        ("= 6.54.1", "6.54"),
        ("~> 6.53.0", "6.53"),
        (">= 5.100.0, ~> 6.53.2", "6.53"),
        ("~> 6.53", ""),
        (">= 6.53.0", ""),
        ("!= 6.53.0", ""),
        (">= 5.100.0, < 7.0.0, != 6.53.0, != 6.54.0", ""),
    ],
)
def test_without_one_a_constraint_may_pin_the_release(
    tmp_path: Path, constraint: str, minor: str
) -> None:
    (tmp_path / "versions.tf").write_text(versions(constraint))
    assert provider_choice(tmp_path) == minor


def test_no_directory_and_no_constraint_ask_for_nothing(tmp_path: Path) -> None:
    assert provider_choice(tmp_path / "absent") == ""
    (tmp_path / "main.tf").write_text("# required_providers {\n")
    assert provider_choice(tmp_path) == ""
