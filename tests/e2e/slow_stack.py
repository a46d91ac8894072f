"""A stack of the built-in ``terraform_data`` whose apply takes some seconds."""

from __future__ import annotations

import json
from pathlib import Path

from gpuecs_tui.terraform.base.tflock import STATE_NAME, read_lock
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.waiting import journal_of, until, until_state

STACK = """\
variable "colour" {
  default = "red"
}

resource "terraform_data" "first" {
  input = var.colour
}

resource "terraform_data" "slow" {
  input = terraform_data.first.output

  provisioner "local-exec" {
    command = "sleep %(seconds)s"
  }
}

resource "terraform_data" "last" {
  input = terraform_data.slow.output
}

output "colour" {
  value = terraform_data.last.output
}

output "secret" {
  value     = "hunter2-${var.colour}"
  sensitive = true
}
"""
EVERYTHING = {"terraform_data.first", "terraform_data.slow", "terraform_data.last"}


def make_stack(folder: Path, seconds: float = 3) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "main.tf").write_text(STACK % {"seconds": seconds})
    return folder


def resources(stack: Path) -> set[str]:
    state = json.loads((stack / "terraform.tfstate").read_text())
    return {f"{r['type']}.{r['name']}" for r in state["resources"] if r["instances"]}


def in_flight(run: Run) -> Run:
    """Return the run once the creation of its slow resource has started."""
    started = '"type":"provision_start"'
    until(lambda: started in journal_of(run), "the slow resource")
    return until_state(run, RunStatus.APPLYING)


def assert_converges(stack: Path) -> None:
    """Check that the next apply succeeds, the plan after it is empty, and no lock remains."""
    run = until_state(runs.start(stack, "apply"), RunStatus.PLANNED, RunStatus.SUCCEEDED)
    if run.state is RunStatus.PLANNED:
        until_state(runs.approve(run), RunStatus.SUCCEEDED)
        run = until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert run.changes is not None and run.changes.total == 0
    assert resources(stack) == EVERYTHING
    assert read_lock(stack / STATE_NAME) is None
