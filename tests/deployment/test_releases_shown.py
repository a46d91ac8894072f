"""A blue/green, linear or canary deployment: two revisions run, and that is no fault."""

from __future__ import annotations

import pytest

from gpuecs_tui.aws.deployment.names import names_of
from gpuecs_tui.aws.deployment.reader import read_deployment
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.stack.resolve import resolve
from tests.deployment.scene import GROUP, Scene, ago, deployment, target
from tests.support.aws.deployment_answers import AnsweredReader

ALTERNATE = GROUP.replace("/tg/", "/other/")


def shifting(stage: str, *, minutes: float = 44, strategy: str = "BLUE_GREEN") -> Scene:
    """Return a deployment of demo:5 next to demo:4 in ``stage``, for so many minutes."""
    scene = Scene(applied={"task_definition": "demo:5"})
    scene.service |= {
        "runningCount": 2,
        "deploymentConfiguration": {"strategy": strategy, "bakeTimeInMinutes": 60},
        "deployments": [
            deployment("demo:5", "IN_PROGRESS", created=minutes),
            deployment("demo:4", "COMPLETED", created=300) | {"status": "ACTIVE"},
        ],
    }
    began = {"createdAt": ago(minutes), "pullStartedAt": ago(minutes)}
    ended = {"pullStoppedAt": ago(minutes), "startedAt": ago(minutes)}
    scene.tasks = []
    scene.task("t1", "RUNNING", "demo:4", **began, **ended)
    scene.task("t2", "RUNNING", "demo:5", **began, **ended)
    scene.deployed("5", "IN_PROGRESS", minutes, lifecycleStage=stage)
    return scene


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("SCALE_UP", "The old tasks serve all requests."),
        ("POST_TEST_TRAFFIC_SHIFT", "The new tasks serve the test port"),
        ("PRODUCTION_TRAFFIC_SHIFT", "The requests shift from the old tasks to the new ones."),
        ("BAKE_TIME", "The old ones run until the bake time ends."),
        ("CLEAN_UP", "ECS stops the old ones."),
    ],
)
def test_the_verdict_says_who_serves_the_requests(stage: str, said: str) -> None:
    found = shifting(stage).verdict()
    assert found.state == "under_way"
    assert found.sentence.startswith("The deployment of demo:5 is in progress: ")
    assert said in found.sentence


def test_a_rolling_deployment_has_no_stage() -> None:
    found = shifting("", strategy="ROLLING").verdict()
    assert found.sentence.endswith("tasks run.")


@pytest.mark.parametrize("stage", ["TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME"])
def test_a_wait_between_two_shifts_is_not_stuck(stage: str) -> None:
    scene = shifting(stage)
    assert [it.cause.id for it in scene.causes()] == []
    scene.service["deploymentConfiguration"] = {"strategy": "ROLLING"}
    assert "rollout-stuck" in [it.cause.id for it in scene.causes()]


def test_new_tasks_that_do_not_start_are_stuck_for_want_of_room() -> None:
    (found,) = (it for it in shifting("SCALE_UP").causes() if it.cause.id == "rollout-stuck")
    assert "room for 2 tasks" in found.next_step
    assert "percent" not in found.next_step


def test_a_deployment_that_ecs_ended_is_told_as_before() -> None:
    scene = shifting("BAKE_TIME")
    scene.history[0] |= {
        "status": "ROLLBACK_SUCCESSFUL",
        "finishedAt": ago(1),
        "alarms": {"status": "TRIGGERED", "triggeredAlarmNames": ["errors"]},
    }
    scene.service["deployments"] = [deployment("demo:4", "COMPLETED", created=300)]
    scene.service |= {"runningCount": 1}
    found = scene.verdict()
    assert found.state in ("failed", "rolled_back") and "errors" in found.sentence


def test_the_targets_of_both_groups_count() -> None:
    """After the shift, all targets are in the alternate group."""
    scene = Scene()
    outputs = {
        "target_group_arn": {"value": GROUP},
        "alternate_target_group_arn": {"value": ALTERNATE},
    }
    names = names_of(resolve({"stack.name": "s", "names.cluster": "c"}, None).stack, outputs)
    assert names is not None and names.alternate_target_group == "other"
    answers = scene.reader().answers
    group = answers["elasticloadbalancing:DescribeTargetGroups"]["TargetGroups"][0]
    arns = {"tg": GROUP, "other": ALTERNATE}
    targets = {GROUP: [], ALTERNATE: [target("10.0.1.9", 8000, "healthy")]}
    reader = AnsweredReader(
        {
            **answers,
            "elasticloadbalancing:DescribeTargetGroups": lambda given: {
                "TargetGroups": [group | {"TargetGroupArn": arns[given["Names"][0]]}]
            },
            "elasticloadbalancing:DescribeTargetHealth": lambda given: {
                "TargetHealthDescriptions": targets[given["TargetGroupArn"]]
            },
        }
    )
    try:
        facts = read_deployment(reader, names)
    finally:
        reader.close()
    assert isinstance(facts.targets, Known) and facts.targets.value is not None
    assert [(it.id, it.health) for it in facts.targets.value] == [("10.0.1.9", "healthy")]


def test_the_strategy_of_a_service_is_read() -> None:
    service = shifting("BAKE_TIME", strategy="CANARY").situation().service
    assert service is not None
    assert (service.strategy, service.bake_minutes) == ("canary", 60)
    plain = Scene().situation().service
    assert plain is not None and (plain.strategy, plain.bake_minutes) == ("rolling", None)
