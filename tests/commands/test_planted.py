"""The commands on prepared directories and files: they always end, and never with a traceback."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gpuecs_tui.stack.answers import ANSWERS_MAX, dump_answers
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.control.runs import start
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.write.stage import COMMIT, STAGE, Move, encode
from tests.support.terraform.run_folders import stage
from tests.support.terraform.written_files import made, put

LIMIT_SECONDS = 60.0
"""Timeout in seconds: a command that waits for a FIFO waits forever; one that works takes two."""


def gpuecs(*words: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "gpuecs_tui", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    directory = tmp_path / "stack"
    put(directory, render(made()))
    return directory


def fifo_as_list(stack: Path) -> None:
    (stack / STAGE).mkdir()
    os.mkfifo(stack / STAGE / COMMIT)


def fifos_everywhere(stack: Path) -> None:
    (stack / ".terraform").mkdir()
    for name in (
        STAGE, "terraform.tfstate", "errored.tfstate", ".terraform.lock.hcl",
        ".terraform.tfstate.lock.info", ".terraform/gpuecs-tui.lock",
        ".terraform/gpuecs-tui.init", ".terraform/gpuecs-tui.id", ".terraform/environment",
        ".terraform/terraform.tfstate",
    ):  # fmt: skip
        os.mkfifo(stack / name)


def test_a_fifo_among_the_terraform_is_named_and_makes_its_part_unknown(stack: Path) -> None:
    os.mkfifo(stack / "other.tf")
    shown = gpuecs("show", stack)
    assert shown.returncode == 1 and "other.tf is not a regular file" in shown.stderr
    assert 'name = "llm"' in shown.stdout


def test_a_fifo_that_terraform_would_load_is_named_before_a_run(stack: Path) -> None:
    (stack / "vpc").mkdir()
    (stack / "vpc.tf").write_text('module "vpc" {\n  source = "./vpc"\n}\n')
    named = ("zz.tf", "z.auto.tfvars", ".terraform.lock.hcl", "terraform.tfstate", "vpc/main.tf")
    for name in named:
        os.mkfifo(stack / "fifo")
        (stack / name).symlink_to(stack / "fifo")
        with pytest.raises(RunProblem, match=f"{name} is not a regular file"):
            start(stack, Operation.PLAN)
        (stack / name).unlink()
        (stack / "fifo").unlink()


def test_fifos_in_records_of_runs_are_named_and_the_other_runs_are_listed(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    stage(stack, RunStatus.SUCCEEDED, message="Applied.")
    planted = []
    for name in ("run.json", "state.json", "decision.json", "journal.jsonl", "plan.tfplan"):
        path = stage(stack, RunStatus.SUCCEEDED).files.folder / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        planted.append(path)
    listed = gpuecs("runs", stack)
    assert listed.returncode == 0 and "Applied." in listed.stdout
    for path in planted:
        assert f"Could not read {path}: it is not a regular file." in listed.stdout + listed.stderr
    told = gpuecs("state", stack)
    # Without its run.json, a run belongs to no directory.
    for path in planted[1:]:
        assert f"Could not read {path}: it is not a regular file." in told.stdout


@pytest.mark.parametrize("plant", [fifo_as_list, fifos_everywhere])
def test_a_fifo_holds_no_command_up(
    stack: Path, tmp_path: Path, plant: Callable[[Path], None]
) -> None:
    plant(stack)
    (tmp_path / "a.toml").write_text(dump_answers(made(fleet__max_size=5).flat()))
    shown = gpuecs("show", stack)
    assert shown.returncode == 0 and 'name = "llm"' in shown.stdout
    assert f"Unfinished write found in {stack / STAGE}" in shown.stderr
    assert "Unfinished write found in" in gpuecs("check", "--offline", stack).stderr
    gpuecs("state", stack)
    refused = gpuecs("render", tmp_path / "a.toml", stack)
    assert refused.returncode == 1 and "Unfinished write found in" in refused.stderr
    assert read(stack).stack == made()
    assert gpuecs("render", tmp_path / "a.toml", stack, "--yes").returncode == 0
    assert read(stack).stack == made(fleet__max_size=5)


def test_moves_that_another_decided_are_shown_and_dropped_after_a_yes(
    stack: Path, tmp_path: Path
) -> None:
    own = stack / "notes.txt"
    own.write_text("mine\n")
    (stack / STAGE).mkdir()
    digest = hashlib.sha256(b"mine\n").hexdigest()
    (stack / STAGE / COMMIT).write_bytes(encode({"notes.txt": Move(digest, None)}))
    (tmp_path / "a.toml").write_text(dump_answers(made().flat()))
    before = sorted(stack.rglob("*"))
    for words in (("show", stack), ("check", "--offline", stack)):
        gpuecs(*words)
        assert sorted(stack.rglob("*")) == before
    with pytest.raises(RunProblem, match="Unfinished write found"):
        start(stack, Operation.PLAN)
    refused = gpuecs("render", tmp_path / "a.toml", stack)
    assert "-mine" in refused.stdout and "no record of it" in refused.stderr
    assert sorted(stack.rglob("*")) == before
    assert gpuecs("render", tmp_path / "a.toml", stack, "--yes").returncode == 0
    assert own.read_text() == "mine\n" and not (stack / STAGE).exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[fleet]\nmin_size = {'8' * 4500}", "too many digits"),
        (f"[task]\ncommand = {'[' * 4000}{']' * 4000}", "nest"),
        (f"[task]\nenvironment = {'{a=' * 4000}", "nest"),
        (f"stack{'.stack' * 100_000} = 1", "larger than"),
        (f"stack{'.b' * 100_000} = 1", "too many parts"),
        (f"{'k' * 100_000} = 1", "is not a key of a stack"),
        ("#" * (ANSWERS_MAX + 1), "larger than"),
    ],
    ids=["digits", "lists", "tables", "size", "parts", "key", "comment"],
)
def test_answers_that_cost_too_much_are_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    done = gpuecs("render", tmp_path / "a.toml", tmp_path / "out")
    assert done.returncode == 1 and words in done.stderr
    assert len(done.stderr) < 500 and not (tmp_path / "out").exists()


def test_answers_are_read_from_a_pipe_and_from_no_device(tmp_path: Path) -> None:
    answers = dump_answers(made().flat())
    done = subprocess.run(
        [sys.executable, "-m", "gpuecs_tui", "render", "/dev/stdin", tmp_path / "out"],
        input=answers.encode(),
        check=True,
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0 and read(tmp_path / "out").stack == made()
    os.mkfifo(tmp_path / "fifo")
    for path in ("/dev/zero", tmp_path / "fifo"):
        done_other = gpuecs("check", "--offline", path)
        assert done_other.returncode == 1 and len(done_other.stderr.splitlines()) <= 40
