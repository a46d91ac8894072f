"""A new stack with defaults: the number of key presses up to an approved apply, in the demo
account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.demo import account
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.options import Options
from tests.support.demo_pace import DEMO_PACE
from tests.support.terraform.waiting import until

pytestmark = pytest.mark.e2e

MOST_KEYS = 12
"""Maximum number of key presses from the first screen to the apply."""
STEPS = ("account", "network", "fleet", "task", "load_balancer", "review")
SUGGESTED = {
    "network": ("network.vpc_id", "network.instance_subnet_ids"),
    "fleet": ("fleet.instance_type",),
}
"""Step → keys that are filled from the account."""
PATIENCE = 180.0
"""Timeout in seconds: far above a plan on a busy machine."""


class Keys:
    """Presses keys and counts them."""

    def __init__(self, pilot: Pilot[int]) -> None:
        self.pilot = pilot
        self.pressed = 0

    async def press(self, name: str) -> None:
        self.pressed += 1
        await self.pilot.press(name)
        await self.pilot.pause()

    async def when(self, condition: Callable[[], bool]) -> None:
        """Wait for a result of the account or of Terraform."""
        deadline = monotonic() + PATIENCE
        while not condition():
            assert monotonic() < deadline, "it never came"
            await self.pilot.pause(0.05)


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account of this test only, because the apply is left unfinished."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GPUECS_TUI_DEMO_PACE", DEMO_PACE)
    started = account.start_or_find(tmp_path / "demo")
    for name, value in started.environ.items():
        monkeypatch.setenv(name, value)
    yield
    account.stop(tmp_path / "demo")


async def test_defaults_are_approved_with_a_dozen_keys(demo: None, tmp_path: Path) -> None:
    directory = tmp_path / "x"
    app = WizardApp(Options(directory, demo=True))

    def is_at(step: str) -> bool:
        return isinstance(app.screen, StepScreen) and step == app.screen.STEP

    def is_image_list() -> bool:
        found = app.screen.query(ChoiceList)
        return bool(found) and "Tag" in found.first().choices.columns

    try:
        async with app.run_test(size=(80, 24)) as pilot:
            keys = Keys(pilot)
            await keys.when(lambda: is_at("start"))
            await keys.press("enter")
            for step in STEPS:
                await keys.when(partial(is_at, step))
                for key in SUGGESTED.get(step, ()):
                    await keys.when(lambda key=key: key in app.wizard.suggested)  # type: ignore[misc]
                if step == "task":
                    # No repository has the stack's name: the test chooses one, then its newest
                    # image.
                    await keys.press("enter")
                    await keys.when(lambda: isinstance(app.screen, Picker))
                    await keys.press("enter")
                    await keys.when(is_image_list)
                    await keys.press("enter")
                    await keys.when(lambda: bool(app.wizard.text("task.image")))
                await keys.press("ctrl+n")
            await keys.when(partial(is_at, "run"))
            await keys.when(lambda: state_of(directory) is RunStatus.PLANNED)
            await keys.when(lambda: bool(app.screen.check_action("approve", ())))
            await keys.press("a")
            await keys.when(lambda: isinstance(app.screen, Confirm))
            await keys.press("y")
            await keys.when(lambda: state_of(directory) in {RunStatus.APPROVED, RunStatus.APPLYING})
            assert keys.pressed <= MOST_KEYS
    finally:
        app.feed.stop()
        app.wizard.close()
    # Only the key presses matter here: other tests follow an apply to its end.
    run = run_list.live_run(directory)
    assert run is not None
    runs.cancel(run)
    until(lambda: run_list.live_run(directory) is None, "the end of the run")


def state_of(directory: Path) -> RunStatus | None:
    run = next(iter(run_list.runs_of(directory)), None)
    return run.state if run is not None else None
