"""The start screen on a directory that can't be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.content import Content
from textual.widgets import Static

from gpuecs_tui.screens.start import StartScreen
from gpuecs_tui.terraform.recovery.remedies import examine
from gpuecs_tui.wizard import directory_status as surveying
from gpuecs_tui.wizard.directory_status import DirectoryStatus, inspect
from tests.support.screens.driving import Open
from tests.support.unprivileged import unprivileged


@pytest.fixture
def shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with Terraform and an errored state, which its owner can't read."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "stack"
    made.mkdir()
    (made / "main.tf").write_text("")
    (made / "errored.tfstate").write_text("{}")
    made.chmod(0)
    yield made
    made.chmod(0o700)


@pytest.mark.parametrize("inside", [False, True])
def test_a_directory_that_can_not_be_looked_into_is_a_sentence(shut: Path, inside: bool) -> None:
    directory = shut / "below" if inside else shut
    with unprivileged():
        found = inspect(directory)
    assert found.problem == (
        f"Could not read {directory}: Permission denied. Grant yourself read permission, "
        "or use another directory."
    )
    assert not found.terraform and not found.foreign


@pytest.mark.parametrize("inside", [False, True])
def test_what_can_not_be_looked_at_is_unknown_not_amiss(shut: Path, inside: bool) -> None:
    directory = shut / "below" if inside else shut
    with unprivileged():
        found = examine(directory)
    assert not found.has_problems
    assert found.sentences() == [f"Could not read {directory}: Permission denied."]


def test_an_errored_state_that_can_not_be_read_is_unknown(shut: Path) -> None:
    shut.chmod(0o700)
    (shut / "errored.tfstate").chmod(0)
    with unprivileged():
        found = examine(shut)
    assert not found.has_problems
    assert found.sentences() == [f"Could not read {shut / 'errored.tfstate'}: Permission denied."]


async def test_the_start_screen_says_it_once_and_goes_on(
    shut: Path, open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unprivileged():
        found, recovery = inspect(shut), examine(shut)
    monkeypatch.setattr(surveying, "inspect", lambda _directory: DirectoryStatus())
    ready: list[bool] = []
    monkeypatch.setattr("gpuecs_tui.app.WizardApp.preload", lambda _self: ready.append(True))
    async with open_wizard() as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, StartScreen)
        ready.clear()
        screen.post_message(StartScreen.Examined(recovery))
        screen.post_message(StartScreen.Surveyed(found))
        await pilot.pause()
        await pilot.pause()
        shown = screen.query_one("#facts", Static).content
        assert isinstance(shown, Content)
        assert shown.plain.count(f"Could not read {shut}:") == 1
        assert "Reading the directory" not in shown.plain
        assert ready == [True]
        assert [row.id for row in screen._known.rows()] == ["new"]


def test_a_directory_that_can_not_be_written_is_said_before_any_question(tmp_path: Path) -> None:
    directory = tmp_path / "stack"
    directory.mkdir(mode=0o500)
    with unprivileged():
        for place in (directory, directory / "below" / "it"):
            assert inspect(place).unwritable.startswith(f"{directory} is read-only for you")
    directory.chmod(0o700)
    assert inspect(directory).unwritable == ""
