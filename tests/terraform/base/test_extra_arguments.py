"""Options in TF_CLI_ARGS…: each is harmless, is used, is reported, or refuses a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.extra_arguments import extra_options, notes
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.state.environment import child_environment
from gpuecs_tui.terraform.state.other_state import refuse_other_state
from gpuecs_tui.terraform.state.reader import read_state
from gpuecs_tui.terraform.state.stored_state import NotRead

ELSEWHERE = {"PATH": "", "TF_CLI_ARGS": "-state-out prod.tfstate"}


@pytest.mark.parametrize(
    ("variable", "words", "said"),
    [
        (
            "TF_CLI_ARGS_plan",
            "-target=aws_lb.this",
            "-target=aws_lb.this in TF_CLI_ARGS_plan is ignored",
        ),
        (
            "TF_CLI_ARGS_apply",
            "--replace aws_lb.this",
            "-replace=aws_lb.this in TF_CLI_ARGS_apply is ignored",
        ),
        ("TF_CLI_ARGS", "-exclude=x", "a run always plans the whole stack"),
        ("TF_CLI_ARGS_plan", "-destroy", "use `gpuecs-tui destroy` to plan a destroy"),
        ("TF_CLI_ARGS_destroy", "-target=x", "a run always plans the whole stack"),
        (
            "TF_CLI_ARGS_plan",
            "-refresh=F",
            "-refresh=F in TF_CLI_ARGS_plan is ignored: a run always refreshes",
        ),
        ("TF_CLI_ARGS_plan", "-refresh-only", "a run also plans changes"),
        ("TF_CLI_ARGS_apply", "-lock=0", "a run always locks the state"),
        ("TF_CLI_ARGS_apply", "-parallelism=2", "a run makes up to 10 changes at a time"),
        ("TF_CLI_ARGS_plan", "-var 'token=HUSHED'", "-var=token=… in TF_CLI_ARGS_plan is ignored"),
        (
            "TF_CLI_ARGS_plan",
            "-backend-config=secret_key=HUSHED",
            "-backend-config=secret_key=… in TF_CLI_ARGS_plan is ignored",
        ),
        (
            "TF_CLI_ARGS_plan",
            "-new=1",
            "a run uses only its own options",
        ),
        ("TF_CLI_ARGS_init", "-migrate-state", "use `gpuecs-tui migrate` to move the state"),
        ("TF_CLI_ARGS_init", "-get=false", "an init always installs the modules"),
        ("TF_CLI_ARGS_init", "-backend=false", "a run always initializes the backend"),
        (
            "TF_CLI_ARGS_plan",
            "'open",
            "TF_CLI_ARGS_plan is ignored: its value is not a list of options.",
        ),
    ],
)
def test_an_option_that_would_make_it_another_run_is_named(
    variable: str, words: str, said: str
) -> None:
    (note,) = notes({variable: words})
    assert said in note and variable in note and "HUSHED" not in note
    assert note in child_environment({variable: words}).notes


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("TF_CLI_ARGS", "-no-color -input=false -compact-warnings"),
        ("TF_CLI_ARGS_plan", "-refresh=true -refresh -lock -out=x.plan -detailed-exitcode -json"),
        ("TF_CLI_ARGS_apply", "-auto-approve -lock-timeout 5m -backup=- -destroy=false"),
        ("TF_CLI_ARGS_init", "-backend-config key=x -upgrade=false -backend=1 -get=true"),
        ("TF_CLI_ARGS_plan", "  "),
        ("TF_CLI", "-destroy"),
    ],
)
def test_what_changes_nothing_is_not_named(variable: str, words: str) -> None:
    assert list(notes({variable: words})) == []


def test_a_flag_does_not_take_the_next_word() -> None:
    found = extra_options({"X": "-destroy -target a -lock=false --var b=c d"}, "X")
    assert [(it.name, it.value) for it in found] == [
        ("destroy", ""), ("target", "a"), ("lock", "false"), ("var", "b=c"),
    ]  # fmt: skip


def test_a_state_in_another_file_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(NotRead, match=r"TF_CLI_ARGS has -state-out=prod\.tfstate"):
        read_state(tmp_path, ELSEWHERE)
    with pytest.raises(NotRead, match="gpuecs-tui reads and writes the state in"):
        lifecycle.start(tmp_path, environ=ELSEWHERE)
    backend = 'terraform {\n  backend "local" {\n    path = "prod.tfstate"\n  }\n}\n'
    (tmp_path / "main.tf").write_text(backend)
    refuse_other_state(tmp_path, ELSEWHERE)
    # The option only affects a local state.
    (tmp_path / "main.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    refuse_other_state(tmp_path, ELSEWHERE)
