"""The key of the deployment screen that rolls the service back."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.screens import deployment as module
from gpuecs_tui.screens.deployment import DeploymentScreen
from gpuecs_tui.screens.review import ReviewScreen
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.base.confirm import Confirm
from tests.deployment.scene import DEFINITION, NOW, Scene, deployment
from tests.support.aws.deployment_answers import AnsweredReader
from tests.support.screens.deployment_screen import on_deployment
from tests.support.screens.driving import settle, until
from tests.support.screens.shown import screen_text
from tests.support.terraform.applied_stack import state
from tests.support.terraform.run_folders import stage
from tests.support.terraform.written_files import made, put

EARLIER = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm:1"
WAIT_SECONDS = 30
"""Seconds after which a test that hangs fails."""
IDENTITY = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/a"}


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(module, "_now", lambda: NOW)
    found = tmp_path / "llama"
    put(found, render(made()))
    (found / "terraform.tfstate").write_text(state())
    return found


@pytest.fixture
def scene() -> Scene:
    """The service runs demo:4, before which demo:3 was complete."""
    found = Scene()
    found.service["taskDefinition"] = f"{DEFINITION}demo:4"
    found.history.clear()
    found.deployed("3", "SUCCESSFUL", 300, 290)
    found.deployed("4", "SUCCESSFUL", 120, 110)
    return found


def under_way(scene: Scene) -> None:
    """The deployment of demo:4 is in progress: one task of each revision runs."""
    old = deployment("demo:3", "COMPLETED", created=300) | {"status": "ACTIVE"}
    new = deployment("demo:4", "IN_PROGRESS", created=2)
    scene.service["deployments"] = [new, old]
    scene.history[0] |= {"status": "IN_PROGRESS", "finishedAt": None}


def reader_of(scene: Scene) -> AnsweredReader:
    def described(given: dict[str, Any]) -> dict[str, Any]:
        name = given["taskDefinition"].rpartition("/")[2]
        image = EARLIER if name == "demo:3" else f"{EARLIER.rpartition(':')[0]}:2"
        container = {"name": made().task.container_name, "image": image}
        return {
            "taskDefinition": {
                "taskDefinitionArn": f"{DEFINITION}{name}",
                "status": "ACTIVE",
                "containerDefinitions": [container],
            }
        }

    reader = scene.reader()
    listed = reader.answers["ecs:ListServiceDeployments"]

    def deployments(given: dict[str, Any]) -> dict[str, Any]:
        wanted = given.get("status")
        found = listed(given)["serviceDeployments"]
        return {"serviceDeployments": [it for it in found if not wanted or it["status"] in wanted]}

    reader.answers |= {
        "sts:GetCallerIdentity": IDENTITY,
        "ecs:DescribeTaskDefinition": described,
        "ecs:ListServiceDeployments": deployments,
        "ecs:StopServiceDeployment": {},
        "ecs:UpdateService": {"service": {}},
        "pricing:GetProducts": AwsProblem("denied", "Not allowed.", "Ask."),
    }
    return reader


def changes(reader: AnsweredReader) -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, given)
        for name, given in reader.asked
        if name in ("ecs:StopServiceDeployment", "ecs:UpdateService")
    ]


def form_image(pilot: Pilot[int]) -> str:
    assert isinstance(pilot.app, WizardApp)
    return pilot.app.wizard.text("task.image")


def said(pilot: Pilot[int]) -> str:
    return " ".join(it.message for it in pilot.app._notifications)


async def asked(pilot: Pilot[int]) -> str:
    """Wait for the question, and return its text in one line."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
    await settle(pilot)
    assert isinstance(pilot.app, WizardApp)
    shown = screen_text(pilot.app)
    return " ".join(shown.replace("│", " ").split())


async def test_no_changes_nothing_and_yes_leads_to_the_plan_of_the_earlier_values(
    directory: Path, scene: Scene
) -> None:
    reader = reader_of(scene)
    async with on_deployment(directory, reader) as pilot:
        before = form_image(pilot)
        await pilot.press("b")
        question = await asked(pilot)
        assert "Put the values of demo:3 into the form?" in question
        assert f"→ {EARLIER}" in question
        assert "Terraform registers a new revision with the values of demo:3." in question
        assert "At least 1 of 1 tasks keeps running" in question
        assert "up to 1 instance starts (g5.xlarge, price unknown)." in question
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeploymentScreen))
        assert form_image(pilot) == before
        await pilot.press("b")
        await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        assert form_image(pilot) == EARLIER
    assert not changes(reader)


@pytest.mark.parametrize("takes", [True, False])
async def test_a_deployment_under_way_is_stopped_and_the_earlier_values_are_offered(
    directory: Path, scene: Scene, takes: bool
) -> None:
    under_way(scene)
    reader = reader_of(scene)
    async with on_deployment(directory, reader) as pilot:
        before = form_image(pilot)
        await pilot.press("b")
        question = await asked(pilot)
        assert "Stop the deployment of demo:4?" in question
        assert "ECS stops the deployment of demo:4 and returns to demo:3." in question
        assert "ECS stops 1 task of this deployment." in question
        assert not changes(reader)
        await pilot.press("y")
        await until(pilot, lambda: bool(changes(reader)))
        offer = await asked(pilot)
        assert "Put the values of demo:3 into the form?" in offer
        assert "The directory is ahead of the service" in offer
        await pilot.press("y" if takes else "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeploymentScreen))
        await settle(pilot)
        assert form_image(pilot) == (EARLIER if takes else before)
    ((name, given),) = changes(reader)
    assert name == "ecs:StopServiceDeployment"
    newest = scene.history[0]["serviceDeploymentArn"]
    assert given == {"serviceDeploymentArn": newest, "stopType": "ROLLBACK"}


async def test_values_that_can_not_be_read_are_named_after_the_stop(
    directory: Path, scene: Scene
) -> None:
    under_way(scene)
    reader = reader_of(scene)
    async with on_deployment(directory, reader) as pilot:
        await pilot.press("b")
        await asked(pilot)
        denied = AwsProblem("denied", "Not allowed.", "Ask.")
        reader.answers["ecs:DescribeTaskDefinition"] = denied
        await pilot.press("y")
        await until(pilot, lambda: "Could not read the revision" in said(pilot))
        assert "ECS rolls back the deployment of demo:4. Could not read" in said(pilot)
        assert isinstance(pilot.app.screen, DeploymentScreen)
    assert len(changes(reader)) == 1


async def test_an_error_of_the_program_leaves_the_key_usable(directory: Path, scene: Scene) -> None:
    reader = reader_of(scene)
    async with on_deployment(directory, reader) as pilot:
        del reader.answers["sts:GetCallerIdentity"]
        await pilot.press("b")
        await until(pilot, lambda: "Internal error" in said(pilot))
        reader.answers["sts:GetCallerIdentity"] = IDENTITY
        await pilot.press("b")
        assert "Put the values of demo:3 into the form?" in await asked(pilot)


async def test_a_revision_that_terraform_ignores_is_deployed_itself(
    directory: Path, scene: Scene
) -> None:
    put(directory, render(made(service__ignore_changes=("task_definition",))))
    reader = reader_of(scene)
    async with on_deployment(directory, reader) as pilot:
        await pilot.press("b")
        question = await asked(pilot)
        assert "Roll back to demo:3? (account 123456789012, us-east-1)" in question
        assert "so ECS is called directly to deploy demo:3." in question
        await pilot.press("y")
        await until(pilot, lambda: bool(changes(reader)))
        await until(pilot, lambda: form_image(pilot) == EARLIER)
        assert isinstance(pilot.app.screen, DeploymentScreen)
        await until(pilot, lambda: "ECS deploys demo:3." in said(pilot))
    ((name, given),) = changes(reader)
    assert (name, given["taskDefinition"]) == ("ecs:UpdateService", "demo:3")


async def test_why_the_service_is_not_rolled_back_is_shown(directory: Path, scene: Scene) -> None:
    reader = reader_of(scene)
    async with on_deployment(directory, reader) as pilot:
        reader.answers["sts:GetCallerIdentity"] = {**IDENTITY, "Account": "210987654321"}
        await pilot.press("b")
        await until(pilot, lambda: "This stack is in the account" in said(pilot))
        reader.answers["sts:GetCallerIdentity"] = IDENTITY
        del scene.history[1:]
        await pilot.press("b")
        await until(pilot, lambda: "No earlier revision than" in said(pilot))
        assert isinstance(pilot.app.screen, DeploymentScreen)
    assert not changes(reader)


async def test_during_an_apply_the_service_is_not_rolled_back(
    directory: Path, scene: Scene
) -> None:
    stage(directory, RunStatus.APPLYING)
    reader = reader_of(scene)
    async with on_deployment(directory, reader) as pilot:
        reader.asked.clear()
        await pilot.press("b")
        await until(pilot, lambda: "A run changes this stack." in said(pilot))
        assert "sts:GetCallerIdentity" not in [name for name, _given in reader.asked]


async def test_a_refused_call_is_shown_and_the_key_works_again(
    directory: Path, scene: Scene
) -> None:
    under_way(scene)
    reader = reader_of(scene)
    reader.answers["ecs:StopServiceDeployment"] = AwsProblem("denied", "Not allowed.", "Ask.")
    async with on_deployment(directory, reader) as pilot:
        for _turn in range(2):
            await pilot.press("b")
            await asked(pilot)
            await pilot.press("y")
            await until(pilot, lambda: isinstance(pilot.app.screen, DeploymentScreen))
            await until(pilot, lambda: "Not allowed." in said(pilot))
            pilot.app.clear_notifications()
    assert len(changes(reader)) == 2


async def test_a_service_that_has_changed_since_the_question_is_left_alone(
    directory: Path, scene: Scene
) -> None:
    put(directory, render(made(service__ignore_changes=("task_definition",))))
    reader = reader_of(scene)
    async with on_deployment(directory, reader) as pilot:
        await pilot.press("b")
        await asked(pilot)
        # A colleague deploys meanwhile.
        scene.service["taskDefinition"] = f"{DEFINITION}demo:9"
        await pilot.press("y")
        await until(pilot, lambda: "runs demo:9 now, no longer demo:4" in said(pilot))
        assert isinstance(pilot.app.screen, DeploymentScreen)
    assert not changes(reader)


async def test_the_question_does_not_cover_another_screen(directory: Path, scene: Scene) -> None:
    under_way(scene)
    reader = reader_of(scene)
    read, told = threading.Event(), threading.Event()

    def identity(_given: dict[str, Any]) -> dict[str, str]:
        told.set()
        assert read.wait(WAIT_SECONDS)
        return IDENTITY

    reader.answers["sts:GetCallerIdentity"] = identity
    async with on_deployment(directory, reader) as pilot:
        await pilot.press("b")
        await until(pilot, told.is_set)
        await pilot.press("f1")
        await until(pilot, lambda: not isinstance(pilot.app.screen, DeploymentScreen))
        above = pilot.app.screen
        read.set()
        await until(pilot, lambda: "To be asked, press b again." in said(pilot))
        assert pilot.app.screen is above
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeploymentScreen))
        await pilot.press("b")
        assert "Stop the deployment of demo:4?" in await asked(pilot)
    assert not changes(reader)
