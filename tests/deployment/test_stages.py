"""The nine stages of a new task, and the rows of tasks."""

from __future__ import annotations

from datetime import timedelta

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.deployment.cause import StageId
from gpuecs_tui.deployment.diagnose import diagnose
from gpuecs_tui.deployment.rows import stopped_groups, task_rows
from gpuecs_tui.deployment.stage_words import stage_words
from gpuecs_tui.deployment.stages import ORDER, Stage, stages
from tests.deployment.scene import NOW, Scene, ago, target


def of(scene: Scene) -> dict[StageId, Stage]:
    situation = scene.situation()
    return {it.id: it for it in stages(situation, diagnose(situation))}


def test_all_stages_of_a_healthy_service_are_done_in_their_order() -> None:
    found = of(Scene())
    assert tuple(found) == ORDER
    assert {it.state for it in found.values()} == {"done"}
    assert found["pulled"].took == timedelta(minutes=2)
    assert found["agent"].took == timedelta(minutes=2)
    assert found["revision"].took == timedelta(minutes=10)


def test_a_service_scaled_to_zero_needs_no_stage() -> None:
    scene = Scene()
    scene.service |= {"desiredCount": 0, "runningCount": 0}
    assert {it.state for it in of(scene).values()} == {"skipped"}


def test_a_task_that_pulls_waits_since_the_start_of_the_pull() -> None:
    scene = Scene()
    scene.wait("PENDING", 6, pullStartedAt=ago(5))
    found = of(scene)
    assert found["placed"].state == "done"
    assert (found["pulled"].state, found["pulled"].since) == ("waiting", ago(5))
    words = stage_words(found["pulled"], NOW)
    assert words == "waiting for 5 min (usually 2 min)"


def test_a_stage_with_a_cause_has_failed() -> None:
    scene = Scene()
    scene.stop("CannotPullContainerError: manifest for llm:2 not found: manifest unknown")
    found = of(scene)
    assert found["pulled"].state == "failed"
    assert found["started"].state == "waiting"


def test_a_part_that_is_not_read_leaves_its_stages_unknown() -> None:
    scene = Scene()
    call = "ecs:DescribeContainerInstances"
    scene.denied[call] = AwsProblem("denied", "No.", call=call)
    found = of(scene)
    assert {id for id, it in found.items() if it.state == "unknown"} == {"agent"}


def test_a_new_deployment_of_the_same_revision_has_stages_of_its_own() -> None:
    scene = Scene()
    scene.tasks[0]["startedBy"] = "ecs-svc/old"
    scene.wait("PENDING", 2, startedBy="ecs-svc/4", pullStartedAt=ago(1))
    found = of(scene)
    assert (found["pulled"].state, found["started"].state) == ("waiting", "waiting")


def test_tasks_that_stopped_on_an_instance_were_placed() -> None:
    scene = Scene()
    scene.stop("CannotPullContainerError: manifest for llm:2 not found: manifest unknown")
    found = of(scene)
    assert (found["fleet"].state, found["placed"].state) == ("done", "done")


def test_a_rollback_fails_the_last_stage() -> None:
    scene = Scene()
    scene.rolled_back()
    assert of(scene)["revision"].state == "failed"


def test_without_a_load_balancer_no_target_is_expected() -> None:
    scene = Scene()
    scene.applied["has_load_balancer"] = False
    assert of(scene)["healthy"].state == "skipped"


def test_a_task_is_joined_with_its_instance_and_its_target() -> None:
    scene = Scene()
    scene.targets.append(target("i-0a1", 32999, "healthy"))
    (row,) = task_rows(scene.facts())
    assert row.instance is not None and row.instance.ec2_instance_id == "i-0a1"
    assert [it.port for it in row.targets] == [32768]


def test_an_awsvpc_task_is_joined_by_its_address() -> None:
    scene = Scene()
    scene.tasks[0]["containers"] = [
        {"name": "app", "networkInterfaces": [{"privateIpv4Address": "10.0.1.9"}]}
    ]
    scene.targets = [target("10.0.1.9", 8000, "healthy"), target("10.0.1.8", 8000, "healthy")]
    (row,) = task_rows(scene.facts())
    assert [it.id for it in row.targets] == ["10.0.1.9"]


def test_stopped_tasks_are_grouped_by_a_reason_without_ids() -> None:
    scene = Scene()
    for n in range(3):
        scene.task(
            f"s{n}",
            "STOPPED",
            stoppedReason=f"Host EC2 (instance i-0123456789abcde{n}) terminated.",
            stoppedAt=ago(n + 1),
        )
    scene.task("other", "STOPPED", stoppedReason="Scaling activity …", stoppedAt=ago(30))
    first, second = stopped_groups(scene.facts())
    assert (len(first.tasks), first.newest_at) == (3, ago(1))
    assert first.reason == "Host EC2 (instance i-0123456789abcde0) terminated."
    assert second.reason == "Scaling activity …"
