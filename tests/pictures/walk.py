"""Drive the wizard with keys and take a picture of each screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws.reading import Known, value_or
from gpuecs_tui.screens import deployment
from gpuecs_tui.screens.deployment import DeploymentScreen
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.deployment import lines
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.options import Options
from tests.pictures.settled import in_one_zone, settled, sort_plan

SIZE = (120, 36)
"""Columns and rows of the pictures."""
SMALL = (120, 28)
"""Size for the deployment: its scaling activities, whose order varies, are not visible in it."""
SEEN_AFTER = timedelta(minutes=4, seconds=30)
"""Age of the deployment in its picture."""
REPOSITORY = "llm"
"""Typed text that finds the repository of the image."""
PATIENCE = 600.0
"""Timeout in seconds: far above an apply in the demo account."""
SUGGESTED = {
    "network": ("network.vpc_id", "network.instance_subnet_ids"),
    "fleet": ("fleet.instance_type",),
}
"""Step → keys that are filled from the account."""


class Camera:
    """Presses keys, waits, and takes pictures."""

    def __init__(self, app: WizardApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot
        self.pictures: dict[str, str] = {}
        """Name → SVG."""

    def is_at(self, step: str) -> bool:
        """Tell whether the screen of a step is shown without a dialog."""
        return isinstance(self.app.screen, StepScreen) and step == self.app.screen.STEP

    def _is_checked(self) -> bool:
        wizard = self.app.wizard
        whole = wizard.account.facts is not None and not wizard.account.busy
        return whole and not any(it.severity == "unknown" for it in wizard.findings)

    async def press(self, *names: str) -> None:
        """Press keys one after another."""
        for name in names:
            await self.pilot.press(name)
            await self.pilot.pause()

    async def when(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a result of the account or of Terraform."""
        deadline = monotonic() + PATIENCE
        while not condition():
            assert monotonic() < deadline, f"{what} never came"
            await self.pilot.pause(0.05)

    async def take(self, name: str, title: str) -> None:
        """Take a picture of the screen after the account was read and everything was drawn."""
        await self.when(self._is_checked, "the end of the checks")
        for _again in range(3):
            await self.pilot.pause(0.3)
        self.pictures[name] = settled(self.app.export_screenshot(title=title))


async def walk(directory: Path) -> dict[str, str]:
    """Go from an empty directory to a healthy service; return name → SVG."""
    async with _wizard(directory) as first:
        await _decide(first)
        await _plan(first, directory)
    (run,) = run_list.runs_of(directory)
    sort_plan(run.files.journal)
    async with _wizard(directory) as second:
        await _apply(second, directory)
        await _deployment(second)
    return first.pictures | second.pictures


@asynccontextmanager
async def _wizard(directory: Path) -> AsyncIterator[Camera]:
    app = WizardApp(Options(directory, demo=True))
    try:
        async with app.run_test(size=SIZE) as pilot:
            camera = Camera(app, pilot)
            await camera.when(partial(camera.is_at, "start"), "the start screen")
            yield camera
    finally:
        app.feed.stop()
        app.wizard.close()


async def _decide(camera: Camera) -> None:
    app = camera.app
    await camera.press("enter")
    for step in ("account", "network", "fleet", "task", "load_balancer"):
        await camera.when(partial(camera.is_at, step), step)
        for key in SUGGESTED.get(step, ()):
            await camera.when(partial(app.wizard.suggested.__contains__, key), key)
        if step == "task":
            await _choose_image(camera)
        if step in ("network", "fleet", "task"):
            await camera.take(step, f"gpuecs-tui: {step}")
        if step == "task":
            await camera.press("ctrl+y")
            await camera.take("fit", "gpuecs-tui: how tasks fit on instances")
            await camera.press("escape")
        await camera.press("ctrl+n")
    await camera.when(partial(camera.is_at, "review"), "the review")
    await app.workers.wait_for_complete()
    await camera.take("review", "gpuecs-tui: review")


async def _choose_image(camera: Camera) -> None:
    app = camera.app
    await camera.press("enter")
    await camera.when(lambda: isinstance(app.screen, Picker), "the list of repositories")
    await camera.press(*REPOSITORY, "enter")

    def is_image_list() -> bool:
        found = app.screen.query(ChoiceList)
        return bool(found) and "Tag" in found.first().choices.columns

    await camera.when(is_image_list, "the list of images")
    await camera.press("enter")
    await camera.when(lambda: bool(app.wizard.text("task.image")), "the image")


async def _plan(camera: Camera, directory: Path) -> None:
    await camera.press("ctrl+n")
    await camera.when(lambda: _state(directory) is RunStatus.PLANNED, "the plan")


async def _apply(camera: Camera, directory: Path) -> None:
    app = camera.app
    # The first row of the start screen is the waiting run.
    await camera.when(lambda: "run" in _rows(app), "the row of the run")
    await camera.press("enter")
    await camera.when(partial(camera.is_at, "run"), "the run")
    await camera.when(lambda: bool(app.screen.check_action("approve", ())), "the plan on screen")
    await camera.take("run", "gpuecs-tui: a plan waits for approval")
    await camera.press("a")
    await camera.when(lambda: isinstance(app.screen, Confirm), "the question before the apply")
    await camera.press("y")
    await camera.when(lambda: _state(directory) is RunStatus.SUCCEEDED, "the end of the apply")


async def _deployment(camera: Camera) -> None:
    app = camera.app
    await camera.when(partial(camera.is_at, "deployment"), "the deployment")

    def settled_down() -> bool:
        """Whether the service is healthy, and the unneeded second instance has been terminated."""
        screen = app.screen
        assert isinstance(screen, DeploymentScreen)
        facts, status = screen._facts, screen._status
        if status is None or status.verdict.state != "healthy":
            return False
        if not isinstance(facts.container_instances, Known) or not isinstance(facts.fleet, Known):
            return False
        fleet = facts.fleet.value
        joined = len(facts.container_instances.value)
        return joined == 1 and fleet is not None and len(fleet.instances) == 1

    await camera.when(settled_down, "a healthy service on one instance")
    assert isinstance(app.screen, DeploymentScreen)
    service = value_or(app.screen._facts.service, None)
    created = service.deployments[0].created_at if service is not None else None
    assert created is not None
    # All of it happened within half a minute, so every age is the same.
    moment = created + SEEN_AFTER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deployment, "_now", lambda: moment)
        # The readings are not as old as that.
        patch.setattr(lines, "_age", lambda *_given: "")
        await camera.pilot.resize_terminal(*SMALL)
        await camera.take("deployment", "gpuecs-tui: the deployment")
    camera.pictures["deployment"] = settled(in_one_zone(camera.pictures["deployment"]))


def _state(directory: Path) -> RunStatus | None:
    run = next(iter(run_list.runs_of(directory)), None)
    return run.state if run is not None else None


def _rows(app: WizardApp) -> tuple[str, ...]:
    found = app.screen.query(ChoiceList)
    return tuple(row.id for row in found.first().choices.rows) if found else ()
