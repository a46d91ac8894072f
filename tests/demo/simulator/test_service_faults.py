"""Each fault of a running service shows as AWS would show it, the deployment screen names its
cause, and the service recovers after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.session import connect
from gpuecs_tui.demo.plays.launches import LAUNCHES
from gpuecs_tui.demo.service_faults import NAMES
from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.deployment.cause import Cause
from gpuecs_tui.deployment.diagnose import CAUSES
from tests.demo.simulator.stepped import BREAKER, REGION, Stepped, stepped
from tests.support.screens.deployment_text import deployment_text
from tests.support.terraform.written_files import made

Sign = Callable[[Stepped], Any]
"""Returns something true when the fault shows."""


@pytest.fixture(scope="module")
def account() -> Iterator[Stepped]:
    with stepped(enableExecuteCommand=True, deploymentConfiguration=BREAKER) as made:
        made.until(made.steady)
        # An earlier revision, to which a rollback or a fault of old revisions can refer.
        made.update(taskDefinition=made.register())
        made.step(2)
        made.until(made.steady)
        yield made


def failed_launch(words: str, status: str = "Failed") -> Sign:
    return lambda it: [
        activity
        for activity in it.new_activities
        if words in activity.get("StatusMessage", "") and activity["StatusCode"] == status
    ]


def not_placed(words: str) -> Sign:
    return lambda it: (
        (
            f"{words}. For more information" in it.new_events.replace('".', '"') + "."
            or words in it.new_events
        )
        and any(task["lastStatus"] == "PROVISIONING" for task in it.tasks)
    )


def stopped(code: str, reason: str, container: str = "", exit_code: int | None = None) -> Sign:
    def seen(it: Stepped) -> bool:
        return any(
            task["stopCode"] == code
            and reason in task["stoppedReason"]
            and container in task["containers"][0].get("reason", "")
            and task["containers"][0].get("exitCode") == exit_code
            for task in it.new_stopped
            if task["lastStatus"] == "STOPPED"
        )

    return seen


def not_started(container: str, reason: str = "Task failed to start") -> Sign:
    return stopped("TaskFailedToStart", reason, container)


def exited(code: int, container: str = "", line: str = "") -> Sign:
    ends = stopped("EssentialContainerExited", "Essential container in task", container, code)

    def seen(it: Stepped) -> bool:
        return ends(it) and any(
            line in said for task in it.new_stopped for said in it.lines(task["taskArn"][-32:])
        )

    return seen


def target(reason: str, description: str, state: str = "unhealthy") -> Sign:
    wanted = {"State": state, "Reason": reason, "Description": description}
    killed = stopped("ServiceSchedulerInitiated", "Task failed ELB health checks in", "", 0)
    seen: list[bool] = []

    def both(it: Stepped) -> bool:
        if wanted in it.health:
            seen.append(True)
        due = f"is unhealthy in (target-group arn:aws:elasticloadbalancing:{REGION}:"
        events = it.new_events
        return bool(seen) and killed(it) and due in events and f"(reason {description})" in events

    return both


def impaired(it: Stepped) -> bool:
    found = it.client("ec2").describe_instance_status()["InstanceStatuses"]
    return bool(found) and all(one["InstanceStatus"]["Status"] == "impaired" for one in found)


def unregistered(it: Stepped) -> bool:
    ids = {one["InstanceId"] for one in it.fleet["Instances"]}
    return len(ids - {one["ec2InstanceId"] for one in it.instances}) > 0 and bool(it.new_activities)


def registered_in_default(it: Stepped) -> bool:
    found = it.ecs.describe_clusters(clusters=["default"])["clusters"]
    return any(cluster["registeredContainerInstancesCount"] for cluster in found)


def without_gpus(it: Stepped) -> bool:
    return any(
        not resource["stringSetValue"]
        for instance in it.instances
        for resource in instance["registeredResources"]
        if resource["name"] == "GPU"
    )


def disconnected(it: Stepped) -> bool:
    return bool(it.instances) and not any(one["agentConnected"] for one in it.instances)


def at_its_maximum(it: Stepped) -> bool:
    full = len(it.fleet["Instances"]) == it.fleet["MaxSize"] == it.fleet["DesiredCapacity"]
    return full and any(task["lastStatus"] == "PROVISIONING" for task in it.tasks)


def all_draining(it: Stepped) -> bool:
    return {one["status"] for one in it.instances} == {"DRAINING"}


def slow_pull(it: Stepped) -> bool:
    return any(
        task["lastStatus"] == "PENDING" and task["pullStartedAt"] and "pullStoppedAt" not in task
        for task in it.tasks
    )


def rolled_back(reason: str) -> Sign:
    def seen(it: Stepped) -> bool:
        entry = it.history[0]
        return bool(
            entry["status"] == "ROLLBACK_SUCCESSFUL"
            and entry["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
            and "rolling back to deployment ecs-svc/" in it.new_events
            and reason in it.new_events + str(it.new_stopped)
        )

    return seen


def stuck(it: Stepped) -> bool:
    old_and_new = [one["rolloutState"] for one in it.service["deployments"]]
    return old_and_new == ["IN_PROGRESS", "COMPLETED"] and "insufficient GPU" in it.new_events


def earlier_inactive(it: Stepped) -> bool:
    try:
        it.update(taskDefinition="llm:1")
    except ClientError as error:
        return "TaskDefinition is inactive" in str(error)
    return False


def held_by_a_task(it: Stepped) -> bool:
    waits = any(one["LifecycleState"] == "Terminating:Wait" for one in it.fleet["Instances"])
    draining = any(
        one["status"] == "DRAINING" and one["runningTasksCount"] == 0 for one in it.instances
    )
    return waits and draining and any(one["lastStatus"] == "DEACTIVATING" for one in it.new_stopped)


def idle_and_protected(it: Stepped) -> bool:
    idle = any(not one["runningTasksCount"] for one in it.instances)
    return idle and all(one["ProtectedFromScaleIn"] for one in it.fleet["Instances"])


def scaled(it: Stepped) -> bool:
    found = it.client("application-autoscaling").describe_scaling_activities(
        ServiceNamespace="ecs", ResourceId="service/llm/llm"
    )["ScalingActivities"]
    return bool(
        found
        and found[0]["Description"] == "Setting desired count to 2."
        and it.service["desiredCount"] == 2
    )


def without_exec(it: Stepped) -> bool:
    try:
        it.ecs.execute_command(
            cluster="llm", task=it.tasks[0]["taskArn"], command="sh", interactive=True
        )
    except ClientError as error:
        return "execute command was not enabled when the task was run" in str(error)
    return False


NO_GPU = "has insufficient GPU resource available"
SIGNS: dict[str, Sign] = {
    "asg-max": at_its_maximum,
    "no-capacity": failed_launch("do not have sufficient g4dn.xlarge capacity in the Availability"),
    "vcpu-limit": failed_launch("more vCPU capacity than your current vCPU limit of 0"),
    "spot-limit": failed_launch("Max spot instance count exceeded."),
    "spot-none": failed_launch("There is no Spot capacity available that matches your request."),
    "bad-template": failed_launch("The AMI ID ami-0123456789abcdef0 does not exist."),
    "kms-denied": failed_launch("Termination Reason: Client.InvalidKMSKey", "Cancelled"),
    "profile-bad": failed_launch("Invalid IAM Instance Profile name."),
    "no-address": failed_launch("There are not enough free addresses in subnet 'subnet-"),
    "slr-missing": failed_launch("/AWSServiceRoleForAutoScaling. Validating load balancer"),
    "status-check": impaired,
    "never-registered": unregistered,
    "other-cluster": registered_in_default,
    "no-gpus": without_gpus,
    "agent-lost": disconnected,
    "not-placed-memory": not_placed("has insufficient memory available"),
    "not-placed-cpu": not_placed("has insufficient CPU units available"),
    "not-placed-port": not_placed("is already using a port required by your task"),
    "not-placed-gpu": not_placed(NO_GPU),
    "not-placed-eni": not_placed("has insufficient ENI resource available"),
    "not-placed-attribute": not_placed("is missing an attribute required by your task"),
    "not-active": all_draining,
    "provisioning": stopped("TaskFailedToStart", "RESOURCE:GPU"),
    "az-mismatch": not_placed("MemberOf placement constraint unsatisfied"),
    "pull-notfound": not_started("llm-server:2.4.1 not found: manifest unknown"),
    "pull-denied": not_started("pull access denied for 123456789012.dkr.ecr."),
    "pull-net": not_started('.amazonaws.com/v2/": dial tcp 10.0.0.2:443: i/o timeout'),
    "pull-disk": not_started("no space left on device"),
    "pull-arch": not_started("CannotPullContainerError: no matching manifest for linux/amd64"),
    "pull-rate": not_started("toomanyrequests: You have reached your pull rate limit."),
    "pull-slow": slow_pull,
    "secrets": not_started("", f"Fetching secret data from AWS Secrets Manager in region {REGION}"),
    "logs-init": not_started("failed to create Cloudwatch log stream: ResourceNotFoundException"),
    "nvidia-runtime": not_started("nvidia-container-cli: requirement error: unsatisfied condition"),
    "start-timeout": not_started("DockerTimeoutError: Could not transition to started"),
    "oom": exited(137, "OutOfMemoryError: Container killed due to memory usage"),
    "gpu-oom": exited(1, line="torch.OutOfMemoryError: CUDA out of memory."),
    "cuda-mismatch": exited(1, line="CUDA driver version is insufficient for CUDA runtime"),
    "exits": exited(1, line="ValueError: Unsupported model configuration"),
    "interrupted": stopped("SpotInterruption", "Host EC2 (instance i-", "", 0),
    "health-404": target(
        "Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]"
    ),
    "health-5xx": target(
        "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"
    ),
    "health-mismatch": target(
        "Target.ResponseCodeMismatch", "Health checks failed with these codes: [302]"
    ),
    "health-timeout": target("Target.Timeout", "Request timed out"),
    "health-early": target("Target.FailedHealthChecks", "Health checks failed"),
    "container-unhealthy": stopped(
        "ServiceSchedulerInitiated", "Task failed container health checks", "", 0
    ),
    "not-in-zone": target(
        "Target.NotInUse",
        "Target is in an Availability Zone that is not enabled for the load balancer",
        "unused",
    ),
    "breaker-rollback": rolled_back("EssentialContainerExited"),
    "breaker-capacity": rolled_back(NO_GPU),
    "rollout-stuck": stuck,
    "deregistered-revision": earlier_inactive,
    "draining-hold": held_by_a_task,
    "protected": idle_and_protected,
    "scaled-by-other": scaled,
    "exec-off": without_exec,
}

ON_RUNNING = {
    "asg-max",
    "status-check",
    "agent-lost",
    "not-active",
    "oom",
    "interrupted",
    "deregistered-revision",
    "draining-hold",
    "protected",
    "scaled-by-other",
    "exec-off",
}
"""Faults that show without a new task."""


OF_LAUNCHES = {*LAUNCHES, "never-registered", "other-cluster", "no-gpus"}


PLAYED: dict[str, list[Cause]] = {
    name: [it for it in CAUSES if it.demo_fault == name and it.recognise] for name in NAMES
}
"""Fault → the causes that the deployment screen names while it is on."""
AS_ANOTHER = {
    "other-cluster": "never-registered",
    "gpu-oom": "exits",
    "cuda-mismatch": "exits",
}
"""Fault → the cause that names it among its alternatives, because no reading shows it apart."""
AFTER_THE_REASON = {"breaker-rollback", "breaker-capacity", "rollout-stuck", "health-refused"}
"""Causes that are named after the reason for them; every other one is named first."""
NOT_READ = {"deregistered-revision"}
"""Faults that no reading shows: ECS answers an update with them."""
LATER = {
    "asg-max": 2,
    "never-registered": 6,
    "other-cluster": 6,
    "protected": 31,
    "provisioning": 2,
    "pull-slow": 11,
    "rollout-stuck": 16,
}
"""Minutes after which a stage that has not moved counts as stuck."""
STACK = made({"service.execute_command": True})
SERVICE = DeployedNames("llm", "llm", "llm", "llm")


def on_screen(name: str, revision: str) -> Sign:
    """Return whether the deployment screen names the causes of a fault."""
    reader = connect("", REGION)
    applied = Applied(task_definition=revision, desired=1, stack=STACK)
    wanted = [it.id for it in PLAYED[name]] or [AS_ANOTHER[name]]

    def seen(_it: Stepped) -> bool:
        text, found = deployment_text(reader, SERVICE, applied, STACK, LATER.get(name, 0))
        ids = [it.cause.id for it in found]
        if not {*wanted} <= {*ids} or not ({ids[0]} | AFTER_THE_REASON) & {*wanted}:
            return False
        shown = [it for it in found if it.cause.id in wanted]
        return all(it.sentence in text and f"→ {it.next_step}" in text for it in shown)

    return seen


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_fault_shows_and_ends(
    name: str, account: Stepped, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    account.begin()
    account.faults.keep([name])
    account.step(1)
    revision = account.service["taskDefinition"]
    if name in OF_LAUNCHES:
        account.launch_one()
    elif name not in ON_RUNNING:
        # Without the circuit breaker, so that the fault keeps showing.
        breaks = name.startswith("breaker")
        revision = account.register()
        account.update(
            deploymentConfiguration=BREAKER if breaks else {"deploymentCircuitBreaker": OFF},
            taskDefinition=revision,
            forceNewDeployment=True,
        )
    signs = [SIGNS[name]]
    if name not in NOT_READ:
        signs.append(on_screen(name, revision.rpartition("/")[2]))

    def all_seen() -> bool:
        signs[:] = [sign for sign in signs if not sign(account)]
        return not signs

    account.until(all_seen)
    account.faults.clear([name])
    account.step(2)
    account.until(account.steady, 600)
    assert account.service["desiredCount"] == 1
    if name in OF_LAUNCHES:
        # The instance that was missing or useless has joined.
        account.until(lambda: not unregistered(account) and not without_gpus(account))
        account.end_idle()


OFF = {"enable": False, "rollback": False}


def test_no_capacity_in_one_zone_leaves_the_others(account: Stepped) -> None:
    account.begin()
    account.faults.keep([f"no-capacity:{REGION}a"])
    account.update(forceNewDeployment=True)
    account.step(2)
    account.until(account.steady, 600)
    messages = [it.get("StatusMessage", "") for it in account.new_activities]
    assert all(f"requested ({REGION}a)" in it for it in messages if it)
    account.faults.clear(())


def test_an_exit_code_is_the_operand(account: Stepped) -> None:
    account.begin()
    account.faults.keep(["exits:127"])
    account.update(forceNewDeployment=True)
    account.until(lambda: exited(127, line="command not found")(account))
    account.faults.clear(())
    account.step(2)
    account.until(account.steady, 600)


def on(account: Stepped) -> list[str]:
    return list(account.faults.active)


def test_a_fault_starts_later_and_all_are_cleared(account: Stepped) -> None:
    account.faults.keep(["scaled-by-other"], 20)
    account.step(10)
    assert on(account) == []
    assert account.service["desiredCount"] == 1
    account.step(20)
    assert account.faults.lasting == ("scaled-by-other",)
    assert account.service["desiredCount"] == 2
    account.faults.set(["slow:1"])
    assert on(account) == ["slow:1", "scaled-by-other"]
    account.faults.set([])
    assert on(account) == ["scaled-by-other"]
    account.faults.keep(["exits"], 20)
    account.faults.clear([])
    account.step(30)
    assert on(account) == []
    assert account.service["desiredCount"] == 1
    account.until(account.steady, 600)


def test_what_a_request_sets_during_a_fault_stays(account: Stepped) -> None:
    account.faults.keep(["scaled-by-other"])
    account.step(2)
    account.update(desiredCount=3)
    account.step(2)
    account.faults.clear(())
    assert account.service["desiredCount"] == 3
    account.update(desiredCount=1)
    account.step(2)
    account.until(account.steady, 600)
