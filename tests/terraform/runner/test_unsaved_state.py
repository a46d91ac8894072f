"""A run's message about errored.tfstate: it describes the file, whatever Terraform reports about
it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.tflock import ERRORED_NAME
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.engine.diagnosis import Diagnosis, diagnose
from gpuecs_tui.terraform.engine.events import Decoder
from gpuecs_tui.terraform.runner.unsaved_state import looked_at, stamp
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from tests.support.terraform import fake_engine
from tests.support.terraform.fake_engine import Command, event
from tests.support.terraform.waiting import until_state

WHOLE = json.dumps({"version": 4, "serial": 3, "lineage": "l", "resources": []})
FULL = "open terraform.tfstate: no space left on device"


def not_saved(detail: str) -> str:
    diagnostic = {"severity": "error", "summary": "Failed to save state", "detail": detail}
    return event(type="diagnostic", diagnostic=diagnostic, **{"@message": "Error"})


def why(directory: Path, *details: str) -> Diagnosis:
    decoder = Decoder()
    found = diagnose([decoder.decode(not_saved(it)) for it in details], directory)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "Terraform did not write it to errored.tfstate either."),
        ("", "errored.tfstate is empty: nothing in it can be pushed."),
        (
            WHOLE[:40],
            "errored.tfstate is truncated after 40 bytes, as by a full disk: nothing in it",
        ),
        ("{}", "errored.tfstate contains no state: nothing in it can be pushed."),
    ],
)
def test_what_holds_nothing_is_never_offered_for_a_push(
    tmp_path: Path, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / ERRORED_NAME).write_text(text)
    found = looked_at(why(tmp_path, FULL), tmp_path, None)
    assert found.kind == "state-not-saved"
    assert found.message.startswith(f"Could not store the state: the disk is full. {said}")
    assert found.remedy == f"Free some space, then check the state: gpuecs-tui state {tmp_path}", (
        "the directory is named"
    )


def test_a_whole_one_is_to_be_pushed(tmp_path: Path) -> None:
    (tmp_path / ERRORED_NAME).write_text(WHOLE)
    found = looked_at(why(tmp_path, "AccessDenied"), tmp_path, None)
    assert found.message.endswith("Terraform wrote it to errored.tfstate instead.")
    assert found.remedy.startswith("Keep that file. Repair the backend")
    assert found.remedy.endswith(f"gpuecs-tui state {tmp_path} --push")
    expired = looked_at(why(tmp_path, "ExpiredToken"), tmp_path, None)
    assert expired.kind == "credentials-expired" and "aws sso login" in expired.remedy


def test_one_of_an_earlier_run_is_not_taken_for_this_one(tmp_path: Path) -> None:
    (tmp_path / ERRORED_NAME).write_text(WHOLE)
    found = looked_at(why(tmp_path, FULL), tmp_path, stamp(tmp_path))
    assert "did not write it" in found.message and "--push" not in found.remedy


def test_other_failures_stay_as_they_are(tmp_path: Path) -> None:
    other = Diagnosis("throttled", "AWS refuses so many calls at once.", "Run it again.")
    assert looked_at(other, tmp_path, None) is other


def test_a_run_that_ends_so_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the real runner process, with an engine that leaves an empty file."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    stack = tmp_path / "asr"
    stack.mkdir()
    (stack / "main.tf").write_text("")
    program = fake_engine.install(tmp_path / "engine", apply=Command([not_saved(FULL)], code=1))
    # Written before its last message, as Terraform does.
    text = program.read_text()
    program.write_text(
        text.replace("    last = len(", '    name == "apply" and Path("errored.tfstate").touch()\n'
                     "    last = len(")
    )  # fmt: skip
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(program))
    waiting = until_state(runs.start(stack, Operation.APPLY), RunStatus.PLANNED)
    ended = until_state(runs.approve(waiting), RunStatus.FAILED)
    assert "errored.tfstate is empty" in ended.message
    assert ended.remedy.endswith(f"gpuecs-tui state {stack}") and "--push" not in ended.remedy
