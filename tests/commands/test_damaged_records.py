"""Damaged records of runs, and those of a newer version: one message, and other stacks still
work."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.terraform.control import rotation, runs
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.launch import create_run
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.runs.unread_run import UnreadRun
from tests.support.terraform.apply_events import hook
from tests.support.terraform.run_folders import stage
from tests.support.terraform.waiting import until_state
from tests.support.unprivileged import unprivileged

CREATED = [hook("aws_lb.a", "start"), hook("aws_lb.a", "complete", id_="arn:a")]
DEEP = b"[" * 100_000
TEXTS: dict[str, bytes] = {
    "empty": b"",
    "zeros": b"\0" * 4096,
    "binary": bytes(range(256)),
    "no JSON": b"directory = /srv",
    "a list": b"[1, 2]",
    "a number": b"9" * 5000,
    "nested": DEEP,
    "nested in a value": b'{"state": ' + DEEP,
}
WRONG: tuple[Any, ...] = (None, 7, True, "\0", "\ud800", [[]], {"a": {"b": []}}, "\x1b[31m")


def setting(name: str, value: object) -> Callable[[bytes], bytes]:
    def change(text: bytes) -> bytes:
        return json.dumps({**json.loads(text), name: value}).encode()

    return change


def inside(name: str, key: str, value: object) -> Callable[[bytes], bytes]:
    def change(text: bytes) -> bytes:
        raw = json.loads(text)
        raw[name] = {**(raw.get(name) or {}), key: value}
        return json.dumps(raw).encode()

    return change


def damages() -> Iterator[tuple[str, str, Callable[[bytes], bytes]]]:
    """File, the damage, and the function that causes it."""
    for file in ("run.json", "state.json", "decision.json"):
        for name, text in TEXTS.items():
            yield file, name, lambda _old, text=text: text  # type: ignore[misc]
        yield file, "cut", lambda old: old[: len(old) // 2]
    keys = {
        "run.json": (
            *("directory", "inode", "token", "operation", "started_at", "user", "host"),
            *("plugin_dir", "profile", "settings", "fingerprint", "only_bring_back", "later"),
        ),
        "state.json": ("state", "at", "runner", "child", "values", "history", "later"),
        "decision.json": ("decision", "by", "at", "reason", "credentials_end", "later"),
    }
    for file, names in keys.items():
        for name in names:
            for value in WRONG:
                yield file, f"{name} = {value!r}", setting(name, value)
    for key in ("changes", "exit", "configuration", "plan_sha256"):
        for value in WRONG:
            yield "state.json", f"values.{key} = {value!r}", inside("values", key, value)
    for key in ("pid", "started", "host", "boot"):
        for value in (*WRONG, 10**30):
            yield "state.json", f"runner.{key} = {value!r}", inside("runner", key, value)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "stack"
    made.mkdir()
    (made / "terraform.tfstate").write_text('{"version": 4, "serial": 1, "resources": []}')
    return made


def staged(stack: Path) -> Run:
    run = stage(stack, RunStatus.FAILED, CREATED)
    run.files.decision.write_text(json.dumps({"decision": "approve", "by": "ada@bastion"}))
    return run


def test_no_damage_ends_in_a_traceback_or_reaches_another_stack(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = stage(tmp_path / "other", RunStatus.SUCCEEDED, message="Applied.")
    run = staged(stack)
    whole = {path: path.read_bytes() for path in run.files.folder.glob("*.json")}
    tried = 0
    for file, what, change in damages():
        path = run.files.folder / file
        path.write_bytes(change(whole[path]))
        for words in (["runs"], ["runs", "--json"], ["attach"], ["cancel"], ["state"]):
            code = main([*words, str(stack)])
            told = capsys.readouterr()
            assert code in (0, 1), (file, what, words, told)
            assert "\x1b" not in told.out + told.err, (file, what, words)
        assert main(["runs", str(other.directory)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 1 and "Applied." in lines[0], (file, what)
        path.write_bytes(whole[path])
        tried += 1
    assert tried > 250


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("run.json", setting("operation", "refresh"), "its operation is 'refresh'"),
        ("state.json", setting("state", "paused"), "its state is 'paused'"),
        ("run.json", setting("region", "eu-west-1"), "it contains 'region'"),
        ("state.json", setting("lease", 3), "it contains 'lease'"),
    ],
)
def test_a_run_of_a_newer_version_is_listed_and_kept(
    stack: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    change: Callable[[bytes], bytes],
    words: str,
) -> None:
    run = staged(stack)
    path = run.files.folder / file
    path.write_bytes(change(path.read_bytes()))
    assert main(["runs", str(stack)]) == 0
    told = capsys.readouterr().out
    assert run.id in told and "written by a newer version" in told and words in told
    assert str(path) in told and "Update gpuecs-tui" in told
    assert main(["runs", "--json", str(stack)]) == 0
    (tree,) = json.loads(capsys.readouterr().out)
    assert (tree["id"], tree["state"]) == (run.id, "newer")
    # The journal contains the created resources, even if the record is damaged.
    assert main(["state", str(stack)]) == 1
    assert "aws_lb.a  arn:a" in capsys.readouterr().out
    monkeypatch.setattr(rotation, "KEPT_RUNS", 0)
    rotation.rotate(run_list.records_of(stack))
    assert run.files.folder.exists()


def test_a_damaged_run_is_named_with_the_way_on(
    stack: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = staged(stack)
    run.files.state.write_text('{"state": "fai')
    assert main(["runs", str(stack)]) == 0
    told = capsys.readouterr().out
    assert f"damaged  Could not read {run.files.state}: it is not JSON." in told
    assert f"state {stack} --forget {run.id}" in told
    for command in ("attach", "cancel"):
        assert main([command, str(stack)]) == 1
        assert f"Could not read {run.files.state}" in capsys.readouterr().err
    assert main(["state", str(stack)]) == 1
    told = capsys.readouterr().out
    assert f"!  Could not read {run.files.state}" in told and "aws_lb.a  arn:a" in told
    monkeypatch.setattr(rotation, "KEPT_RUNS", 0)
    rotation.rotate(run_list.records_of(stack))
    assert run.files.folder.exists()
    assert main(["state", str(stack), "--forget", run.id, "--yes"]) == 0
    capsys.readouterr()
    assert main(["state", str(stack)]) == 0
    assert "arn:a" not in capsys.readouterr().out
    rotation.rotate(run_list.records_of(stack))
    assert not run.files.folder.exists()


def test_a_record_that_names_no_stack_is_said_in_each_list(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = staged(stack)
    run.files.facts.write_bytes(b"\xff\xfe")
    assert main(["runs", str(stack)]) == 0
    told = capsys.readouterr()
    assert "No runs of" in told.out and f"Could not read {run.files.facts}" in told.err
    assert f"Move {run.files.folder} out of the runs directory." in told.err
    # The remaining text may still contain the directory.
    run.files.facts.write_text(f'{{"directory": {json.dumps(str(stack))}, "inode": [1,')
    (found,) = run_list.records_of(stack)
    assert isinstance(found, UnreadRun) and found.id == run.id


def empty_file(path: Path) -> None:
    path.write_bytes(b"")


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


@pytest.mark.parametrize("damage", [empty_file, folder_instead, cut_off, Path.unlink])
@pytest.mark.parametrize("file", ["run.json", "state.json"])
def test_a_damaged_run_is_listed_until_it_is_dismissed(
    stack: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    damage: Callable[[Path], None],
) -> None:
    (stack / ".terraform").mkdir()
    run = create_run(run_list.runs_root(), stack, Operation.APPLY, None, None, {})
    run.files.journal.write_text("")
    path = run.files.folder / file
    damage(path)
    assert main(["runs", str(stack)]) == 0
    told = capsys.readouterr()
    command = f"gpuecs-tui state {stack} --forget {run.id} --yes"
    assert told.out.startswith(f"{run.id}  damaged  ") and str(path) in told.out
    assert told.out.endswith(f"{command}\n") and told.err == ""
    assert main(["runs", "--json", str(stack)]) == 0
    (tree,) = json.loads(capsys.readouterr().out)
    assert (tree["id"], tree["state"], tree["directory"]) == (run.id, "damaged", str(stack))

    assert main(["state", str(stack), "--forget", run.id]) == 64
    told = capsys.readouterr()
    assert (
        told.out == f"The journal of run {run.id} has no resource that is missing from the state.\n"
    )
    assert command in told.err and "--recover" not in told.err
    assert main(["state", str(stack)]) == 1
    assert command in capsys.readouterr().out
    assert main(["state", str(stack), "--forget", run.id, "--yes"]) == 0
    capsys.readouterr()
    assert main(["runs", str(stack)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"{run.id}  damaged, dismissed  ") and "--forget" not in told.out
    assert main(["state", str(stack)]) == 0
    assert main(["attach", str(stack)]) == 1
    assert "No runs of" in capsys.readouterr().err


def test_a_run_that_is_being_made_or_deleted_is_not_damaged(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stack / ".terraform").mkdir()
    run = create_run(run_list.runs_root(), stack, Operation.PLAN, None, None, {})
    kept = {path: path.read_bytes() for path in run.files.folder.iterdir()}
    for file in (run.files.state, run.files.facts, run.files.directory_record):
        file.unlink()
        assert run_list.records() == [], "as it is after each step of its making"
    for path, text in kept.items():
        path.write_bytes(text)
    staged(stack)
    seen: list[object] = []

    def half_way(folder: Path, **_any: object) -> None:
        (folder / "run.json").unlink()
        seen.extend(run_list.records())

    monkeypatch.setattr("shutil.rmtree", half_way)
    rotation._delete(run.files.folder)
    assert [getattr(it, "id", "") for it in seen] == [run_list.records()[0].id]
    assert not any(isinstance(it, UnreadRun) for it in seen)


def test_a_run_begins_beside_damaged_ones(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
    from tests.support.terraform import fake_engine

    monkeypatch.setenv(ENGINE_VARIABLE, str(fake_engine.install(tmp_path / "engine")))
    (stack / "main.tf").write_text('resource "terraform_data" "a" {\n}\n')
    for file, text in (("state.json", b""), ("run.json", DEEP), ("decision.json", b"[]")):
        (staged(stack).files.folder / file).write_bytes(text)
    ended = until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    told = ended.files.journal.read_text()
    assert told.count("Could not read") == 2, "the one that names no stack may be of another"


@pytest.mark.parametrize("command", ["runs", "attach", "cancel"])
def test_a_state_home_that_can_not_be_read_is_said(
    stack: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    staged(stack)
    run_list.runs_root().chmod(0)
    try:
        with unprivileged():
            assert main([command, str(stack)]) == 1
            assert main(["state", str(stack)]) == 1
    finally:
        run_list.runs_root().chmod(0o700)
    told = capsys.readouterr()
    assert f"Could not read {run_list.runs_root()}: Permission denied" in told.err
    assert f"Could not read {run_list.runs_root()}" in told.out, "by state, which exits with 1"


def test_a_state_of_wrong_types_is_one_sentence(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = stack / "terraform.tfstate"
    for text in (
        '{"version": 4, "resources": 5}',
        '{"version": 4, "serial": "x"}',
        '{"version": "4"}',
        '{"version": 4, "lineage": []}',
        '{"version": 4, "outputs": [1]}',
        '{"version": 4, "resources": [{"mode": "managed", "instances": [3]}]}',
        '{"version": 4, "resources": [{"instances": [{"sensitive_attributes": [[1]]}]}]}',
        '["a", "list"]',
        '{"no": "state"}',
        "plain words",
        '{"version": 4, "resources": ' + "[" * 100_000,
    ):
        path.write_text(text)
        assert main(["state", str(stack)]) == 1, text
        told = capsys.readouterr().out
        assert "!  terraform.tfstate is " in told, text
        assert f"state {stack} --restore" in told
    path.write_text('{"version": 5, "resources": []}')
    assert main(["state", str(stack)]) == 1
    assert "has version 5 of the state format" in capsys.readouterr().err
    assert path.exists()


@pytest.mark.parametrize("text", ["", "\x1b[31m", "{}", '{"version": 4, "serial": []}'])
def test_an_errored_state_that_holds_none_goes_aside(
    stack: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = stack / "errored.tfstate"
    path.write_text(text)
    assert main(["state", str(stack)]) == 1
    told = capsys.readouterr().out
    assert "!  errored.tfstate " in told and "push it" not in told
    assert f"→  gpuecs-tui state {stack} --restore" in told and "--push" not in told
    assert main(["state", str(stack), "--push"]) == 1
    assert "--restore" in capsys.readouterr().err
    assert main(["state", str(stack), "--restore"]) == 64
    refused = capsys.readouterr()
    assert "errored.tfstate" in refused.out and "--restore needs --yes" in refused.err
    assert path.read_text() == text
    assert main(["state", str(stack), "--restore", "--yes"]) == 0
    assert not path.exists() and len(list(stack.glob("errored.tfstate.broken-*"))) == 1
    capsys.readouterr()
    assert main(["state", str(stack)]) == 0


def test_umask_000_opens_nothing(stack: Path, tmp_path: Path) -> None:
    from gpuecs_tui.terraform.runs.launch import create_run
    from gpuecs_tui.terraform.runs.run_status import Operation

    (stack / ".terraform").mkdir()
    before = os.umask(0)
    try:
        made = create_run(run_list.runs_root(), stack, Operation.PLAN, None, None, {})
    finally:
        os.umask(before)
    for path in (made.files.folder, *made.files.folder.parents):
        if path == tmp_path:
            break
        assert path.stat().st_mode & 0o777 == 0o700, path
    for file in made.files.folder.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file
    run_list.runs_root().parent.chmod(0o777)
    create_run(run_list.runs_root(), stack, Operation.PLAN, None, None, {})
    assert run_list.runs_root().parent.stat().st_mode & 0o777 == 0o700, "closed again"
