"""``approve``: a waiting plan that another user's viewer started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpuecs_tui.assessment.credentials import CredentialCheck
from gpuecs_tui.aws.credential_life import CredentialLife
from gpuecs_tui.aws.facts import Named
from gpuecs_tui.cli import main
from gpuecs_tui.commands import credentials
from gpuecs_tui.commands.failure import EXIT_USAGE
from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs.apply_estimate import Expected
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support import fakes
from tests.support.screens.written_stack import let_read, right_account, write_stack
from tests.support.terraform import fake_engine
from tests.support.terraform.fake_engine import Command
from tests.support.terraform.run_folders import PLAN, PLAN_ENDS
from tests.support.terraform.waiting import until_state

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    engine = fake_engine.install(tmp_path / "engine", plan=Command(PLAN[:PLAN_ENDS], code=2))
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(engine))
    let_read(monkeypatch, lambda *_any: right_account())
    stack = tmp_path / "stack"
    stack.mkdir()
    write_stack(stack)
    return until_state(runs.start(stack, "apply"), RunStatus.PLANNED)


def test_attach_says_how_and_approve_applies(waiting: Run, capsys: Printed) -> None:
    stack = str(waiting.directory)
    assert main(["attach", stack]) == 0
    hint = f"gpuecs-tui approve {stack} --run {waiting.id} --yes"
    assert hint in capsys.readouterr().out
    assert main(hint.split()[1:]) == 0
    assert waiting.refresh().state is RunStatus.SUCCEEDED
    assert main(["approve", stack, "--yes"]) != 0
    assert "No plan is waiting for approval" in capsys.readouterr().err


def test_the_end_of_its_credentials_goes_with_it(
    waiting: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    ends = now + timedelta(hours=1)
    found = CredentialCheck(CredentialLife(ends, False, True), Expected(timedelta(), False), now)
    monkeypatch.setattr(credentials, "check_credentials", lambda _run, _reader: found)
    assert main(["approve", str(waiting.directory), "--yes"]) == 0
    assert waiting.refresh().credentials_end == ends


def test_it_asks_for_yes_and_for_the_plan_that_was_seen(waiting: Run, capsys: Printed) -> None:
    stack = str(waiting.directory)
    assert main(["approve", stack]) == EXIT_USAGE
    assert main(["approve", stack, "--yes", "--run", "another"]) == EXIT_USAGE
    assert f"The waiting plan belongs to run {waiting.id}, not another." in capsys.readouterr().err
    assert waiting.refresh().state is RunStatus.PLANNED


def test_what_a_check_stops_goes_on_waiting(
    waiting: Run, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    taken = fakes.known((Named("llama", "arn:aws:ecs:us-east-1:123456789012:cluster/llama"),))
    let_read(monkeypatch, lambda *_any: right_account(clusters=taken))
    assert main(["approve", str(waiting.directory), "--yes"]) != 0
    assert "the check found errors" in capsys.readouterr().err
    assert waiting.refresh().state is RunStatus.PLANNED
    assert main(["approve", str(waiting.directory), "--yes", "--despite-findings"]) == 0


def test_files_that_changed_after_the_plan_say_nothing_about_it(
    waiting: Run, capsys: Printed
) -> None:
    values = waiting.directory / "terraform.tfvars"
    values.write_text(values.read_text() + "\n# A colleague's note.\n")
    assert main(["approve", str(waiting.directory), "--yes"]) != 0
    refusal = capsys.readouterr().err
    assert "The files have changed since this plan was created: terraform.tfvars." in refusal
    assert "Run a new plan. With --despite-findings" in refusal
    assert waiting.refresh().state is RunStatus.PLANNED
    assert main(["approve", str(waiting.directory), "--yes", "--despite-findings"]) == 0
    assert "The files have changed since" in capsys.readouterr().err
    ended = waiting.refresh()
    assert ended.state is RunStatus.SUCCEEDED
    assert "not applied: terraform.tfvars. Run a new plan." in ended.remedy


def test_a_plan_that_names_no_files_is_of_unknown_files(waiting: Run, capsys: Printed) -> None:
    state = read_json(waiting.files.state) or {}
    del state["values"]["configuration"]
    replace_json(waiting.files.state, state)
    assert main(["approve", str(waiting.directory), "--yes"]) != 0
    assert "It is unknown whether the files are still those" in capsys.readouterr().err


def test_a_log_in_the_directory_is_no_edit(waiting: Run) -> None:
    (waiting.directory / "apply.log").write_text("the output of this very command\n")
    assert main(["approve", str(waiting.directory), "--yes"]) == 0
    assert "not applied" not in waiting.refresh().remedy


def test_a_script_that_the_terraform_names_is_an_edit(waiting: Run, capsys: Printed) -> None:
    # A file that is only named after the plan counts with the file that names it.
    (waiting.directory / "start.sh").write_text("#!/bin/sh\n")
    with (waiting.directory / "main.tf").open("a") as main_tf:
        main_tf.write('\nlocals {\n  start = file("start.sh")\n}\n')
    assert main(["approve", str(waiting.directory), "--yes"]) != 0
    assert "was created: main.tf, start.sh." in capsys.readouterr().err


def test_a_file_of_a_local_module_is_an_edit(waiting: Run, capsys: Printed) -> None:
    module = waiting.directory / "modules" / "extra"
    module.mkdir(parents=True)
    (module / "main.tf").write_text("locals {}\n")
    with (waiting.directory / "main.tf").open("a") as main_tf:
        main_tf.write('\nmodule "extra" {\n  source = "./modules/extra"\n}\n')
    assert main(["approve", str(waiting.directory), "--yes"]) != 0
    assert "was created: main.tf, modules/extra/main.tf." in capsys.readouterr().err


def test_a_plan_of_an_earlier_version_names_no_files_of_modules(waiting: Run) -> None:
    module = waiting.directory / "modules" / "extra"
    module.mkdir(parents=True)
    (module / "start.sh").write_text("#!/bin/sh\n")
    state = read_json(waiting.files.state) or {}
    del state["values"]["below"]
    replace_json(waiting.files.state, state)
    assert main(["approve", str(waiting.directory), "--yes"]) == 0
