"""Failures of a command that name the cause: a syntax error, a full disk, an empty directory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.demo import account
from tests.support.screens.written_stack import write_stack


@pytest.mark.parametrize("command", [["show"], ["check", "--offline"]])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'locals {\n  a = "b"\n  c = [1,\n}\n', "line 4: unexpected }"),
        (b'locals {\n  a = "caf\xe9"\n}\n', "line 2: unexpected bytes that are not UTF-8"),
        (b"\xff\xfel\x00o\x00", "line 1: unexpected bytes that are not UTF-8"),
    ],
)
def test_a_syntax_error_is_named_with_its_place(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    content: bytes,
    words: str,
) -> None:
    (tmp_path / "stack.tf").write_bytes(content)
    assert main([*command, str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert f"{tmp_path}/stack.tf could not be read (stack.tf, {words})" in told
    assert "render" not in told and "udc" not in told


def test_other_bytes_in_a_comment_are_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stack.tf").write_bytes(b"# caf\xe9\nlocals {} // \xfc\n/* \xff */\n")
    assert main(["show", str(tmp_path)]) == 1
    assert "No supported ECS service found" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes", "--despite-findings"]])
def test_a_directory_without_terraform_is_refused_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (tmp_path / "notes.txt").touch()
    assert main([*command, str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert told.err.count("has no Terraform files") == 1 and "Plan requires" not in told.err
    assert f"gpuecs-tui render ANSWERS.toml {tmp_path}" in told.err and not told.out


@pytest.mark.parametrize("command", ["show", "runs"])
def test_output_to_a_full_disk(tmp_path: Path, command: str) -> None:
    """``show`` prints more than the buffer of stdout, ``runs`` only one line."""
    write_stack(tmp_path)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gpuecs_tui", command, str(tmp_path)],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "gpuecs-tui: Could not write the output: No space left on device."
    )


def test_the_demo_account_names_the_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    full = os.statvfs_result((4096, 4096, 100, 0, 0, 100, 50, 50, 0, 255))
    with monkeypatch.context() as patch:
        patch.setattr(os, "statvfs", lambda _path: full)
        with pytest.raises(account.DemoProblem, match=f"the disk of {tmp_path}/home is full"):
            account.start_or_find(tmp_path / "home")
    with pytest.raises(account.DemoProblem, match="it printed no error"):
        account.start_or_find(tmp_path / "home")
