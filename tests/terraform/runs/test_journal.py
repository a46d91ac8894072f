"""The journal is on disk when it matters, even if the machine fails afterwards."""

import os
from pathlib import Path

import pytest

from gpuecs_tui.terraform.runs.journal import JournalWriter, RunFiles
from gpuecs_tui.terraform.runs.journal_tail import had_finished
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.fake_engine import stream


def test_a_transition_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, synced = RunFiles(tmp_path), []
    journal = JournalWriter(files)
    monkeypatch.setattr(os, "fdatasync", lambda _handle: synced.append(files.journal.read_text()))
    journal.note("said before")
    assert synced == []
    journal.state(RunStatus.APPLYING, "Applying…")
    assert len(synced) == 1 and "said before" in synced[0] and "Applying…" in synced[0]


def test_a_disk_that_fails_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    journal = JournalWriter(RunFiles(tmp_path))
    monkeypatch.setattr(os, "fdatasync", fails)
    journal.state(RunStatus.APPLYING, "Applying…")


def test_the_last_word(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    assert not had_finished(journal)
    for name, finished in (
        ("plan-change", False),
        ("apply-change", True),
        ("apply-signal-KILL", False),
    ):
        journal.write_text("\n".join(stream(name)) + "\n")
        assert had_finished(journal) is finished, name
    # A later command has started and has written nothing yet.
    version = stream("apply-change")[0]
    journal.write_text("\n".join([*stream("apply-change"), version, '{"cut o']) + "\n")
    assert not had_finished(journal)
