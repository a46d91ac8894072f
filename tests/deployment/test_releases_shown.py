"""A blue/green, linear or canary deployment: two revisions run, and that is no fault."""

from __future__ import annotations

from typing import Any

import pytest

from gpuecs_tui.aws.deployment.names import names_of
from gpuecs_tui.aws.deployment.reader import read_deployment
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.deployment.cause import Diagnosis
from gpuecs_tui.stack.resolve import resolve
from tests.deployment.scene import GROUP, Scene, ago, deployment, target
from tests.support.aws.deployment_answers import AnsweredReader

ALTERNATE = GROUP.replace("/tg/", "/other/")


TEST_RULE = [{"advancedConfiguration": {"testListenerRule": "arn:aws:…:listener-rule/test"}}]


def shifting(
    stage: str, *, minutes: float = 44, strategy: str = "BLUE_GREEN", reason: str = ""
) -> Scene:
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
    scene.deployed("5", "IN_PROGRESS", minutes, lifecycleStage=stage, statusReason=reason)
    return scene


def first(stage: str) -> Scene:
    """Return the first deployment of a service: no old task runs."""
    scene = shifting(stage)
    scene.service["deployments"] = scene.service["deployments"][:1]
    return scene


def stuck(scene: Scene) -> list[Diagnosis]:
    return [it for it in scene.causes() if it.cause.id == "rollout-stuck"]


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("SCALE_UP", "The old tasks serve all requests."),
        ("TEST_TRAFFIC_SHIFT", "The old tasks serve all requests."),
        ("PRE_PRODUCTION_TRAFFIC_SHIFT", "The old tasks serve all requests."),
        ("PRODUCTION_TRAFFIC_SHIFT", "The requests shift from the old tasks to the new ones."),
        ("POST_PRODUCTION_TRAFFIC_SHIFT", "The old ones run until the bake time ends."),
        ("BAKE_TIME", "The old ones run until the bake time ends."),
        ("CLEAN_UP", "ECS stops the old ones."),
    ],
)
def test_the_verdict_says_who_serves_the_requests(stage: str, said: str) -> None:
    found = shifting(stage).verdict()
    assert found.state == "under_way"
    assert found.sentence.startswith("The deployment of demo:5 is in progress: ")
    assert said in found.sentence


def test_with_a_test_listener_the_verdict_names_the_test_port() -> None:
    for stage, said in (
        ("TEST_TRAFFIC_SHIFT", "The requests of the test port shift to the new tasks."),
        ("POST_TEST_TRAFFIC_SHIFT", "The new tasks serve the test port"),
        ("PRE_PRODUCTION_TRAFFIC_SHIFT", "The old tasks serve all requests."),
    ):
        scene = shifting(stage)
        scene.service["loadBalancers"] = TEST_RULE
        assert said in scene.verdict().sentence


def test_before_each_step_some_requests_may_have_shifted() -> None:
    found = shifting("PRE_PRODUCTION_TRAFFIC_SHIFT", strategy="LINEAR").verdict()
    assert "The requests shift from the old tasks" in found.sentence


def test_the_stage_in_which_several_revisions_serve_is_not_explained() -> None:
    assert shifting("RECONCILE_SERVICE").verdict().sentence.endswith("tasks run.")


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("SCALE_UP", "tasks run. No old task runs."),
        ("PRODUCTION_TRAFFIC_SHIFT", "tasks run. No old task runs."),
        ("BAKE_TIME", "All requests go to the new tasks. The bake time has not ended."),
        ("CLEAN_UP", "tasks run. All requests go to the new tasks."),
    ],
)
def test_the_first_deployment_has_no_old_tasks(stage: str, said: str) -> None:
    assert first(stage).verdict().sentence.endswith(said)


def test_a_rolling_deployment_has_no_stage() -> None:
    found = shifting("", strategy="ROLLING").verdict()
    assert found.sentence.endswith("tasks run.")


@pytest.mark.parametrize("stage", ["TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME"])
def test_a_wait_between_two_shifts_is_not_stuck(stage: str) -> None:
    scene = shifting(stage)
    assert [it.cause.id for it in scene.causes()] == []
    scene.service["deploymentConfiguration"] = {"strategy": "ROLLING"}
    assert stuck(scene)


def test_new_tasks_that_do_not_start_are_stuck_for_want_of_room() -> None:
    (found,) = stuck(shifting("SCALE_UP"))
    assert "room for 2 tasks" in found.next_step
    assert "percent" not in found.next_step


def test_without_its_history_a_deployment_that_waits_is_not_stuck() -> None:
    scene = shifting("BAKE_TIME")
    scene.denied["ecs:ListServiceDeployments"] = AwsProblem(
        "denied", "Not allowed.", call="ecs:ListServiceDeployments"
    )
    assert scene.situation().release_stage == "" and not stuck(scene)


@pytest.mark.parametrize(
    "stage", ["PRE_SCALE_UP", "SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME"]
)
def test_the_reason_that_ecs_reports_is_quoted_and_is_no_lack_of_room(stage: str) -> None:
    (found,) = stuck(shifting(stage, reason="Unable to assume role demo-deployment."))
    assert found.seen[0] == "Unable to assume role demo-deployment."
    assert "room" not in found.next_step and "Fix what ECS reports" in found.next_step
    assert f"is in the stage {stage}" in found.sentence


def test_new_tasks_that_have_no_place_keep_their_advice_beside_a_reason() -> None:
    scene = shifting("SCALE_UP", reason="Waiting.")
    scene.event("(service s) was unable to place a task because no container instance met all of "
                "its requirements.")  # fmt: skip
    (found,) = stuck(scene)
    assert "room for 2 tasks" in found.next_step and found.seen[0] == "Waiting."


@pytest.mark.parametrize(
    ("minutes", "strategy", "more", "is_stuck"),
    [
        (24, "BLUE_GREEN", {}, False),
        (25, "BLUE_GREEN", {}, True),
        # Nine waits of 6 minutes are ECS's default.
        (78, "LINEAR", {}, False),
        (79, "LINEAR", {}, True),
        # 30, 60, 90 and 100 %: three waits of 20 minutes.
        (84, "LINEAR", {"stepPercent": 30.0, "stepBakeTimeInMinutes": 20}, False),
        (85, "LINEAR", {"stepPercent": 30.0, "stepBakeTimeInMinutes": 20}, True),
        (39, "CANARY", {"canaryBakeTimeInMinutes": 15}, False),
        (40, "CANARY", {"canaryBakeTimeInMinutes": 15}, True),
    ],
)
def test_a_shift_that_takes_longer_than_its_strategy_waits_is_stuck(
    minutes: int, strategy: str, more: dict[str, Any], is_stuck: bool
) -> None:
    scene = shifting("PRODUCTION_TRAFFIC_SHIFT", strategy=strategy, minutes=minutes)
    shift = {f"{strategy.lower()}Configuration": more}
    scene.service["deploymentConfiguration"] |= {"bakeTimeInMinutes": 10, **shift}
    found = stuck(scene)
    assert bool(found) == is_stuck
    assert all("room" not in it.next_step for it in found)


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
