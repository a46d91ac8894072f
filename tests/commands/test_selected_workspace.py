"""A damaged file of the selected workspace: one message, and no state is assumed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.migration.moved_marker import moved_away
from gpuecs_tui.terraform.recovery.locks import LockProblem, held_lock
from gpuecs_tui.terraform.recovery.own_state import own_state
from gpuecs_tui.terraform.recovery.shared_runs import shelf_of
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.state.backend import workspace
from gpuecs_tui.terraform.state.stored_state import StateProblem
from tests.support.terraform.written_files import S3, made, put
from tests.support.unprivileged import unprivileged

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
    assert [it(tmp_path, {}) for it in (shelf_of, moved_away)] == [None] * 2
    with pytest.raises(StateProblem, match=SAID):
        runs.start(tmp_path, "plan")
    capsys.readouterr()
    main(["check", "--offline", str(tmp_path)])
    main(["state", str(tmp_path)])
    told = capsys.readouterr()
    assert SAID in told.out
    assert SAID in told.err or told.out.count(SAID) > 1


KINDS = ("bytes", "folder", "closed", "closed-folder")


@contextmanager
def damaged(directory: Path, kind: str) -> Iterator[None]:
    """Damage the file of ``directory`` in one of KINDS inside the block."""
    path = directory / ".terraform" / "environment"
    path.parent.mkdir()
    if kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"\xfe\xff" if kind == "bytes" else b"night")
    if kind == "closed":
        path.chmod(0)
    if kind == "closed-folder":
        path.parent.chmod(0)
    try:
        with unprivileged():
            yield
    finally:
        path.parent.chmod(0o700)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "words",
    [
        ["state"],
        ["state", "--json"],
        ["state", "--recover"],
        ["state", "--recover", "--yes"],
        ["state", "--forget", "20261128T101010-abcdef", "--yes"],
        ["migrate"],
        ["migrate", "--yes"],
        ["plan"],
    ],
)
def test_each_command_names_the_unreadable_workspace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, words: list[str]
) -> None:
    put(tmp_path, render(made()))
    with damaged(tmp_path, kind):
        code = main([words[0], str(tmp_path), *words[1:]])
    told = capsys.readouterr()
    assert code == EXIT_FAILED
    assert SAID in told.err
    assert "Run `terraform workspace select default`" in told.err
    for none in (
        *("no record", "no resource of", "no missing resource", "no move needed"),
        *("already in", "0 resources", "no run"),
    ):
        assert none not in (told.out + told.err).lower()


def test_no_lock_is_looked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, render(made()))
    with damaged(tmp_path, "closed"):
        assert main(["state", str(tmp_path), "--unlock", "9f6b3c1e"]) == EXIT_FAILED
    assert SAID in capsys.readouterr().err


def test_no_file_selects_the_default(tmp_path: Path) -> None:
    assert workspace(tmp_path, {}) == "default"
    (tmp_path / ".terraform").write_text("")
    assert workspace(tmp_path, {}) == "default"
