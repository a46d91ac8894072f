"""The written Terraform contains every decision and every lesson of the design rows in
failure-modes.md."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpuecs_tui.stack.answers import load_answers
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.repository import ROOT
from tests.support.strategies import G4DN_XLARGE
from tests.support.terraform.written_files import (
    GROUP,
    PROFILE,
    ROLE,
    S3,
    made,
    shapes,
)
from tests.terraform.render.other_values import OTHER

TURNS = {
    "names.log_group",
    "task.log_group",
    "load_balancer.protocol",
    "state.backend",
    "sidecars.images",
}
"""Keys without which their accompanying decisions are not a valid stack."""
LATER = [
    *(key for key in KEYS if key.startswith(("container.", "container_health.", "sidecars."))),
    "task.ipc_mode",
    "load_balancer.access_log_bucket",
    "load_balancer.access_log_prefix",
    "load_balancer.slow_start_seconds",
    "load_balancer.stickiness_seconds",
]
"""Keys that the answers file in ``data`` was written without."""
DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("key", KEYS)
def test_every_decision_is_written(key: str) -> None:
    value, beside = OTHER[key]
    before, after = made({} if key in TURNS else beside), made({**beside, key: value})
    assert before[key] != value == after[key]
    assert render(after) != render(before)


def test_only_what_is_needed_is_written() -> None:
    bare = made(
        network__instance_security_group_ids=(GROUP,),
        network__load_balancer_security_group_ids=(GROUP,),
        fleet__instance_profile_arn=f"{PROFILE}ecs",
        task__execution_role_arn=f"{ROLE}e",
        task__task_role_arn=f"{ROLE}t",
    )
    assert list(render(bare)) == [
        "versions.tf", "providers.tf", "variables.tf", "terraform.tfvars", "fleet.tf", "task.tf",
        "service.tf", "load_balancer.tf", "outputs.tf", "user_data.sh",
    ]  # fmt: skip
    full = render(made({
        **S3, "fleet.ami": "bottlerocket", "fleet.extra_user_data": "x = 1",
        "network.vpc_endpoints": ("s3",),
    }))  # fmt: skip
    assert set(full) - set(render(bare)) == {
        "backend.tf", "network.tf", "endpoints.tf", "iam.tf", "user_data.toml",
        "extra_user_data.toml",
    }  # fmt: skip


@pytest.mark.parametrize("stack", shapes())
def test_what_is_referred_to_exists(stack: Stack) -> None:
    written = load_configuration(render(stack))
    words = " ".join(render(stack)[name] for name in render(stack) if name.endswith(".tf"))
    for address, (_, block) in written.blocks.items():
        if block.kind == "variable":
            assert f"var.{block.labels[0]}" in words
        if block.kind == "data":
            assert words.count(address) > 0
    for word in words.replace("(", " ").replace(",", " ").replace("[", " ").split():
        if word.startswith("var."):
            assert f"variable.{word.removeprefix('var.').rstrip(')].')}" in written.blocks, word
        if word.startswith(("aws_", "data.aws_")) and word.count(".") >= 2:
            parts = word.split(".")
            depth = 3 if parts[0] == "data" else 2
            assert ".".join(parts[:depth]) in written.blocks, word


def test_extra_user_data_is_kept_byte_for_byte() -> None:
    script = "echo ${HOME} %{x}\r\n\tlast line, no end"
    files = render(made(fleet__extra_user_data=script))
    assert files["extra_user_data.sh"] == script
    assert script not in files["fleet.tf"]


def test_names_follow_the_stack_s_name_where_they_came_from_it() -> None:
    files = render(made(names__cluster="mine"))
    assert 'name = "mine"' in files["fleet.tf"]
    assert files["service.tf"].count("var.name") == 1
    assert '"${var.name}-gpu"' in files["fleet.tf"]


def test_rendering_imports_nothing_heavy_before_it_is_asked() -> None:
    program = (
        "import sys, gpuecs_tui.terraform.render.stack_files, gpuecs_tui.terraform.read.directory,"
        " gpuecs_tui.terraform.write.stack;"
        "print([n for n in ('jinja2', 'textual', 'boto3') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        cwd=ROOT, env=dict(os.environ),
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_an_answers_file_with_every_key_of_an_earlier_version_renders_as_it_did() -> None:
    """Later keys are unset in it, and leave no trace in the files."""
    text = (DATA / "answers-2026-11-29.toml").read_text("utf-8")
    answers = load_answers(text)
    resolved = resolve(answers, G4DN_XLARGE)
    assert (resolved.missing, problems(answers, resolved)) == ((), ())
    stack = resolved.stack
    assert {key: stack[key] for key in answers} == answers
    assert all(stack[key] == KEYS[key].unset for key in LATER)
    written = "".join(render(stack).values())
    for name in (
        "ipc_mode",
        "healthCheck",
        "restartPolicy",
        "repositoryCredentials",
        "ulimits",
        "slow_start",
        "stickiness",
        "access_logs",
    ):
        assert name not in written
