"""Green is what the facts prove, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.aws.deployment.facts import (
    DeployedService,
    Deployment,
    DeploymentFacts,
    RegisteredTarget,
    ServiceDeployment,
    ServiceEvent,
)
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.deployment.verdict import FINAL, VerdictState, verdict
from tests.deployment.scene import NOW, Scene, ago, deployment, target


def test_all_desired_tasks_in_the_applied_revision_with_healthy_targets_are_healthy() -> None:
    found = Scene().verdict()
    assert (found.state, found.sentence) == (
        "healthy",
        "1 task of demo:4 runs, and 1 target is healthy.",
    )


@pytest.mark.parametrize("ignores", [False, True])
def test_a_rollback_is_known_before_the_history_is_read_again(ignores: bool) -> None:
    scene = Scene(applied={"ignores_task_definition": ignores})
    scene.rolled_back()
    scene.history[0] |= {"status": "IN_PROGRESS", "finishedAt": None, "rollback": None}
    facts = scene.facts()
    assert isinstance(facts.history, Known) and isinstance(facts.service, Known)
    earlier = facts.service.read_at - timedelta(seconds=15)
    facts = replace(facts, history=replace(facts.history, read_at=earlier))
    found = verdict(Situation(facts, scene.left, NOW))
    assert found.state == "rolled_back"
    assert found.sentence.endswith(" failed, and ECS rolled back to demo:3.")


def no_service(it: Scene) -> None:
    it.denied["ecs:DescribeServices"] = AwsProblem("not_found", "ServiceNotFoundException.")


def deleted(it: Scene) -> None:
    it.service |= {"status": "INACTIVE", "desiredCount": 0, "runningCount": 0}


def draining(it: Scene) -> None:
    it.service["status"] = "DRAINING"


def zero(it: Scene) -> None:
    it.service |= {"desiredCount": 0, "runningCount": 0}
    it.tasks, it.targets = [], []


def almost_zero(it: Scene) -> None:
    it.service["desiredCount"] = 0


def denied(it: Scene) -> None:
    it.denied["ecs:DescribeServices"] = AwsProblem("denied", "No.", call="ecs:DescribeServices")


def no_targets(it: Scene) -> None:
    it.targets = []


def target_group_gone(it: Scene) -> None:
    it.denied["elasticloadbalancing:DescribeTargetGroups"] = AwsProblem("not_found", "No such.")


def targets_denied(it: Scene) -> None:
    call = "elasticloadbalancing:DescribeTargetHealth"
    it.denied[call] = AwsProblem("denied", "No.", call=call)


def one_target_new(it: Scene) -> None:
    it.targets.append(target("i-0a2", 32769, "initial", "Elb.InitialHealthChecking"))


def one_task_short(it: Scene) -> None:
    it.service["desiredCount"] = 2


def in_progress(it: Scene) -> None:
    it.service["deployments"] = [deployment("demo:4", "IN_PROGRESS", created=2)]
    it.deployed("4", "IN_PROGRESS", 2)


def old_tasks(it: Scene) -> None:
    it.service["deployments"].append(
        deployment("demo:3", "COMPLETED", created=300, status="ACTIVE")
    )


def other_revision(it: Scene) -> None:
    it.service["deployments"] = [deployment("demo:9", "COMPLETED", created=20)]


def unknown_revision(it: Scene) -> None:
    it.applied["task_definition"] = ""


def no_rollout_state(it: Scene) -> None:
    it.service["deployments"][0].pop("rolloutState")


def failed(it: Scene) -> None:
    it.service["deployments"] = [deployment("demo:4", "FAILED", created=12, running=0)]
    it.deployed("4", "STOPPED", 12, 3, deploymentCircuitBreaker={"status": "TRIGGERED"})


def rolled_back(it: Scene) -> None:
    it.rolled_back()


def rolling_back(it: Scene) -> None:
    it.rolled_back()
    it.history[0] |= {"status": "ROLLBACK_IN_PROGRESS"}
    it.history[0].pop("finishedAt")


def rolled_back_without_history(it: Scene) -> None:
    it.rolled_back()
    call = "ecs:ListServiceDeployments"
    it.denied[call] = AwsProblem("denied", "No.", call=call)


def rolled_back_where_terraform_ignores_the_revision(it: Scene) -> None:
    it.rolled_back()
    it.applied |= {"task_definition": "demo:1", "ignores_task_definition": True}


def ignored_and_rolled_back_without_history(it: Scene) -> None:
    rolled_back_without_history(it)
    it.applied |= {"task_definition": "demo:1", "ignores_task_definition": True}


def zero_below_the_minimum(it: Scene) -> None:
    zero(it)
    it.answers |= {"autoscaling.enabled": True, "autoscaling.min_tasks": 2}
    it.applied["directory"] = Path("my stack")


def zero_by_a_schedule(it: Scene) -> None:
    zero_below_the_minimum(it)
    it.answers |= {"autoscaling.schedules": {"night": "cron(0 20 * * ? *) min 0 max 0"}}


@pytest.mark.parametrize(
    ("arrange", "state", "words"),
    [
        (zero_below_the_minimum, "scaled_to_zero", "run gpuecs-tui scale 'my stack' 2."),
        (zero_by_a_schedule, "scaled_to_zero", "The service is scaled to zero: no task runs."),
        (no_service, "not_deployed", "The service does not exist."),
        (deleted, "not_deployed", "The service does not exist."),
        (draining, "under_way", "The service is being deleted; 1 tasks still run."),
        (zero, "scaled_to_zero", "The service is scaled to zero: no task runs."),
        (almost_zero, "under_way", "The service is scaling to zero; 1 task still runs."),
        (denied, "unknown", "Could not read the service: not allowed to call"),
        (targets_denied, "unknown", "Could not read the targets: not allowed to call"),
        (no_targets, "under_way", "1 task of demo:4 runs, and 0 of 1 targets are healthy."),
        (target_group_gone, "failed", "The target group of the service does not exist."),
        (one_target_new, "under_way", "1 of 2 targets are healthy."),
        (one_task_short, "under_way", "1 of 2 tasks run, and 0 are starting."),
        (in_progress, "under_way", "The deployment of demo:4 is in progress: 1 of 1 tasks run."),
        (old_tasks, "under_way", "1 of 1 tasks run"),
        (other_revision, "failed", "The service runs demo:9, and demo:4 was applied."),
        (unknown_revision, "unknown", "the revision that was applied is unknown."),
        (no_rollout_state, "unknown", "ECS does not report the state of the deployment."),
        (failed, "failed", "The deployment of demo:4 failed."),
        (rolled_back, "rolled_back", "demo:4 failed, and ECS rolled back to demo:3."),
        (rolling_back, "under_way", "failed, and ECS is rolling back to demo:3."),
        (rolled_back_without_history, "rolled_back", "ECS rolled back to demo:3."),
        (
            rolled_back_where_terraform_ignores_the_revision,
            "rolled_back",
            "The deployment of demo:4 failed, and ECS rolled back to demo:3.",
        ),
        (
            ignored_and_rolled_back_without_history,
            "rolled_back",
            "The last deployment failed, and ECS rolled back to demo:3.",
        ),
    ],
)  # fmt: skip
def test_nothing_else_is_healthy(arrange: Callable[[Scene], None], state: str, words: str) -> None:
    scene = Scene()
    arrange(scene)
    found = scene.verdict()
    assert found.state == state, found
    assert words in found.sentence


def test_where_terraform_ignores_the_revision_the_primary_one_is_current() -> None:
    scene = Scene()
    scene.service["deployments"] = [deployment("demo:7", "COMPLETED", created=120)]
    scene.history.clear()
    scene.deployed("7", "SUCCESSFUL", 120, 110)
    scene.tasks[0]["taskDefinitionArn"] = scene.tasks[0]["taskDefinitionArn"][:-1] + "7"
    scene.applied |= {"task_definition": "demo:1", "ignores_task_definition": True}
    assert scene.verdict().state == "healthy"


def test_a_target_that_is_removed_does_not_count() -> None:
    scene = Scene()
    scene.targets.append(target("i-0old", 1, "draining", "Target.DeregistrationInProgress"))
    assert scene.verdict().state == "healthy"


def test_without_a_load_balancer_no_target_is_needed() -> None:
    scene = Scene()
    no_targets(scene)
    scene.applied["has_load_balancer"] = False
    assert scene.verdict().sentence == "1 task of demo:4 runs."


def test_a_history_that_is_older_than_the_deployment_is_not_its_end() -> None:
    """The history is read less often: it still ends with the rollback before a new apply."""
    scene = Scene()
    scene.rolled_back()
    scene.service["deployments"] = [deployment("demo:5", "IN_PROGRESS", created=1)]
    scene.applied["task_definition"] = "demo:5"
    found = scene.verdict()
    assert (found.state, found.state in FINAL) == ("under_way", False), found


TASK_DEFINITIONS = st.sampled_from(["demo:3", "demo:4"])
STATES = st.sampled_from(["COMPLETED", "IN_PROGRESS", "FAILED", ""])
COUNTS = st.integers(0, 3)
MOMENTS = st.sampled_from([None, ago(1), ago(60)])


def readings(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    unknown = st.just(Unknown("ecs:Describe", "not allowed", ""))
    return st.one_of(unknown, values.map(lambda it: Known(it, "test", NOW)))


DEPLOYMENTS = st.builds(
    Deployment, st.sampled_from(["PRIMARY", "ACTIVE"]), STATES, st.just(""), TASK_DEFINITIONS,
    COUNTS, COUNTS, COUNTS, COUNTS, created_at=MOMENTS,
)  # fmt: skip
EVENTS = st.builds(
    ServiceEvent,
    MOMENTS,
    st.sampled_from(["(service s) has reached a steady state.", "(service s) rolling back to x."]),
)
SERVICES = st.builds(
    DeployedService, st.just("s"), st.sampled_from(["ACTIVE", "DRAINING", "INACTIVE"]), COUNTS,
    COUNTS, COUNTS, st.lists(DEPLOYMENTS, max_size=2).map(tuple),
    st.lists(EVENTS, max_size=2).map(tuple),
)  # fmt: skip
HISTORY = st.builds(
    ServiceDeployment,
    st.just("d"),
    st.sampled_from(["SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"]),
    finished_at=MOMENTS,
    task_definition=TASK_DEFINITIONS,
)
TARGETS = st.builds(
    RegisteredTarget, st.just("i"), st.just(1),
    st.sampled_from(["healthy", "unhealthy", "draining"]), st.just(""), st.just(""),
)  # fmt: skip
FACTS = st.builds(
    DeploymentFacts,
    service=readings(st.one_of(st.none(), SERVICES)),
    history=readings(st.lists(HISTORY, max_size=2).map(tuple)),
    targets=readings(st.one_of(st.none(), st.lists(TARGETS, max_size=3).map(tuple))),
)
APPLIED = st.builds(
    Applied,
    task_definition=st.sampled_from(["", "demo:3", "demo:4"]),
    has_load_balancer=st.booleans(),
    ignores_task_definition=st.booleans(),
)


@given(FACTS, APPLIED)
def test_green_implies_every_condition(facts: DeploymentFacts, applied: Applied) -> None:
    found = verdict(Situation(facts, applied, NOW))
    assert found.state in get_args(VerdictState) and found.sentence.endswith(".")
    if found.state == "scaled_to_zero":
        assert isinstance(facts.service, Known) and facts.service.value is not None
        assert not facts.service.value.desired and not facts.service.value.running
    if found.state != "healthy":
        return
    assert isinstance(facts.service, Known) and facts.service.value is not None
    service = facts.service.value
    assert service.status == "ACTIVE" and 0 < service.desired == service.running
    (primary,) = (it for it in service.deployments if it.status == "PRIMARY")
    assert primary.rollout_state == "COMPLETED"
    if not applied.ignores_task_definition:
        assert primary.task_definition == applied.task_definition
    if applied.has_load_balancer:
        assert isinstance(facts.targets, Known) and facts.targets.value
        states = [it.health for it in facts.targets.value if it.health != "draining"]
        assert len(states) >= service.desired and {*states} == {"healthy"}


@pytest.mark.parametrize("part", ["service", "targets"])
def test_a_healthy_service_is_not_healthy_without_a_part(part: str) -> None:
    unknown: Any = {part: Unknown("x:Y", "not allowed to call x:Y", "")}
    facts = replace(Scene().facts(), **unknown)
    assert verdict(Situation(facts, Scene().left, NOW)).state == "unknown"
