"""``render`` into a directory of an earlier version: its upgrade and other answers in one plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.stack.answers import dump_answers
from gpuecs_tui.terraform.read.directory import read
from tests.support.terraform.earlier_stacks import applied, copied


def test_other_answers_meet_the_upgrade_only_with_a_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    directory = copied("https-443", tmp_path, state=True)
    stack = read(directory).stack
    assert stack is not None
    answers = tmp_path / "answers.toml"
    answers.write_text(dump_answers({**stack.flat(), "service.desired_count": 5}))

    def refused(*words: str) -> str:
        before = {path.name: path.read_bytes() for path in directory.iterdir()}
        assert main(["render", *words]) != 0
        assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
        return capsys.readouterr().err

    def count() -> object:
        return read(directory).answers["service.desired_count"]

    alone = f"render {directory} {directory}"
    said = refused(str(answers), str(directory))
    assert f"An earlier version of gpuecs-tui wrote {directory}" in said
    assert alone in said and "--yes" in said
    # The present defaults also count as other answers.
    assert alone in refused(str(directory), str(directory), "--up-to-date")
    # The message also names what a confirmation would overwrite.
    fleet = directory / "fleet.tf"
    written = fleet.read_text()
    fleet.write_text(f"{written}# mine\n")
    assert "One plan would contain" in refused(str(answers), str(directory))
    fleet.write_text(written)

    assert main(["render", str(directory), str(directory)]) == 0
    assert not read(directory).earlier and read(directory).stack == stack
    said = refused(str(answers), str(directory))
    assert "the upgrade is not applied yet" in said
    assert f"gpuecs-tui apply {directory} --yes" in said and alone not in said
    assert main(["render", str(answers), str(directory), "--yes"]) == 0
    assert count() == 5


def test_nothing_is_asked_once_the_upgrade_is_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    directory = copied("defaults", tmp_path, state=True)
    state = directory / "terraform.tfstate"
    stored = state.read_bytes()
    assert main(["render", str(directory), str(directory)]) == 0
    stack = read(directory).stack
    assert stack is not None
    answers = tmp_path / "answers.toml"
    answers.write_text(dump_answers({**stack.flat(), "service.desired_count": 5}))
    state.write_text("{")
    assert main(["render", str(answers), str(directory)]) == 0
    assert "Could not check whether the upgrade is applied" in capsys.readouterr().err
    state.write_bytes(stored)
    applied(directory)
    assert main(["render", str(directory), str(directory), "--up-to-date"]) == 0
    assert not capsys.readouterr().err


def test_new_defaults_are_set_without_a_note_of_the_last_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clone on another machine: an unset value is not in the files, so nothing is lost."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    directory = copied("defaults", tmp_path)
    assert main(["render", str(directory), str(directory)]) == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    before = (directory / "fleet.tf").read_text()
    assert main(["render", str(directory), str(directory), "--up-to-date"]) == 0
    again = (directory / "fleet.tf").read_text()
    assert "throughput" in again and "throughput" not in before
    # With a record, a default that was removed by hand since counts as a decision.
    lines = [it for it in again.splitlines(keepends=True) if "throughput" not in it]
    (directory / "fleet.tf").write_text("".join(lines))
    capsys.readouterr()
    assert main(["render", str(directory), str(directory), "--up-to-date"]) != 0
    assert "fleet.root_volume_throughput" in capsys.readouterr().err
    # Without a record, a value in the files still counts as one.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "third"))
    stack = read(directory).stack
    assert stack is not None
    answers = tmp_path / "answers.toml"
    answers.write_text(dump_answers({**stack.flat(), "service.desired_count": 5}))
    assert main(["render", str(answers), str(directory), "--up-to-date"]) != 0
    assert "service.desired_count is" in capsys.readouterr().err
