"""Drafts: every text survives faults of the process, the file and the disk."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gpuecs_tui.wizard import drafts
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.drafts import Draft, DraftProblem

NASTY = {"a": "\x1b[31m", "b": "日本\n\t${x}", "c": "\ud800 lone", "d": ""}


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "stack"


def test_what_is_saved_is_loaded(directory: Path) -> None:
    drafts.save(directory, Draft(NASTY, "task", ("start", "task")))
    found = drafts.load(directory)
    assert found is not None
    assert (found.texts, found.step, found.visited) == (NASTY, "task", ("start", "task"))
    assert found.saved_at is not None


def test_nothing_saved_is_no_draft(directory: Path) -> None:
    assert drafts.load(directory) is None


def test_only_the_user_reads_it(directory: Path) -> None:
    drafts.save(directory, Draft())
    path = drafts.draft_path(directory)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_two_directories_of_one_name_have_two_drafts(directory: Path, tmp_path: Path) -> None:
    assert drafts.draft_path(directory) != drafts.draft_path(tmp_path / "other" / "stack")


def test_a_link_leads_to_the_same_draft(directory: Path, tmp_path: Path) -> None:
    directory.mkdir()
    (tmp_path / "link").symlink_to(directory)
    assert drafts.draft_path(tmp_path / "link") == drafts.draft_path(directory)


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "null", '{"format": 99}', '{"format": 1, "texts": {"a": 1}}']
)
def test_a_damaged_draft_is_told_and_kept(directory: Path, damage: str) -> None:
    drafts.save(directory, Draft())
    drafts.draft_path(directory).write_text(damage)
    with pytest.raises(DraftProblem, match="damaged") as caught:
        drafts.load(directory)
    kept = Path(str(caught.value).rsplit(" ", 1)[-1].rstrip("."))
    assert kept.read_text() == damage
    assert drafts.load(directory) is None


def test_a_full_disk_leaves_the_old_draft(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts.save(directory, Draft({"a": "old"}))

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DraftProblem, match="No space left"):
            drafts.save(directory, Draft({"a": "new"}))
    found = drafts.load(directory)
    assert found is not None and found.texts == {"a": "old"}
    path = drafts.draft_path(directory)
    assert list(path.parent.iterdir()) == [path]


def test_setting_aside_keeps_the_newest(directory: Path) -> None:
    for number in range(drafts.ASIDE_KEPT + 2):
        drafts.save(directory, Draft({"a": str(number)}))
        drafts.set_aside(directory)
    kept = sorted(drafts.draft_path(directory).parent.iterdir())
    assert len(kept) == drafts.ASIDE_KEPT
    assert json.loads(kept[-1].read_text())["texts"] == {"a": str(drafts.ASIDE_KEPT + 1)}


def test_the_saver_writes_the_last_of_many_soon(directory: Path) -> None:
    written = threading.Event()
    saver = DraftSaver(directory, lambda problem: written.set())
    for number in range(100):
        saver.put(Draft({"a": str(number)}))
    assert written.wait(10)
    saver.close()
    found = drafts.load(directory)
    assert found is not None and found.texts == {"a": "99"}


def test_closing_saves_what_waits(directory: Path) -> None:
    told: list[str] = []
    saver = DraftSaver(directory, told.append)
    saver.put(Draft({"a": "last"}))
    saver.close()
    found = drafts.load(directory)
    assert found is not None and found.texts == {"a": "last"}
    assert told == [""]


def test_the_saver_tells_why_it_could_not_save(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the folder's place")
    told: list[str] = []
    saver = DraftSaver(directory, told.append)
    saver.put(Draft())
    saver.close()
    assert len(told) == 1 and "Could not save the draft" in told[0]


def test_two_wizards_on_one_directory_do_not_overwrite_each_other(directory: Path) -> None:
    told: list[str] = []
    first, second = DraftSaver(directory, told.append), DraftSaver(directory, told.append)
    first.put(Draft({"a": "first"}))
    second.put(Draft({"a": "second"}))
    first.close()
    second.close()
    assert any(f"process {os.getpid()}" in text for text in told)
    found = drafts.load(directory)
    assert found is not None and found.texts == {"a": "first"}
    third = DraftSaver(directory, told.append)
    assert third.refusal == ""
    third.close()


def test_a_kill_loses_at_most_the_last_moment(directory: Path) -> None:
    """After a SIGKILL half a second after the last key, everything that was typed is there."""
    program = """
import os, pathlib, sys, time
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.drafts import Draft
saver = DraftSaver(pathlib.Path(sys.argv[1]), lambda problem: None)
for n in range(20):
    saver.put(Draft({"a": str(n)}))
    time.sleep(0.01)
print("typed", flush=True)
time.sleep(60)
"""
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(directory)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    with child, child.stdout:
        assert child.stdout.readline() == b"typed\n"
        deadline = threading.Event()
        deadline.wait(1)
        child.kill()
    found = drafts.load(directory)
    assert found is not None and found.texts == {"a": "19"}


def test_the_second_wizard_saves_once_the_first_has_ended(directory: Path) -> None:
    told: list[str] = []
    saved = threading.Event()

    def tell(problem: str) -> None:
        told.append(problem)
        if not problem:
            saved.set()

    words = [sys.executable, "-c", HOLDER, str(directory)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "saved\n"
        second = DraftSaver(directory, tell)
        second.put(Draft({"a": "typed in the second"}))
        assert f"process {holder.pid}" in told[0]
        holder.kill()
    assert saved.wait(30)
    second.close()
    found = drafts.load(directory)
    assert found is not None and found.texts == {"a": "typed in the second"}
    # The draft that the first wizard saved is backed up, not overwritten.
    folder = drafts.draft_path(directory).parent
    (aside,) = folder.glob("*.aside-*.json")
    assert json.loads(aside.read_text())["texts"] == {"a": "typed in the first"}


HOLDER = """
import sys, threading
from pathlib import Path
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.drafts import Draft
saver = DraftSaver(Path(sys.argv[1]), lambda problem: None)
saver.put(Draft({"a": "typed in the first"}))
saver.flush()
print("saved", flush=True)
sys.stdin.read()
"""


def test_a_wizard_that_typed_nothing_leaves_the_others_draft(directory: Path) -> None:
    first = DraftSaver(directory, lambda problem: None)
    first.put(Draft({"a": "first"}))
    saved = threading.Event()
    second = DraftSaver(directory, lambda problem: None if problem else saved.set())
    second.drop()
    first.close()
    assert saved.wait(30)
    second.close()
    found = drafts.load(directory)
    assert found is not None and found.texts == {"a": "first"}


def test_a_draft_that_the_files_say_is_deleted(directory: Path) -> None:
    saver = DraftSaver(directory, lambda problem: None)
    saver.put(Draft({"a": "typed"}, held={"service.desired_count": "0" * 64}))
    saver.flush()
    found = drafts.load(directory)
    assert found is not None and found.held == {"service.desired_count": "0" * 64}
    saver.drop()
    saver.flush()
    saver.drop()
    saver.close()
    assert drafts.load(directory) is None
