"""Records of runs next to a state in S3: their content, when they are written, and who imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.terraform.base.liveness import host_name, identify
from gpuecs_tui.terraform.recovery import remedies, shared_runs
from gpuecs_tui.terraform.recovery.shared_run import SharedRun, parse_shared_run, with_shared
from gpuecs_tui.terraform.recovery.shared_runs import Shelf, ShelfProblem, shelf_of
from gpuecs_tui.terraform.runner.beside import Beside
from gpuecs_tui.terraform.runs.lock_record import recorded_locks
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state.stored_state import NOTHING
from tests.support.terraform.apply_events import hook, state_with
from tests.support.terraform.run_folders import stage
from tests.support.terraform.waiting import until


class FakeShelf(Shelf):
    """Records in memory; every call raises ``wrong`` if it is set."""

    def __init__(self, **settings: Any) -> None:
        super().__init__("b", "k", {"use_lockfile": True, **settings}, "")
        self.records: dict[str, bytes] = {}
        self.puts = 0
        self.wrong: ShelfProblem | None = None

    def put(self, run: SharedRun) -> None:
        self.puts += 1
        if self.wrong:
            raise self.wrong
        self.records[run.id] = run.as_json()

    def delete(self, run_id: str) -> None:
        self.records.pop(run_id, None)

    def read(self) -> tuple[SharedRun, ...]:
        found = (parse_shared_run(text) for text in self.records.values())
        return tuple(it for it in found if it is not None)

    def lock(self) -> dict[str, Any] | None:
        return None


def shared(name: str = "r1", *, ended: bool = True, **ids: str) -> SharedRun:
    created = tuple(
        Candidate(f"aws_lb.{it}", "aws_lb", id_, name, None, by="kim@far")
        for it, id_ in ids.items()
    )
    at = datetime.now(UTC) - timedelta(hours=1)
    return SharedRun(name, "kim", "far", "apply", "2031-01-01T00:00:00Z", ended, at, created)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return stage(tmp_path / "stack", RunStatus.APPLYING)


def beside(run: Run, shelf: Shelf) -> tuple[Beside, list[str]]:
    notes: list[str] = []
    made = Beside(run, {}, lambda text, _level: notes.append(text), shelf)
    made.share()
    return made, notes


def write(run: Run, *lines: str) -> None:
    with run.files.journal.open("a") as journal:
        journal.writelines(f"{line}\n" for line in lines)


def test_a_record_says_what_was_created_and_nothing_more(run: Run) -> None:
    shelf = FakeShelf()
    thread, _notes = beside(run, shelf)
    write(run, hook("aws_lb.a", "start"), hook("aws_lb.a", "complete", id_="arn:a"))
    write(run, hook("aws_db_instance.b", "start"), "plain words, secret=hunter2")
    thread.tick(0.0)
    (text,) = shelf.records.values()
    raw = json.loads(text)
    assert set(raw) == {
        *("format", "run", "user", "host", "operation", "started_at", "ended", "updated_at"),
        "created",
    }
    assert all(set(it) == {"address", "type", "id", "begun_at"} for it in raw["created"])
    assert [it["id"] for it in raw["created"]] == ["arn:a", ""] and b"hunter2" not in text
    found = parse_shared_run(text)
    assert found is not None and not found.ended and found.created[0].by == "ada@bastion"


def test_puts_are_counted(run: Run) -> None:
    shelf = FakeShelf()
    thread, _notes = beside(run, shelf)
    for number in range(100):
        write(run, hook(f"aws_eip.e{number}", "complete", id_=f"eipalloc-{number}"))
        thread.tick(number / 10)
    assert shelf.puts == 10, "a hundred creations in ten seconds"
    for number in range(100, 200):
        thread.tick(number / 10)
    assert shelf.puts == 11, "the last of them, and nothing while nothing is created"


@pytest.mark.parametrize(("final", "puts"), [(True, 1), (False, 3)])
def test_a_refusal_is_one_note(run: Run, final: bool, puts: int) -> None:
    shelf = FakeShelf()
    shelf.wrong = ShelfProblem("s3://b/k: not allowed to call s3:PutObject.", final=final)
    thread, notes = beside(run, shelf)
    for number in range(250):
        write(run, hook(f"aws_eip.e{number}", "complete", id_=f"eipalloc-{number}"))
        thread.tick(number / 10)
    assert shelf.puts == puts, "again every ten seconds, or never"
    (note,) = notes
    assert "not allowed to call s3:PutObject" in note and "The run continues" in note
    thread.close(done=False)
    thread.finish()


def test_the_end_of_a_run_waits_for_no_hanging_call(run: Run) -> None:
    hanging, let_go = threading.Event(), threading.Event()

    class Hanging(FakeShelf):
        def put(self, run: SharedRun) -> None:
            hanging.set()
            let_go.wait()

    thread, _notes = beside(run, Hanging())
    thread.terraform(identify(), "apply", 0)
    assert hanging.wait(30)
    thread.close(done=True, seconds=0.01)
    let_go.set()


def test_the_record_is_deleted_when_the_state_holds_all(run: Run) -> None:
    shelf = FakeShelf()
    thread, _notes = beside(run, shelf)
    write(run, hook("aws_lb.a", "start"), hook("aws_lb.a", "complete", id_="arn:a"))
    thread.tick(0.0)
    assert run.id in shelf.records
    # Killed before it stored anything: the record of what is missing stays, and shows that the run
    # has ended.
    thread.finish()
    (left,) = shelf.read()
    assert left.ended and [it.id for it in left.created] == ["arn:a"]
    resource = {"mode": "managed", "type": "aws_lb", "name": "a"}
    resource["instances"] = [{"attributes": {"id": "arn:a"}}]  # type: ignore[assignment]
    stored = {"version": 4, "serial": 2, "resources": [resource]}
    (run.directory / "terraform.tfstate").write_text(json.dumps(stored))
    thread.finish()
    assert shelf.records == {}
    shelf.put(shared("others", a="arn:a"))
    shelf.put(shared("missing", c="arn:c"))
    thread.close(done=True)
    thread.finish()
    assert set(shelf.records) == {"missing"}, "what this run has brought back of others goes too"


def test_whose_run_may_still_work_is_left_alone() -> None:
    shelf = FakeShelf()
    shelf.put(shared("over", a="arn:a"))
    shelf.put(shared("open", ended=False, b="arn:b"))
    assert {it.id for it in shelf.others(())} == {"over", "open"}
    assert {it.id for it in shelf.others((), locked=True)} == {"over"}
    assert shelf.others(("over", "open")) == ()
    lockless = FakeShelf(use_lockfile=False)
    lockless.records = shelf.records
    assert {it.id for it in lockless.others(())} == {"over"}


def test_without_a_lock_a_run_that_has_not_ended_is_named_and_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    clone = tmp_path / "clone"
    clone.mkdir()
    (clone / "main.tf").write_text("")
    shelf = FakeShelf(use_lockfile=False)
    shelf.put(shared("r7", ended=False, a="arn:a", b="arn:b"))
    monkeypatch.setattr(remedies, "shelf_of", lambda *_any: shelf)
    found = remedies.examine(clone, {})
    assert not found.missing and not found.has_problems
    (sentence,) = found.sentences()
    begun = (
        "Run r7 of kim@far created, or started to create, 2 resources that are not in the state."
    )
    assert sentence.startswith(begun)
    assert "it is unknown whether that run is still in progress" in sentence
    shelf.put(shared("r7", ended=True, a="arn:a", b="arn:b"))
    assert len(remedies.examine(clone, {}).missing) == 2
    monkeypatch.setattr(remedies, "shelf_of", lambda *_any: FakeShelf())
    assert not remedies.examine(clone, {}).sentences()


def test_what_another_s_run_created_counts_once() -> None:
    own = (Candidate("aws_lb.a", "aws_lb", "arn:mine", "r9", None),)
    records = [shared("r2", a="arn:a", b="arn:b"), shared("r1", b="arn:older", c="arn:c")]
    found = with_shared(own, records, NOTHING)
    assert {it.address: it.id for it in found} == {
        "aws_lb.a": "arn:mine",
        "aws_lb.b": "arn:b",
        "aws_lb.c": "arn:c",
    }
    assert with_shared((), records, state_with(a="arn:a", b="arn:b", c="arn:c")) == ()


def test_what_is_no_record_is_passed_over() -> None:
    whole = json.loads(shared(a="arn:a").as_json())
    assert parse_shared_run(json.dumps(whole).encode()) is not None
    whole["created"][0]["taken"] = True
    refused = parse_shared_run(json.dumps(whole).encode())
    assert refused is not None and refused.created[0].taken
    assert json.loads(refused.as_json())["created"] == whole["created"]
    changes: tuple[dict[str, Any], ...] = (
        {"format": 2},
        {"created": {}},
        {"created": [5]},
        {"created": [{"address": 1, "type": "", "id": ""}]},
        {"run": None},
        {"updated_at": []},
    )
    for changed in changes:
        assert parse_shared_run(json.dumps({**whole, **changed}).encode()) is None, changed
    for text in (b"", b"[]", b"\xff", b"[" * 100_000, b"9" * 5000, b" " * (5 * 1024 * 1024)):
        assert parse_shared_run(text) is None


def test_where_records_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ".terraform"
    folder.mkdir()
    assert shelf_of(tmp_path, {}) is None
    config = {"bucket": "b", "key": "k/s.tfstate", "region": "eu-west-1"}
    noted = {"backend": {"type": "s3", "config": config}}
    (folder / "terraform.tfstate").write_text(json.dumps(noted))
    found = shelf_of(tmp_path, {})
    assert found is not None and found.folder == "s3://b/k/s.tfstate.gpuecs-tui/"
    in_workspace = shelf_of(tmp_path, {"TF_WORKSPACE": "blue"})
    assert in_workspace is not None
    assert in_workspace.folder == "s3://b/env:/blue/k/s.tfstate.gpuecs-tui/"


def test_a_record_under_another_s_name_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    from gpuecs_tui.aws.state_bucket import run_records

    texts = {
        "k.gpuecs-tui/r1.json": shared("r1", a="arn:a").as_json(),
        "k.gpuecs-tui/r2.json": shared("r1", b="arn:b").as_json(),
        "k.gpuecs-tui/r3.json": b"",
    }
    monkeypatch.setattr(run_records, "list_records", lambda *_given: list(texts))
    monkeypatch.setattr(run_records, "read_record", lambda _reader, _bucket, key: texts[key])
    found = Shelf("b", "k", {}, "").read()
    assert [it.id for it in found] == ["r1"]
    assert replace(found[0], created=()).created == ()
    assert shared_runs._MOST == 100


def test_a_lock_is_recorded_once_terraform_has_started_a_provider(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpuecs_tui.terraform.runner.beside.local_state", lambda *_any: None)
    lock = {"ID": "6f0d", "Operation": "OperationTypeApply", "Who": f"ada@{host_name()}"}

    class Locked(FakeShelf):
        def lock(self) -> dict[str, Any] | None:
            return {**lock, "Created": datetime.now(UTC).isoformat()}

    plugin = tmp_path / "terraform-provider-aws_v5.100.0_x5"
    plugin.symlink_to("/bin/sleep")
    script = 'read go; "$0" 60 & echo $!; wait'
    with subprocess.Popen(
        ["sh", "-c", script, plugin], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as engine:
        assert engine.stdin is not None and engine.stdout is not None
        thread, _notes = beside(run, Locked())
        thread._thread = threading.Thread()
        thread.terraform(identify(engine.pid), "apply", 0)
        thread.tick(0.0)
        assert recorded_locks(run.files) == frozenset(), "whose it is is not known yet"
        print("go", file=engine.stdin, flush=True)
        child = int(engine.stdout.readline())

        def is_recorded() -> bool:
            thread.tick(0.0)
            return recorded_locks(run.files) == {"6f0d"}

        # There is no event of Terraform: the journal is empty.
        until(is_recorded, "the lock's id")
        os.kill(child, signal.SIGKILL)
