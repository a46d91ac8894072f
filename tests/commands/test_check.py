"""``check`` on a directory: what lies beside the stack's Terraform counts too."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED
from gpuecs_tui.terraform.read.bootstrap import BYTES_MAX, bootstrap
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import made, put

LOCK = 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "6.54.1"\n}\n'


def rules(capsys: pytest.CaptureFixture[str]) -> set[str]:
    return {it["rule"] for it in json.loads(capsys.readouterr().out)["findings"]}


def test_a_lock_file_that_picks_a_provider_that_rolls_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, render(made()))
    words = ["check", str(tmp_path), "--offline", "--json"]
    assert main(words) == 0
    assert "provider-version" not in rules(capsys)
    put(tmp_path, {".terraform.lock.hcl": LOCK})
    assert main(words) == EXIT_FAILED
    assert "provider-version" in rules(capsys)


def test_a_user_data_file_that_came_from_windows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, render(made()))
    words = ["check", str(tmp_path), "--offline", "--json"]
    assert main(words) == 0
    assert "user-data" not in rules(capsys)
    own = tmp_path / "user_data.sh"
    text = own.read_bytes()
    # cloud-init removes CR only where the first line has one.
    own.write_bytes(text.replace(b"\n", b"\r\n"))
    assert main(words) == 0
    assert "user-data" in rules(capsys)
    own.write_bytes(b"#!/bin/bash\n" + text.partition(b"\n")[2].replace(b"\n", b"\r\n"))
    assert main(words) == EXIT_FAILED
    assert "user-data" in rules(capsys)


@pytest.mark.parametrize("kind", ["none", "fifo", "folder", "large"])
def test_a_user_data_file_that_is_none(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "user_data.sh"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "large":
        path.write_text("#" * (2 * BYTES_MAX))
    assert len(bootstrap(tmp_path)) == (BYTES_MAX if kind == "large" else 0)
