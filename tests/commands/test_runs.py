"""``plan``, ``apply`` and ``runs``: exit codes, warnings, the typed name, escaped text."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands import render_show
from gpuecs_tui.commands.demo import tag_of
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE, Failure
from gpuecs_tui.commands.output import escaped_toml, print_json
from gpuecs_tui.commands.runs import EXIT_CHANGES
from gpuecs_tui.stack.answers import dump_answers, load_answers
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.plan.details import load_plan
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.teardown.steps import steps_in_words, steps_of
from tests.support.terraform import fake_engine
from tests.support.terraform.destroy_plan import destroy_plan
from tests.support.terraform.fake_engine import Command, event, stream
from tests.support.terraform.run_folders import DETAILS, stage
from tests.support.terraform.waiting import until_state

DOUBTFUL = "a\x9b31m\u202eb\x1b[2J\x85"
SUMMARY = {"add": 0, "change": 0, "remove": 0, "operation": "plan"}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "llm"
    made.mkdir()
    (made / "main.tf").write_text("")
    return made


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Terraform whose plan replaces the load balancer."""
    return installed(tmp_path / "engine", monkeypatch, DETAILS, remove=1)


def installed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, details: dict[str, Any], remove: int
) -> Path:
    lines = [
        event(type="version", terraform="1.11.4", ui="1.2", **{"@message": "Terraform 1.11.4"}),
        event(
            type="change_summary", changes=SUMMARY | {"remove": remove}, **{"@message": "Plan: …"}
        ),
    ]
    planned, shown = Command(lines, code=2), Command([json.dumps(details)])
    monkeypatch.setenv(ENGINE_VARIABLE, str(fake_engine.install(folder, plan=planned, show=shown)))
    return folder


def test_outputs_alone_are_changes(
    stack: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = {"url": {"actions": ["update"], "before": "a", "after": "b"}}
    installed(tmp_path / "engine", monkeypatch, {"output_changes": output}, remove=0)
    assert main(["plan", str(stack)]) == EXIT_CHANGES
    assert "Only outputs or addresses in the state change" in capsys.readouterr().out
    assert main(["plan", "--json", str(stack)]) == EXIT_CHANGES
    told = json.loads(capsys.readouterr().out)
    assert [(it["path"], it["before"], it["after"]) for it in told["outputs"]] == [
        ("url", '"a"', '"b"')
    ]
    assert main(["apply", "--yes", "--offline", str(stack)]) == 0
    assert fake_engine.calls(tmp_path / "engine")[-1]["arguments"][0] == "apply"


def test_what_is_replaced_is_said_before_the_summary(
    stack: Path, engine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(stack)]) == EXIT_CHANGES
    said = capsys.readouterr().out
    warning = (
        "!  This replaces the load balancer: the old one is destroyed, then a new one is created. "
        "Its DNS name"
    )
    assert warning in said and "Forces replacement: name." in said
    assert said.index(warning) < said.index("Plan: …") and said.count("!  ") == 1
    assert main(["plan", "--json", str(stack)]) == EXIT_CHANGES
    told = json.loads(capsys.readouterr().out)
    assert told["warnings"][0]["rule"] == "service-replaced"
    balancer = told["resources"][0]
    assert balancer["reason"] == "replace_because_cannot_update"
    assert balancer["attributes"][0] == {
        **{"path": "name", "before": '"old"', "after": '"[b]new"', "forces_replacement": True}
    }


def test_an_apply_that_replaces_asks_for_the_name(
    stack: Path, engine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ([], ["--confirm", "other"]):
        assert main(["apply", "--yes", "--offline", str(stack), *words]) == EXIT_FAILED
        assert capsys.readouterr().err.endswith(
            "Nothing was applied: the plan destroys or replaces aws_lb.this. To apply it, add "
            "--confirm llm. The plan was discarded; the command creates a new one.\n"
        )
        assert run_list.runs_of(stack)[0].state is RunStatus.DISCARDED
    assert main(["apply", "--yes", "--offline", str(stack), "--confirm", "llm"]) == 0
    assert fake_engine.calls(engine)[-1]["arguments"][0] == "apply"


def test_approve_prints_what_the_plan_does_before_it_applies(
    stack: Path, engine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = until_state(runs.start(stack, "apply"), RunStatus.PLANNED)
    words = ["approve", "--yes", "--offline", str(stack), "--confirm"]
    warning = "!  This replaces the load balancer: the old one is destroyed, then a new one is"
    assert main([*words, "other"]) == EXIT_FAILED
    said = capsys.readouterr()
    assert warning in said.out and "Nothing was applied" in said.err
    assert "discarded" not in said.err
    assert waiting.refresh().state is RunStatus.PLANNED
    assert main([*words, "llm"]) == 0
    out = capsys.readouterr().out
    assert out.count(warning) == 1 and out.count("Plan: …") == 1
    assert out.index(warning) < out.index("Plan: …") < out.index("Applied")


def test_a_waiting_destroy_lists_the_steps_before_terraform(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    details = destroy_plan("llm", "us-east-1")
    lines = stream("plan-change")
    waiting = stage(stack, RunStatus.PLANNED, lines, operation="destroy", details=details)
    assert main(["attach", str(stack)]) == 0
    steps = "\n".join(steps_in_words(steps_of(waiting, load_plan(waiting))))
    out = capsys.readouterr().out
    assert f"{steps}\n\nPlan: " in out


def test_a_destroy_asks_for_the_name_before_it_plans(
    stack: Path, engine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ([], ["--confirm", "other"]):
        assert main(["destroy", "--yes", str(stack), *words]) == EXIT_USAGE
        assert "add --confirm llm." in capsys.readouterr().err
    assert run_list.runs_of(stack) == []
    assert main(["destroy", "--yes", str(stack), "--confirm", "llm"]) == 0


def test_a_new_revision_of_the_task_definition_asks_for_no_name(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = {"actions": ["delete", "create"], "before": {"a": 1}, "after": {"a": 2}}
    kind = "aws_ecs_task_definition"
    details = {"resource_changes": [{"address": f"{kind}.this", "type": kind, "change": change}]}
    installed(tmp_path / "engine", monkeypatch, details, remove=1)
    assert main(["apply", "--yes", "--offline", str(stack)]) == 0


def test_nothing_that_runs_prints_acts_on_the_terminal(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage(stack, RunStatus.FAILED, message=DOUBTFUL)
    assert main(["runs", str(stack)]) == 0
    said = capsys.readouterr().out
    assert said.removesuffix("\n").isprintable() and "\\x1b[2J" in said
    assert main(["runs", "--json", str(stack)]) == 0
    said = capsys.readouterr().out
    assert all(character.isprintable() or character == "\n" for character in said)
    assert json.loads(said)[0]["message"] == DOUBTFUL


def test_json_and_toml_say_the_same_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"{DOUBTFUL}\x7f\u2028\U000e0041 日本"
    print_json({text: text})
    said = capsys.readouterr().out
    assert json.loads(said) == {text: text} and said.replace("\n", "").isprintable()
    toml = escaped_toml(dump_answers({"stack.tags": {text: text}}))
    assert load_answers(toml, limits=False) == {"stack.tags": {text: text}}
    assert toml.replace("\n", "").isprintable()


def test_runs_of_what_is_no_directory(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (stack / "none", stack / "main.tf"):
        for words in ([], ["--json"]):
            assert main(["runs", str(path), *words]) == EXIT_FAILED
            what = "is not a directory" if path.exists() else "does not exist"
            assert capsys.readouterr().err == f"gpuecs-tui: {path} {what}.\n"
    for words in (["attach"], ["cancel"], ["approve", "--yes"]):
        assert main([*words, str(stack / "none")]) == EXIT_FAILED
        assert capsys.readouterr().err == f"gpuecs-tui: {stack / 'none'} does not exist.\n"
    assert main(["runs", "--json", str(stack)]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_without_yes_it_recommends_what_works(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["destroy", str(stack)])
    assert f"To look at it first: gpuecs-tui state {stack}" in capsys.readouterr().err
    assert main(["state", str(stack)]) == 0


@pytest.mark.parametrize("words", [["render", "b.toml", "un/sub"], ["check", "un/x.toml"]])
def test_what_the_system_refuses_is_one_sentence(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_arguments: object) -> bool:
        raise PermissionError(13, os.strerror(13), "un/sub")

    monkeypatch.setattr(Path, "exists", refused)
    monkeypatch.setattr(render_show, "choose_account", refused)
    assert main(words) == EXIT_FAILED
    assert capsys.readouterr().err == "gpuecs-tui: Could not use un/sub: Permission denied.\n"


def test_two_sentences_are_two() -> None:
    assert str(Failure("failed to get profile, nope", "Choose one.")) == (
        "failed to get profile, nope. Choose one."
    )
    assert str(Failure("It is so.", "Choose one.")) == "It is so. Choose one."


def test_a_directory_of_any_name_has_a_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tag_of(tmp_path / "weird<dir>") == "weird-dir-"
    monkeypatch.chdir(tmp_path)
    assert tag_of(Path()) == tmp_path.name
    assert tag_of(Path("/")) == "demo-llm"
