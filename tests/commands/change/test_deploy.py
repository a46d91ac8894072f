"""``deploy``: the image in the directory, in a plan, or in a revision that ECS is called with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.session import Session

from gpuecs_tui.aws.service.revision import READ_ONLY
from gpuecs_tui.cli import main
from gpuecs_tui.commands.change.image import wanted_image
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE, Failure
from gpuecs_tui.operations import revisions
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.commands.change.replayed import REPOSITORY, Stack, plan_of, state_with_targets
from tests.demo.simulator.stepped import Stepped

DIGEST = "sha256:" + "a" * 64
Printed = pytest.CaptureFixture[str]


def deploy(stack: Stack, image: str, *more: str) -> int:
    return main(["deploy", str(stack.directory), "--image", image, "--offline", *more])


def definitions(**container: str) -> dict[str, Any]:
    """The attributes of a task definition with one container."""
    return {"container_definitions": json.dumps([{"name": "server", **container}])}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2.0", "host:5000/llm:2.0"),
        (f"@{DIGEST}", f"host:5000/llm@{DIGEST}"),
        ("other/llm:2", "other/llm:2"),
        ("llm:2", "llm:2"),
    ],
)
def test_a_tag_or_digest_is_of_the_present_repository(text: str, wanted: str) -> None:
    for present in ("host:5000/llm", "host:5000/llm:1", f"host:5000/llm:1@{DIGEST}"):
        assert wanted_image(text, present) == wanted


@pytest.mark.parametrize("text", ["@sha256:1", "a b", "Upper/Case:1"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="must be an image reference") as refused:
        wanted_image(text, "llm:1")
    assert refused.value.code == EXIT_USAGE


def test_the_members_that_are_not_copied_are_those_that_aws_sets() -> None:
    ecs: Any = Session().get_service_model("ecs")
    described = {*ecs.shape_for("TaskDefinition").members}
    accepted = {*ecs.operation_model("RegisterTaskDefinition").input_shape.members}
    assert described - accepted == READ_ONLY


def test_the_image_is_written_planned_and_applied(stack: Stack, capsys: Printed) -> None:
    before, new = stack.read(), definitions(image=f"{REPOSITORY}:2.4.0")
    stack.replay(
        show=plan_of(
            ("aws_ecs_task_definition", definitions(image="a"), new),
            ("aws_ecs_service", {"task_definition": "a"}, {"task_definition": "b"}),
        )
    )
    assert deploy(stack, "2.4.0", "--yes") == 0
    out = capsys.readouterr().out
    assert f"task.image: {REPOSITORY}:2.4.1 → {REPOSITORY}:2.4.0\n" in out
    assert "Terraform registers a new revision with this image.\nECS replaces 1 task" in out
    assert stack.read() == before.replace(":2.4.1", ":2.4.0")
    assert stack.states == [RunStatus.SUCCEEDED]


def test_another_change_of_the_revision_is_not_approved_with_the_image(
    stack: Stack, capsys: Printed
) -> None:
    before = stack.read()
    other = definitions(image=f"{REPOSITORY}:2.4.0", hostname="h")
    stack.replay(
        show=plan_of(("aws_ecs_task_definition", definitions(image="a", hostname="g"), other))
    )
    assert deploy(stack, "2.4.0", "--yes") == EXIT_FAILED
    assert "other changes: aws_ecs_task_definition.this." in capsys.readouterr().err
    assert stack.read() == before


def test_no_at_the_question_restores_the_image(
    stack: Stack, answer: Callable[[str | None], None], capsys: Printed
) -> None:
    before = stack.read()
    answer("\n")
    assert deploy(stack, "2.4.0") == EXIT_FAILED
    err = capsys.readouterr().err
    assert f"Deploy {REPOSITORY}:2.4.0? [y/N]" in err and "Restored the earlier value" in err
    assert stack.read() == before


def test_a_copy_of_the_running_revision_gets_the_image_if_terraform_ignores_it(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    stack.write(service__ignore_changes=("task_definition",))
    arn = account.register(environment=[{"name": "A", "value": "${b}"}], hostname="h")
    account.ecs.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "ml"}])
    account.update(taskDefinition=arn)
    account.step(1)
    account.until(account.steady)
    assert deploy(stack, "2.4.0", "--yes") == 0
    out = capsys.readouterr().out
    assert "Terraform ignores the task definition of this service" in out
    assert "The next plan registers a revision with this image too" in out
    assert f"{REPOSITORY}:2.4.0" in stack.read() and stack.commands == []
    answer = account.ecs.describe_task_definition(
        taskDefinition=account.service["taskDefinition"], include=["TAGS"]
    )
    old = account.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    new = answer["taskDefinition"]
    assert new["revision"] == old["revision"] + 1
    assert answer["tags"] == [{"key": "team", "value": "ml"}]
    (mine,), (its,) = old["containerDefinitions"], new["containerDefinitions"]
    assert its == {**mine, "image": f"{REPOSITORY}:2.4.0"}
    # The same again starts no deployment.
    assert deploy(stack, "2.4.0", "--yes") == EXIT_FAILED
    assert "The image is the same." in capsys.readouterr().err


def test_wait_follows_the_new_revision_until_it_is_healthy(
    account: Stepped, stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    from gpuecs_tui.aws.deployment.watch import DeploymentWatch

    def next_in(_self: DeploymentWatch) -> float:
        account.step(6.0)
        return 0.0

    refresh = DeploymentWatch.refresh
    monkeypatch.setattr(DeploymentWatch, "refresh", lambda it, **_given: refresh(it, whole=True))
    monkeypatch.setattr(DeploymentWatch, "next_in", next_in)
    stack.write(service__ignore_changes=("task_definition",))
    state = state_with_targets(account, account.service["taskDefinition"])
    (stack.directory / "terraform.tfstate").write_text(state)
    assert deploy(stack, "2.4.0", "--yes", "--wait") == 0
    out = capsys.readouterr().out
    assert "healthy: 1 task of llm:" in out and "To follow it" not in out


def test_a_refused_update_names_the_revision_that_is_left(
    account: Stepped, stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    from gpuecs_tui.aws.errors import AwsProblem

    def denied(*_any: object) -> None:
        raise AwsProblem("denied", "No.", "Ask.", "ecs:UpdateService")

    stack.write(service__ignore_changes=("task_definition",))
    before, running = stack.read(), account.service["taskDefinition"]
    monkeypatch.setattr(revisions, "use_revision", denied)
    assert deploy(stack, "2.3.6", "--yes") == EXIT_FAILED
    err = capsys.readouterr().err
    assert "was registered and is not used" in err
    assert "Ask for the permission ecs:UpdateService." in err
    assert stack.read() == before and account.service["taskDefinition"] == running


def test_after_an_update_without_an_answer_the_image_stays_and_nothing_is_claimed(
    stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    from gpuecs_tui.aws.errors import AwsProblem

    def late(*_any: object) -> None:
        raise AwsProblem("timeout", "No answer.", "Try again.", "ecs:UpdateService")

    stack.write(service__ignore_changes=("task_definition",))
    monkeypatch.setattr(revisions, "use_revision", late)
    assert deploy(stack, "2.3.6", "--yes") == EXIT_FAILED
    err = capsys.readouterr().err
    assert "Whether ECS deploys it is unknown." in err and "is not used" not in err
    assert f"unknown, so the directory keeps task.image = {REPOSITORY}:2.3.6." in err
    assert "Restored" not in err and ":2.3.6" in stack.read()


def test_a_deployment_that_is_replaced_is_named(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    stack.write(service__ignore_changes=("task_definition",))
    account.update(forceNewDeployment=True)
    account.step(1)
    assert deploy(stack, "2.4.0", "--yes") == 0
    assert "in progress: the new deployment replaces it." in capsys.readouterr().out


def test_an_image_is_required(stack: Stack, capsys: Printed) -> None:
    assert main(["deploy", str(stack.directory), "--yes"]) == EXIT_USAGE
    assert "add --image" in capsys.readouterr().err
