import json
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.atomic_files import now, replace_json
from gpuecs_tui.terraform.base.liveness import identify
from gpuecs_tui.terraform.engine.events import Text
from gpuecs_tui.terraform.runs.follower import CHUNK, Batch, Follower
from gpuecs_tui.terraform.runs.journal import RunFiles, record
from gpuecs_tui.terraform.runs.run import Run, load_run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.fake_engine import event


def make_run(folder: Path) -> Run:
    files = RunFiles(folder)
    replace_json(files.facts, {"directory": str(folder), "operation": "apply", "started_at": now()})
    record(files, RunStatus.STARTING, runner=identify())
    run = load_run(folder)
    assert run is not None
    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(tmp_path)


def texts(batch: Batch) -> list[str]:
    return [line.text for line in batch.lines]


def end(run: Run) -> None:
    record(run.files, RunStatus.FAILED, runner=identify(), exit={"message": "no", "returncode": 1})


def test_only_what_is_new_and_whole(run: Run) -> None:
    follower = Follower(run)
    assert follower.poll().lines == ()
    journal = run.files.journal
    journal.write_bytes("eins\nzwei é".encode()[:-1])
    assert texts(follower.poll()) == ["eins"]
    assert follower.poll().lines == ()
    with journal.open("ab") as file:
        file.write("é".encode()[1:] + b"\ndrei\n")
    assert texts(follower.poll()) == ["zwei é", "drei"]


def test_the_end_comes_after_the_last_line(run: Run) -> None:
    follower = Follower(run)
    assert not follower.poll().finished
    run.files.journal.write_bytes(b"a\nlast without an end")
    end(run)
    batch = follower.poll()
    assert batch.finished and texts(batch) == ["a", "last without an end"]
    assert batch.run.state is RunStatus.FAILED and batch.run.message == "no"
    assert follower.poll().lines == ()


def test_a_long_journal_comes_in_pieces(run: Run) -> None:
    line = event(type="log", **{"@message": "x" * 200}) + "\n"
    count = 3 * 2 * CHUNK // len(line)
    run.files.journal.write_text(line * count)
    end(run)
    follower, seen, polls = Follower(run), 0, 0
    while True:
        batch = follower.poll()
        seen += len(batch.events)
        polls += 1
        if batch.finished:
            break
    assert seen == count and polls > 3


def test_garbage_between_events(run: Run) -> None:
    run.files.journal.write_bytes(
        b"\xff\xfe panic\n\n" + event(type="log", **{"@message": "ok"}).encode() + b"\n"
    )
    batch = Follower(run).poll()
    assert texts(batch) == ["�� panic", "ok"]
    assert isinstance(batch.events[0], Text)


def test_a_line_without_end_is_shown_in_pieces(run: Run) -> None:
    with run.files.journal.open("wb") as file:
        file.write(b"x" * (6 * 1024 * 1024))
    follower = Follower(run)
    lines = [line for _poll in range(9) for line in texts(follower.poll())]
    assert lines and len(lines[0]) > 4 * 1024 * 1024


def test_a_run_that_is_gone_is_no_error(run: Run) -> None:
    follower = Follower(run)
    for path in run.files.folder.iterdir():
        path.unlink()
    assert follower.poll().lines == ()


def test_nothing_new_reads_nothing_anew(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    end(run)
    run.files.journal.write_text(json.dumps({"@message": "x"}) + "\n")
    follower = Follower(run)
    follower.poll()
    read = []
    refresh = Run.refresh

    def count(present: Run) -> Run:
        read.append(present)
        return refresh(present)

    monkeypatch.setattr(Run, "refresh", count)
    for _poll in range(200):
        follower.poll()
    assert read == []
    end(run)
    follower.poll()
    assert len(read) == 1
