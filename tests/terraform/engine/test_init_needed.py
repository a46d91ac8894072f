from pathlib import Path

import pytest

from gpuecs_tui.terraform.engine.init_needed import locked_providers, needs_init, remember_init

VERSIONS = """\
terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}
"""
MAIN = """\
resource "aws_lb" "this" {
  name = "a"
}
"""
LOCK = """\
# This file is maintained automatically by "terraform init".

provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = ">= 5.100.0"
  hashes = [
    "h1:x",
  ]
}
"""
PROVIDER = ".terraform/providers/registry.terraform.io/hashicorp/aws/5.100.0"


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A directory after an init."""
    (tmp_path / "versions.tf").write_text(VERSIONS)
    (tmp_path / "main.tf").write_text(MAIN)
    (tmp_path / ".terraform.lock.hcl").write_text(LOCK)
    (tmp_path / PROVIDER).mkdir(parents=True)
    remember_init(tmp_path, {})
    return tmp_path


def test_once_is_enough(stack: Path) -> None:
    assert not needs_init(stack, {})
    assert locked_providers(stack) == {"registry.terraform.io/hashicorp/aws": "5.100.0"}


def test_never_done(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(MAIN)
    assert needs_init(tmp_path, {})
    assert locked_providers(tmp_path) == {}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("main.tf", MAIN.replace('"a"', '"b"')),
        ("main.tf", MAIN + '\nresource "aws_lb" "other" {\n}\n'),
        ("outputs.tf", 'output "a" {\n  value = "{"\n}\n'),
        ("terraform.tfvars", 'image = "x"\n'),
    ],
)
def test_ordinary_edits_need_none(stack: Path, file: str, text: str) -> None:
    (stack / file).write_text(text)
    assert not needs_init(stack, {})


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("versions.tf", VERSIONS.replace("5.100", "6.0")),
        ("backend.tf", 'terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n}\n'),
        ("module.tf", 'module "vpc" {\n  source = "./vpc"\n}\n'),
        ("pet.tf", 'resource "random_pet" "this" {\n}\n'),
        ("data.tf", 'data "http" "this" {\n  url = "x"\n}\n'),
        ("more.tf.json", '{"terraform": {"backend": {"local": {}}}}'),
        (".terraform.lock.hcl", LOCK.replace("5.100.0", "6.0.0")),
    ],
)
def test_other_requirements_need_one(stack: Path, file: str, text: str) -> None:
    (stack / file).write_text(text)
    assert needs_init(stack, {})


def test_pieces_that_are_gone_need_one(stack: Path) -> None:
    (stack / PROVIDER).rmdir()
    assert needs_init(stack, {})


def test_another_data_folder_has_its_own(stack: Path) -> None:
    assert needs_init(stack, {"TF_DATA_DIR": "elsewhere"})
