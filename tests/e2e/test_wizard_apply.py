"""The wizard of the wheel is killed during an apply, with the real Terraform in the demo account.

``test_chaos`` closes its terminal.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpuecs_tui.demo import account
from gpuecs_tui.terraform.base.tflock import STATE_NAME, read_lock
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.wizard import drafts
from gpuecs_tui.wizard.drafts import Draft
from tests.chaos.inventory import Account, addresses_of
from tests.chaos.judge import Judge
from tests.chaos.stacks import write_small
from tests.support.terminals import in_a_terminal
from tests.support.terraform.waiting import journal_of, until

pytestmark = pytest.mark.e2e

NAME = "midst"
SMALL = 11
"""Resources of the stack without a load balancer, which is applied in seconds."""
HELD = """
resource "terraform_data" "held" {
  depends_on = [aws_iam_role.this]

  provisioner "local-exec" {
    command = "for _ in $(seq 3000); do [ -e '@GATE@' ] && exit 0; sleep 0.1; done; exit 1"
  }
}

resource "aws_cloudwatch_log_group" "after" {
  name       = "/ecs/@NAME@-after"
  depends_on = [terraform_data.held]
}
"""
"""Delays the apply until a file, the gate, exists; the resource after it is an AWS resource."""
LEAVE_SECONDS = 4
"""Seconds until the wizard ends after its terminal was closed: 2 s are promised, but the machine
may be busy."""
CTRL_Q = "\x11"


@dataclass(frozen=True, slots=True)
class Place:
    """A stack's directory and its account."""

    program: Path
    directory: Path
    gate: Path
    account: Account

    def wizard(self) -> list[str]:
        return [str(self.program), "--demo", str(self.directory)]

    def exit_code(self, *words: str | Path) -> int:
        done = subprocess.run(
            [self.program, "--demo", *words], check=False, stdin=subprocess.DEVNULL,
            capture_output=True, text=True,
        )  # fmt: skip
        print(done.stdout[-3000:], done.stderr)
        return done.returncode


@pytest.fixture
def place(gpuecs: Path, tmp_path: Path) -> Iterator[Place]:
    """The small stack, delayed during the apply, with the draft of a wizard that was at the run."""
    # Any command with the demo account starts the account.
    subprocess.run([gpuecs, "--demo", "gpus"], check=True, capture_output=True)
    demo = account.find()
    assert demo is not None
    place = Place(
        gpuecs, tmp_path / NAME, tmp_path / "gate", Account(demo.endpoint, dict(demo.environ))
    )
    write_small(place.directory, NAME, place.account.vpc())
    held = HELD.replace("@GATE@", str(place.gate)).replace("@NAME@", NAME)
    (place.directory / "held.tf").write_text(held)
    typed = {"stack.name": NAME, "stack.region": account.REGION}
    drafts.save(place.directory, Draft(typed, "run", ("start", "review", "run")))
    yield place
    # A failed test must leave no waiting Terraform.
    place.gate.touch()
    until(lambda: run_list.live_run(place.directory) is None, "the end of the run")


def test_kill_in_mid_apply(place: Place) -> None:
    before = place.account.things(NAME)
    assert before == set()
    with in_a_terminal(place.wizard()) as first:
        first.until("Continue your draft")
        first.type("\r")
        first.until("Press p to plan")
        first.type("p")
        first.until("Waiting for approval")
        first.type("a")
        first.until("Apply this plan?")
        first.until(" No ")
        # If a check finds an error in a draft with only name and Region, the name must be typed.
        first.type(f"{NAME}\r" if first.shows(f"Type {NAME} to continue") else "y")
        run = until(lambda: run_list.live_run(place.directory), "the wizard's run")
        until(lambda: '"type":"provision_start"' in journal_of(run), "the midst of the apply")
        first.kill()
        assert first.ended(LEAVE_SECONDS)
    goes_on = run_list.live_run(place.directory)
    assert goes_on is not None and goes_on.id == run.id and goes_on.state is RunStatus.APPLYING
    assert read_lock(place.directory / STATE_NAME) is not None

    with in_a_terminal(place.wizard()) as second:
        second.until("Watch the run in this directory")
        second.type("\r")
        second.until("Applying. You can close this session")
        place.gate.touch()
        # The wizard then shows the deployment.
        until(lambda: run.refresh().state is RunStatus.SUCCEEDED, "the end of the apply")
        second.type(CTRL_Q)
        assert second.ended(LEAVE_SECONDS)

    ended = run.refresh()
    assert ended.state is RunStatus.SUCCEEDED and ended.returncode == 0
    assert read_lock(place.directory / STATE_NAME) is None
    state = place.directory / "terraform.tfstate"
    judge = Judge(place.directory, place.account, "", "")
    assert judge.look(ended, place.account.things(NAME), before).problems == []
    assert len(addresses_of(state.read_bytes())) == SMALL + 2
    assert place.exit_code("plan", place.directory) == 0
    assert place.exit_code("destroy", place.directory, "--yes", "--confirm", NAME) == 0
    assert place.account.things(NAME) == set()
    assert json.loads(state.read_bytes())["resources"] == []
