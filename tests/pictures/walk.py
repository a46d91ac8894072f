"""The way through the wizard by keys, with a picture at each station."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic

from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.screens.deployment import DeploymentScreen
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import State
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.widgets.step.deployment_words import is_healthy
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.options import Options
from tests.pictures.settled import settled

SIZE = (120, 36)
"""Columns and rows of the pictures."""
PATIENCE = 600.0
"""Seconds: far beyond an apply on the demo account."""
SUGGESTED = {
    "network": ("network.vpc_id", "network.instance_subnet_ids"),
    "fleet": ("fleet.instance_type",),
}
"""Step → keys that the account fills."""


class Camera:
    """Presses keys, waits, and takes pictures."""

    def __init__(self, pilot: Pilot[int]) -> None:
        self.pilot = pilot
        self.pictures: dict[str, str] = {}
        """Name → SVG."""

    async def press(self, *names: str) -> None:
        """Press keys one after another."""
        for name in names:
            await self.pilot.press(name)
            await self.pilot.pause()

    async def when(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for what the account or Terraform brings."""
        deadline = monotonic() + PATIENCE
        while not condition():
            assert monotonic() < deadline, f"{what} never came"
            await self.pilot.pause(0.05)

    async def take(self, name: str, title: str) -> None:
        """Take a picture of the screen as it is now, once everything is drawn."""
        for _again in range(3):
            await self.pilot.pause(0.3)
        self.pictures[name] = settled(self.pilot.app.export_screenshot(title=title))


async def walk(directory: Path) -> dict[str, str]:
    """Go from an empty directory to a healthy service; return name → SVG."""
    app = WizardApp(Options(directory, demo=True))
    try:
        async with app.run_test(size=SIZE) as pilot:
            camera = Camera(pilot)
            await _decide(app, camera)
            await _apply(app, camera, directory)
            await _deployment(app, camera)
            return camera.pictures
    finally:
        app.feed.stop()
        app.wizard.close()


async def _decide(app: WizardApp, camera: Camera) -> None:
    def is_at(step: str) -> bool:
        return isinstance(app.screen, StepScreen) and step == app.screen.STEP

    await camera.when(partial(is_at, "start"), "the start screen")
    await camera.press("enter")
    for step in ("account", "network", "fleet", "task", "load_balancer"):
        await camera.when(partial(is_at, step), step)
        for key in SUGGESTED.get(step, ()):
            await camera.when(partial(app.wizard.suggested.__contains__, key), key)
        if step == "task":
            await _choose_image(app, camera)
        if step in ("network", "fleet", "task"):
            await camera.take(step, f"gpuecs-tui: {step}")
        if step == "task":
            await camera.press("ctrl+y")
            await camera.take("fit", "gpuecs-tui: how tasks fit on instances")
            await camera.press("escape")
        await camera.press("ctrl+n")
    await camera.when(partial(is_at, "review"), "the review")
    await camera.when(lambda: not app.workers._workers, "the end of the checks")
    await camera.take("review", "gpuecs-tui: review")


async def _choose_image(app: WizardApp, camera: Camera) -> None:
    await camera.press("enter")
    await camera.when(lambda: isinstance(app.screen, Picker), "the list of repositories")
    await camera.press("enter")

    def is_image_list() -> bool:
        found = app.screen.query(ChoiceList)
        return bool(found) and "Tag" in found.first().choices.columns

    await camera.when(is_image_list, "the list of images")
    await camera.press("enter")
    await camera.when(lambda: bool(app.wizard.text("task.image")), "the image")


async def _apply(app: WizardApp, camera: Camera, directory: Path) -> None:
    def state() -> State | None:
        run = next(iter(run_list.runs_of(directory)), None)
        return run.state if run is not None else None

    await camera.press("ctrl+n")
    await camera.when(lambda: state() is State.PLANNED, "the plan")
    await camera.when(lambda: bool(app.screen.check_action("approve", ())), "the question")
    await camera.take("run", "gpuecs-tui: a plan waits for approval")
    await camera.press("a")
    await camera.when(lambda: isinstance(app.screen, Confirm), "the question before the apply")
    await camera.press("y")
    await camera.when(lambda: state() is State.SUCCEEDED, "the end of the apply")


async def _deployment(app: WizardApp, camera: Camera) -> None:
    await camera.press("ctrl+n")
    await camera.when(lambda: isinstance(app.screen, DeploymentScreen), "the deployment")

    def healthy() -> bool:
        screen = app.screen
        assert isinstance(screen, DeploymentScreen)
        return screen._facts is not None and is_healthy(screen._facts)

    await camera.when(healthy, "a healthy service")
    await camera.take("deployment", "gpuecs-tui: the deployment")
