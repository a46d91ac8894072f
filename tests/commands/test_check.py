"""``check`` on a directory also uses the other files in the directory."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED
from gpuecs_tui.terraform.read.bootstrap import BYTES_MAX, bootstrap
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.states import STATE
from tests.support.terraform.written_files import made, put

LOCK = 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "6.54.1"\n}\n'


def rules(capsys: pytest.CaptureFixture[str]) -> set[str]:
    return {it["rule"] for it in json.loads(capsys.readouterr().out)["findings"]}


def test_a_lock_file_that_picks_a_provider_that_rolls_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = dict(render(made()))
    put(tmp_path, {**files, ".terraform.lock.hcl": LOCK})
    words = ["check", str(tmp_path), "--offline", "--json"]
    # Generated Terraform has no service that such a provider would roll back.
    assert main(words) == 0
    assert "provider-version" not in rules(capsys)
    before = "  propagate_tags "
    assert before in files["service.tf"]
    both = "  sigint_rollback = true\n  wait_for_steady_state = true\n"
    put(tmp_path, {"service.tf": files["service.tf"].replace(before, f"{both}{before}", 1)})
    assert main(words) == EXIT_FAILED
    assert "provider-version" in rules(capsys)
    (tmp_path / ".terraform.lock.hcl").unlink()
    assert main(words) == 0
    assert "provider-version" not in rules(capsys)


def test_a_user_data_file_that_came_from_windows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, render(made()))
    words = ["check", str(tmp_path), "--offline", "--json"]
    assert main(words) == 0
    assert "user-data" not in rules(capsys)
    own = tmp_path / "user_data.sh"
    text = own.read_bytes()
    # cloud-init removes CR characters only if the first line has one.
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


def test_a_state_that_must_be_moved_first_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    stack = tmp_path / "tts"
    put(stack, render(made()))
    config = {"bucket": "states-of-tts", "key": "tts.tfstate", "region": "us-east-1"}
    noted = {"backend": {"type": "s3", "config": config, "hash": 1}}
    put(stack / ".terraform", {"terraform.tfstate": json.dumps(noted)})
    assert main(["check", str(stack), "--offline"]) == 0
    said = capsys.readouterr().out
    assert "[state-unmoved]" in said and "No problems found" not in said
    assert "s3://states-of-tts/tts.tfstate. Move the state before you run a plan." in said
    assert f"run `gpuecs-tui migrate {stack}`, or undo the backend change" in said
    # A location that is not supported is refused and not moved.
    noted["backend"] = {"type": "gcs", "config": {"bucket": "states-of-tts"}, "hash": 1}
    put(stack / ".terraform", {"terraform.tfstate": json.dumps(noted)})
    assert main(["check", str(stack), "--offline"]) == EXIT_FAILED
    assert "[state-unmoved]" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", '{"version": 4, "serial": 9, "resour'])
def test_a_state_that_a_full_disk_cut_off_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    stack = tmp_path / "tts"
    put(stack, render(made()))
    put(stack, {"terraform.tfstate": text, "terraform.tfstate.backup": json.dumps(STATE)})
    assert main(["check", str(stack), "--offline", "--json"]) == 0
    found = {it["rule"]: it for it in json.loads(capsys.readouterr().out)["findings"]}
    assert found["state-unread"]["severity"] == "unknown"
    assert (
        "terraform.tfstate.backup contains the previous state (serial 3, 1"
        in (found["state-unread"]["message"])
    )
