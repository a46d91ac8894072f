"""``migrate`` and ``buckets``: their output before they change anything."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.migrate import tell_due
from gpuecs_tui.demo.account import DemoAccount
from tests.support.terraform.states import S3, STATE


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "stack"
    made.mkdir()
    (made / "terraform.tfstate").write_text(json.dumps(STATE))
    (made / "backend.tf").write_text(S3 % "b")
    return made


def test_nothing_is_moved_without_a_yes(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", str(stack)]) == 64
    said = capsys.readouterr()
    assert "s3://b/a/b" in said.out and "--yes is required" in said.err
    assert json.loads((stack / "terraform.tfstate").read_text()) == STATE


def test_nothing_to_move(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / "backend.tf").unlink()
    (stack / "main.tf").write_text("")
    assert main(["migrate", "--yes", str(stack)]) == 1
    assert "No move needed" in capsys.readouterr().err
    assert main(["migrate", str(stack / "none")]) == 1
    tell_due(stack)
    assert not capsys.readouterr().out


def test_it_is_told_by_state_and_after_writing(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_due(stack)
    assert f"gpuecs-tui migrate {stack} --yes" in capsys.readouterr().out
    assert main(["state", str(stack)]) == 1
    said = capsys.readouterr().out
    assert "aws_lb.this" in said and f"→  gpuecs-tui migrate {stack} --yes" in said
    assert main(["state", "--json", str(stack)]) == 1
    assert json.loads(capsys.readouterr().out)["move"]["target"] == "s3://b/a/b"


def test_buckets(on_demo_account: DemoAccount, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["buckets", "Not_A_Name", "--yes"]) == 64
    assert main(["buckets", "tfstate-by-command"]) == 64
    said = capsys.readouterr()
    assert "+  bucket tfstate-by-command in us-east-1" in said.out
    assert main(["buckets", "tfstate-by-command", "--yes"]) == 0
    capsys.readouterr()
    assert main(["buckets", "--json"]) == 0
    found = {it["name"]: it for it in json.loads(capsys.readouterr().out)}
    assert found["tfstate-by-command"]["versioned"] and found["tfstate-by-command"]["private"]
    assert main(["buckets"]) == 0
    assert "demo-scratch  us-east-1 · not versioned" in capsys.readouterr().out


@pytest.mark.usefixtures("on_demo_account")
@pytest.mark.parametrize(
    ("serial", "lineage", "words"),
    [
        (STATE["serial"], STATE["lineage"], "Each was changed without the other"),
        (STATE["serial"] + 1, STATE["lineage"], "holds a newer version of the same state"),
        (STATE["serial"], "another", "already holds another state"),
    ],
)
def test_no_other_content_is_overwritten(
    stack: Path, capsys: pytest.CaptureFixture[str], serial: int, lineage: str, words: str
) -> None:
    (stack / "backend.tf").write_text(S3 % "demo-scratch")
    there = {**STATE, "serial": serial, "lineage": lineage}
    there["outputs"] = {"endpoint": {"value": "10.0.0.9", "type": "string"}}
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.put_object(Bucket="demo-scratch", Key="a/b", Body=json.dumps(there).encode())
    try:
        assert main(["migrate", str(stack), "--yes"]) == 1
        said = capsys.readouterr().err
        assert words in said and "Nothing was moved: " in said
        assert json.loads((stack / "terraform.tfstate").read_text()) == STATE
        held = s3.get_object(Bucket="demo-scratch", Key="a/b")["Body"].read()
        assert json.loads(held) == there
    finally:
        s3.delete_object(Bucket="demo-scratch", Key="a/b")


@pytest.mark.usefixtures("on_demo_account")
def test_a_selected_workspace_without_a_state_is_refused(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stack / "backend.tf").write_text(S3 % "demo-scratch")
    (stack / ".terraform").mkdir()
    (stack / ".terraform" / "environment").write_text("night")
    before = (stack / "terraform.tfstate").read_bytes()
    assert main(["migrate", str(stack), "--yes"]) == 1
    said = capsys.readouterr().err
    assert "the selected workspace night has no state. These workspaces have one: default." in said
    assert "terraform workspace select NAME" in said
    assert (stack / "terraform.tfstate").read_bytes() == before
    assert (stack / ".terraform" / "environment").read_text() == "night"
    held = boto3.client("s3", region_name="us-east-1").list_objects_v2(Bucket="demo-scratch")
    assert "Contents" not in held
