"""The output in the shell after the wizard ends."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuecs_tui.commands.parser import parse_command_line
from gpuecs_tui.opening import again
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.farewell import farewell
from gpuecs_tui.wizard.opened import of_files
from gpuecs_tui.wizard.options import Options
from gpuecs_tui.wizard.session import WizardSession
from gpuecs_tui.wizard.suggestions import NAME, Suggestion
from tests.support.pty_program import PtyProgram
from tests.support.screens.whole_texts import WHOLE
from tests.support.terraform.run_folders import PLAN, PLAN_ENDS, stage

GO_ON = "To continue: gpuecs-tui"


@pytest.fixture
def wizard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WizardSession]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    directory = tmp_path / "speech"
    directory.mkdir()
    found = WizardSession(Options(directory), DraftSaver(directory, lambda _problem: None))
    yield found
    found.close()


def line(wizard: WizardSession, unsaved: str = "") -> str:
    return farewell(wizard, unsaved, "gpuecs-tui")


def test_nothing_is_said_where_nothing_was_typed(wizard: WizardSession) -> None:
    assert line(wizard) == ""
    wizard.begin({})
    wizard.suggest(NAME, Suggestion("speech", "from the directory name"))
    assert wizard.texts and line(wizard) == ""
    wizard.open_directory(dict(WHOLE), of_files(WHOLE, {}))
    assert line(wizard) == ""


def test_it_says_where_the_answers_are(wizard: WizardSession) -> None:
    wizard.put("task.image", "speech:3")
    assert line(wizard) == f"Draft saved. {GO_ON}"
    found = line(wizard, "Could not save the draft in /full: No space left on device.")
    assert found.startswith("Your last answers are not saved: ") and "No space left" in found
    assert "Draft saved" not in found
    wizard.written({})
    assert "Files written" not in line(wizard), "nothing differed"
    wizard.has_written = True
    assert line(wizard) == f"Files written in {wizard.options.directory}. {GO_ON}"
    wizard.put("task.image", "speech:4")
    assert line(wizard) == f"Draft saved. {GO_ON}"


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (RunStatus.PLANNED, "A plan is waiting for approval."),
        (RunStatus.APPLYING, "Terraform continues in the background."),
        (RunStatus.SUCCEEDED, ""),
    ],
)
def test_it_says_what_a_run_does_or_waits_for(
    wizard: WizardSession, state: RunStatus, says: str
) -> None:
    stage(wizard.options.directory, state, PLAN[:PLAN_ENDS])
    assert line(wizard) == (f"{says} {GO_ON}" if says else "")


@pytest.mark.parametrize(
    "words",
    [
        ["gpuecs-tui", "--demo", "--demo-fault", "region-disabled", "my stacks/speech"],
        ["gpuecs-tui", "--profile", "team a", "--plugin-dir", "/srv/mirror", "--mouse"],
        ["gpuecs-tui", "./plan"],
    ],
)
def test_its_command_opens_the_same_wizard(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["-c"])
    _command, arguments = parse_command_line(words[1:])
    found = shlex.split(again(arguments))
    assert found == words
    assert vars(parse_command_line(found[1:])[1]) == vars(arguments)


def test_its_command_names_a_program_that_is_not_on_path_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "gpuecs-tui"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    _command, arguments = parse_command_line(["--demo", "speech"])
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(sys, "argv", [str(program), "--demo", "speech"])
    assert again(arguments) == f"{program} --demo speech"
    monkeypatch.setattr(sys, "argv", ["-c"])
    assert again(arguments) == "gpuecs-tui --demo speech"
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert again(arguments) == "gpuecs-tui --demo speech"


PROGRAM = """
import sys
from pathlib import Path
from gpuecs_tui.app import run
run(Path(sys.argv[1]), command="gpuecs-tui here")
"""


def test_the_shell_shows_it_once_the_screen_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    program = PtyProgram(PROGRAM, str(tmp_path / "speech"))
    try:
        program.wait_for("Begin a new stack")
        program.type("\r\t\tspeech")
        program.wait_for("speech")
        program.type("\x11")
        program.wait_for("To continue: gpuecs-tui here")
        last = program.output.rpartition("\x1b[?1049l")[2]
        assert "Draft saved. To continue: gpuecs-tui here" in last
        assert program.end(10)[0] == 0
    finally:
        program.clean_up()
