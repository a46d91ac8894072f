"""The file that names the selected workspace, damaged: one sentence, and no state is assumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.terraform import runs
from gpuecs_tui.terraform.end_of_stack import end_of_stack
from gpuecs_tui.terraform.locks import LockProblem, held_lock
from gpuecs_tui.terraform.moved_marker import moved_away
from gpuecs_tui.terraform.own_state import own_state
from gpuecs_tui.terraform.render import render
from gpuecs_tui.terraform.shared_runs import shelf_of
from gpuecs_tui.terraform.stored_state import StateProblem, workspace
from tests.terraform.written import S3, made, put

SAID = "Could not read the selected workspace from"


@pytest.mark.parametrize("text", [b"\xff\xfe\x00x", b"one\x00", b"a\nb", b"n" * 10_000])
@pytest.mark.parametrize("where", ["local", "s3"])
def test_a_name_that_is_not_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: bytes, where: str
) -> None:
    put(tmp_path, render(made(S3) if where == "s3" else made()))
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform/environment").write_bytes(text)
    with pytest.raises(StateProblem, match=SAID):
        workspace(tmp_path, {})
    assert workspace(tmp_path, {"TF_WORKSPACE": "mine"}) == "mine"
    found = own_state(tmp_path, {}, offline=True)
    assert found.owned is None
    assert [it.rule for it in found.facts.remarks] == ["state-unread"]
    assert SAID in found.facts.unread
    with pytest.raises(LockProblem, match=SAID):
        held_lock(tmp_path, {})
    assert [it(tmp_path, {}) for it in (shelf_of, moved_away, end_of_stack)] == [None] * 3
    with pytest.raises(StateProblem, match=SAID):
        runs.start(tmp_path, "plan")
    capsys.readouterr()
    main(["check", "--offline", str(tmp_path)])
    main(["state", str(tmp_path)])
    told = capsys.readouterr()
    assert SAID in told.out
    assert SAID in told.err or told.out.count(SAID) > 1


def test_a_folder_in_its_place_selects_nothing(tmp_path: Path) -> None:
    (tmp_path / ".terraform/environment").mkdir(parents=True)
    assert workspace(tmp_path, {}) == "default"
