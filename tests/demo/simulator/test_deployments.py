"""Service deployments, the circuit breaker, rollbacks, and the logs of tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gpuecs_tui.demo.model.service_history import threshold_of
from tests.demo.simulator.stepped import BREAKER, GROUP, Stepped, stepped


@pytest.fixture(scope="module")
def account() -> Iterator[Stepped]:
    with stepped(deploymentConfiguration=BREAKER, enableExecuteCommand=True) as made:
        yield made


@pytest.mark.parametrize(
    ("desired", "threshold"), [(1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (900, 200)]
)
def test_the_threshold_is_half_of_the_desired_count_from_3_to_200(
    desired: int, threshold: int
) -> None:
    # The table of https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    class Service:
        desired_count = desired

    assert threshold_of(Service()) == threshold


def test_the_first_deployment_has_no_source_and_logs_a_start_then_requests(
    account: Stepped,
) -> None:
    (first,) = account.history
    assert first["status"] == "PENDING" and "startedAt" not in first
    account.until(account.steady)
    (first,) = account.history
    assert (first["status"], first["sourceServiceRevisions"]) == ("SUCCESSFUL", [])
    assert first["finishedAt"] >= first["startedAt"] >= first["createdAt"]
    assert first["deploymentCircuitBreaker"]["status"] == "MONITORING_COMPLETE"
    assert first["targetServiceRevision"]["runningTaskCount"] == 1
    assert revision_of(account, first["targetServiceRevision"]["arn"]).endswith("/llm:1")

    (task,) = account.tasks
    identity = task["taskArn"].rpartition("/")[2]
    streams = account.client("logs").describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert [it["logStreamName"] for it in streams] == [f"llm/server/{identity}"]
    account.step(30)
    said = account.lines(identity)
    assert said[0].startswith("INFO Starting model server")
    (listening,) = (number for number, line in enumerate(said) if "Listening on" in line)
    assert listening < min(number for number, line in enumerate(said) if " 200 " in line)
    assert task["pullStartedAt"] <= task["pullStoppedAt"] <= task["startedAt"]
    assert "exitCode" not in task["containers"][0]


def revision_of(account: Stepped, arn: str) -> str:
    (found,) = account.ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"]
    return str(found["taskDefinition"])


def test_a_rollback_by_the_circuit_breaker_ends_in_the_earlier_revision(account: Stepped) -> None:
    account.until(account.steady)
    account.begin()
    earlier = account.service["deployments"][0]
    account.faults.keep(["exits:2"])
    account.update(taskDefinition=account.register(image="broken"))
    account.step(2)
    fresh, old = account.service["deployments"]
    assert (fresh["status"], old["status"]) == ("PRIMARY", "ACTIVE")
    states = set[str]()

    def back() -> bool:
        states.add(account.history[0]["status"])
        return "ROLLBACK_SUCCESSFUL" in states

    account.until(back)
    account.faults.clear(())
    entry = account.history[0]
    assert states >= {"IN_PROGRESS", "ROLLBACK_SUCCESSFUL"}
    assert entry["statusReason"] == (
        "Service deployment rolled back because the circuit breaker threshold was exceeded."
    )
    assert entry["deploymentCircuitBreaker"] == {
        "status": "TRIGGERED",
        "failureCount": 3,
        "threshold": 3,
    }
    assert revision_of(account, entry["targetServiceRevision"]["arn"]).endswith("/llm:2")
    assert revision_of(account, entry["rollback"]["serviceRevisionArn"]).endswith("/llm:1")
    (now,) = account.service["deployments"]
    assert (now["id"], now["rolloutState"]) == (earlier["id"], "COMPLETED")
    assert account.service["taskDefinition"].endswith("/llm:1")
    events = account.new_events
    assert f"(deployment {fresh['id']}) deployment failed: tasks failed to start." in events
    assert f"rolling back to deployment {earlier['id']}." in events
    codes = [it["containers"][0].get("exitCode") for it in account.new_stopped]
    # The last one had not started yet.
    assert sorted(codes, key=str) == [2, 2, 2, None]


def test_a_deployment_under_way_is_stopped_and_rolled_back(account: Stepped) -> None:
    account.until(account.steady)
    account.faults.keep(["pull-slow"])
    account.update(taskDefinition=account.register(image="slow"))
    account.step(2)
    arn = account.history[0]["serviceDeploymentArn"]
    assert account.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK") == {
        "serviceDeploymentArn": arn,
        "ResponseMetadata": _any(),
    }
    assert account.history[0]["status"] == "ROLLBACK_REQUESTED"
    account.step(1)
    assert account.history[0]["status"] == "ROLLBACK_IN_PROGRESS"
    account.faults.clear(())
    account.until(account.steady)
    assert account.history[0]["status"] == "ROLLBACK_SUCCESSFUL"
    assert account.service["taskDefinition"].endswith("/llm:1")
    with pytest.raises(ClientError, match="ConflictException"):
        account.ecs.stop_service_deployment(serviceDeploymentArn=arn)


class _any:  # reads like a value
    def __eq__(self, other: Any) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_a_forced_deployment_and_a_newer_one_are_in_the_history(account: Stepped) -> None:
    before = account.history
    account.update(forceNewDeployment=True)
    account.step(1)
    account.update(taskDefinition="llm:1", forceNewDeployment=True)
    account.step(1)
    newest, forced, *rest = account.history
    assert [it["serviceDeploymentArn"] for it in rest] == [
        it["serviceDeploymentArn"] for it in before
    ]
    assert (newest["status"], forced["status"]) == ("IN_PROGRESS", "STOPPED")
    account.until(account.steady)
    found = account.ecs.list_service_deployments(
        cluster="llm", service="llm", status=["STOPPED"], maxResults=1
    )
    assert [it["status"] for it in found["serviceDeployments"]] == ["STOPPED"]
    few = account.ecs.list_service_deployments(cluster="llm", service="llm", maxResults=2)
    more = account.ecs.list_service_deployments(
        cluster="llm", service="llm", nextToken=few["nextToken"]
    )
    arns = [it["serviceDeploymentArn"] for it in account.history]
    assert [
        it["serviceDeploymentArn"] for it in few["serviceDeployments"] + more["serviceDeployments"]
    ] == arns
    gone = account.ecs.describe_service_deployments(serviceDeploymentArns=[f"{arns[0]}x"])
    assert gone["failures"] == [{"arn": f"{arns[0]}x", "reason": "MISSING"}]


def test_a_shell_is_refused_in_one_sentence(account: Stepped) -> None:
    account.until(account.steady)
    with pytest.raises(ClientError) as refused:
        account.ecs.execute_command(
            cluster="llm", task=account.tasks[0]["taskArn"], command="sh", interactive=True
        )
    message = refused.value.response["Error"]["Message"]
    assert message == "The demo account runs no containers, so it can't open a shell in one."


def test_tasks_of_a_draining_instance_are_replaced_before_they_stop(account: Stepped) -> None:
    account.until(account.steady)
    (task,) = account.tasks
    account.ecs.update_container_instances_state(
        cluster="llm", containerInstances=[task["containerInstanceArn"]], status="DRAINING"
    )
    lowest = 1

    def moved() -> bool:
        nonlocal lowest
        lowest = min(lowest, account.service["runningCount"])
        return [it["taskArn"] for it in account.tasks] != [task["taskArn"]] and account.steady()

    account.until(moved)
    assert lowest == 1
