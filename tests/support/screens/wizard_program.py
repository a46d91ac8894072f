"""A program that opens the wizard at one of its screens, on an invented account.

``python -m tests.support.screens.wizard_program DIRECTORY PLACE``; PLACE is a step's id, or
``live`` for an apply in progress. Frame rate and mouse are those of the product.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from gpuecs_tui import terminal

# Like the product, before textual is imported.
terminal.prepare(os.environ)

from textual.pilot import Pilot  # noqa: E402

from gpuecs_tui.app import WizardApp  # noqa: E402
from gpuecs_tui.terraform.runs.run_status import RunStatus  # noqa: E402
from gpuecs_tui.wizard import directory_status  # noqa: E402
from gpuecs_tui.wizard.drafts import Draft  # noqa: E402
from gpuecs_tui.wizard.options import Options  # noqa: E402
from tests.deployment.scene import Scene  # noqa: E402
from tests.support import fakes  # noqa: E402
from tests.support.aws.deployment_answers import AnsweredReader  # noqa: E402
from tests.support.screens.whole_texts import WHOLE  # noqa: E402
from tests.support.terraform import run_folders  # noqa: E402
from tests.support.terraform.applied_stack import state  # noqa: E402

PLACES = {
    "start": "Begin a new stack",
    "account": "Region",
    "network": "VPC",
    "fleet": "Instance type",
    "task": "Image",
    "load_balancer": "Listener",
    "review": "Findings",
    "run": "Applied",
    "live": "Applying",
    "deployment": "Revision current",
    "state": "No problems found",
}
"""Step → a text that its screen shows."""


class _Feed(fakes.FakeFeed):
    answered = Scene().reader()

    @property
    def reader(self) -> AnsweredReader:  # type: ignore[override]  # answers as an AccountReader does
        return self.answered


def main(directory: Path, place: str) -> None:
    """Run the wizard until the user quits."""
    directory_status.inspect = lambda directory: directory_status.DirectoryStatus(
        engine="Terraform 1.11.4"
    )
    step = place
    if place == "live":
        step = "run"
        run_folders.BEGUN = datetime.now(UTC)
        events = [*run_folders.PLAN[: run_folders.PLAN_ENDS + 8]]
        run_folders.stage(directory, RunStatus.APPLYING, events, after=0)
    elif place in ("run", "deployment"):
        run_folders.applied(directory)
        (directory / "terraform.tfstate").write_text(state())
    fakes.NOW = datetime.now(UTC)
    feed = _Feed(facts=fakes.facts())
    app = WizardApp(Options(directory, profile="ada"), feed=feed)
    feed.post = app.post_message
    if place != "start":
        steps = ("start", "account", "network", "fleet", "task", "load_balancer", "review", "run")
        app.wizard.adopt(Draft(WHOLE, step, steps))

    async def go(_pilot: Pilot[object]) -> None:
        if step != "start":
            app.go(step)

    try:
        app.run(auto_pilot=go, mouse=terminal.mouse_wanted(os.environ, None))
    finally:
        app.wizard.close()
        feed.answered.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
