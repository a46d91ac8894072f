"""Each cause is recognised from AWS's own answers, and said in one sentence with a next step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from gpuecs_tui.deployment.cause import Change, Diagnosis
from gpuecs_tui.deployment.diagnose import CAUSES
from tests.deployment.scene import Scene, ago, deployment, resources, target

PLACE = (
    "(service s) was unable to place a task because no container instance met all of its "
    "requirements. "
)
CLOSEST = PLACE + "The closest matching (container-instance 3f4de1c5-ffdd-4954-af7e-75b4be0c8841) "
PULL = "CannotPullContainerError: Error response from daemon: "
LITTLE = CLOSEST + "has insufficient memory available."
LAUNCH = " Launching EC2 instance failed."
ELB = "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:us-east-1:1:…)"


@dataclass(frozen=True)
class Case:
    id: str
    arrange: Callable[[Scene], None]
    sentence: str
    next_step: str
    change: Change | None = None
    alternative: str = ""
    certain: bool = True


def asg_max(it: Scene) -> None:
    it.wait()
    it.instance("i-0a2")
    it.registered[1]["runningTasksCount"] = 1


def impaired(it: Scene) -> None:
    it.wait()
    it.statuses = [
        {
            "InstanceId": "i-0a1",
            "InstanceStatus": {"Status": "ok"},
            "SystemStatus": {"Status": "impaired"},
        }
    ]


def unregistered(it: Scene) -> None:
    it.wait()
    it.instance("i-0a2", joined=False)
    it.instances[1]["LaunchTime"] = ago(12)


def without_gpu(it: Scene) -> None:
    it.wait()
    it.instance("i-0a2")
    it.registered[1]["registeredResources"] = resources(15684, 0)


def disconnected(it: Scene) -> None:
    it.registered[0]["agentConnected"] = False


def kms(it: Scene) -> None:
    it.launch_fails(
        "Instance became unhealthy while waiting for instance to be in InService state. "
        "Termination Reason: Client.InvalidKMSKey.InvalidState: The KMS key provided is in an "
        "incorrect state",
        StatusCode="Cancelled",
    )


def internal_error(it: Scene) -> None:
    it.launch_fails(
        "Instance became unhealthy while waiting for instance to be in InService state. "
        "Termination Reason: Client.InternalError: Client error on launch"
    )


def placed_not(text: str) -> Callable[[Scene], None]:
    def arrange(it: Scene) -> None:
        it.wait()
        it.event(CLOSEST + text)

    return arrange


def draining(it: Scene) -> None:
    it.wait()
    it.registered[0] |= {"status": "DRAINING", "runningTasksCount": 0}


def zone(it: Scene) -> None:
    it.wait()
    it.event(
        "(service s) is unable to place a task in Availability Zone us-east-1b because no "
        "container instance met all of its requirements."
    )


def empty_provider(it: Scene) -> None:
    it.stop(number=1, stoppedReason="TaskFailedToStart: EMPTY CAPACITY PROVIDER")
    it.tasks[0].pop("containerInstanceArn")


def slow_pull(it: Scene) -> None:
    it.wait("PENDING", 40, pullStartedAt=ago(31))


def unhealthy(reason: str, description: str) -> Callable[[Scene], None]:
    def arrange(it: Scene) -> None:
        it.service["deployments"] = [deployment("demo:4", "IN_PROGRESS", created=12)]
        it.deployed("4", "IN_PROGRESS", 12)
        it.targets = [target("i-0a1", 32768, "unhealthy", reason, description)]

    return arrange


def killed_early(it: Scene) -> None:
    it.stop(
        code=143,
        stoppedReason=ELB,
        stopCode="ServiceSchedulerInitiated",
        startedAt=ago(4),
        stoppingAt=ago(2.5),
    )


def unhealthy_container(it: Scene) -> None:
    it.stop(
        code=143,
        stoppedReason="Task failed container health checks",
        stopCode="ServiceSchedulerInitiated",
    )


def not_in_zone(it: Scene) -> None:
    unhealthy("", "")(it)
    it.targets = [
        target("i-0a1", 32768, "unused", "Target.NotInUse", "Target is in an Availability Zone…")
    ]


def rollback(it: Scene) -> None:
    it.rolled_back()
    it.tasks += [
        {
            "taskArn": f"arn:aws:ecs:us-east-1:1:task/c/dead{n}",
            "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/demo:4",
            "lastStatus": "STOPPED",
            "desiredStatus": "STOPPED",
            "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited",
            "stoppedAt": ago(7 + n),
            "containers": [{"name": "app", "exitCode": 1}],
        }
        for n in range(3)
    ]


def no_room(it: Scene) -> None:
    it.rolled_back()
    it.events.insert(
        3,
        {"id": "p", "createdAt": ago(9), "message": LITTLE},
    )


def stopped_by_hand(it: Scene) -> None:
    it.deployed("4", "STOPPED", 12, 5, statusReason="Service deployment was stopped.")


def stuck(it: Scene) -> None:
    it.wait(minutes=45)
    it.service["deployments"] = [
        deployment("demo:4", "IN_PROGRESS", created=50, running=0, pending=1),
        deployment("demo:3", "COMPLETED", created=300, status="ACTIVE"),
    ]
    it.history.clear()
    it.deployed("4", "IN_PROGRESS", 50)
    it.group["MaxSize"] = 1
    for task in it.tasks:
        task["createdAt"] = ago(45)
        if task["lastStatus"] == "RUNNING":
            task["startedAt"] = ago(44)


def held(it: Scene) -> None:
    it.instance("i-0a2")
    it.registered[0]["status"] = "DRAINING"
    it.group["Instances"][0]["LifecycleState"] = "Terminating:Wait"


def protected(it: Scene) -> None:
    it.instance("i-0a2")
    it.group["Instances"][1]["ProtectedFromScaleIn"] = True
    it.group["DesiredCapacity"] = 1


def scaled(it: Scene) -> None:
    it.applied["desired"] = 3
    it.scaling = [
        {
            "StartTime": ago(30),
            "Description": "Setting desired count to 1.",
            "Cause": "monitor alarm quiet in state ALARM triggered policy by-requests",
            "StatusCode": "Successful",
        }
    ]


def exec_old(it: Scene) -> None:
    it.answers["service.execute_command"] = True
    it.service["enableExecuteCommand"] = True


def crash(code: int) -> Callable[[Scene], None]:
    def arrange(it: Scene) -> None:
        it.stop(
            code=code,
            stopCode="EssentialContainerExited",
            stoppedReason="Essential container in task exited",
            startedAt=ago(4),
        )

    return arrange


CASES = (
    Case(
        "asg-max",
        asg_max,
        "The Auto Scaling group is at its maximum of 2 instances, and 1 task waits for an "
        "instance.",
        "Set maximum size to 3, or lower the desired count.",
        Change("fleet.max_size", 3),
    ),
    Case(
        "no-capacity",
        lambda it: it.launch_fails(
            "We currently do not have sufficient g5.xlarge capacity in the Availability Zone you "
            "requested (us-east-1a). Our system will be working on provisioning additional "
            "capacity." + LAUNCH
        ),
        "EC2 has no g5.xlarge capacity in us-east-1a. 2 launches failed in 12 min.",
        "Add a subnet in another Availability Zone to instance subnets",
    ),
    Case(
        "vcpu-limit",
        lambda it: it.launch_fails(
            "You have requested more vCPU capacity than your current vCPU limit of 8 allows for "
            "the instance bucket that the specified instance type belongs to." + LAUNCH
        ),
        "The launch exceeds the vCPU limit of 8. 2 launches failed in 12 min.",
        "Request an increase of the EC2 quota L-DB2E81BA",
    ),
    Case(
        "spot-limit",
        lambda it: it.launch_fails("Max spot instance count exceeded." + LAUNCH),
        "The launch exceeds the vCPU quota for Spot Instances.",
        "Request an increase of the EC2 quota L-3819A6DF",
    ),
    Case(
        "spot-none",
        lambda it: it.launch_fails(
            "Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot "
            "capacity available that matches your request." + LAUNCH
        ),
        "There is no Spot capacity for the request.",
        "Set purchase option to on-demand",
    ),
    Case(
        "bad-template",
        lambda it: it.launch_fails("The key pair 'ops' does not exist." + LAUNCH),
        "EC2 rejects the launch template: it refers to something that does not exist.",
        "run a plan",
    ),
    Case("kms-denied", kms, "Auto Scaling may not use the KMS key", "kms:CreateGrant"),
    Case(
        "profile-bad",
        lambda it: it.launch_fails(
            "Value (gone) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance "
            "Profile name." + LAUNCH
        ),
        "EC2 rejects the instance profile: it does not exist or has no role.",
        "Set instance profile to a profile that exists and has a role.",
    ),
    Case(
        "no-address",
        lambda it: it.launch_fails(
            "There are not enough free addresses in subnet 'subnet-0123' to satisfy the requested "
            "number of instances." + LAUNCH
        ),
        "A subnet has no free IP address for an instance.",
        "Add a subnet with free addresses to instance subnets.",
    ),
    Case(
        "slr-missing",
        lambda it: it.launch_fails(
            "Access denied when attempting to assume role arn:aws:iam::1:role/aws-service-role/"
            "autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling. Validating load balancer "
            "configuration failed."
        ),
        "A service-linked role does not exist or may not be used.",
        "aws iam create-service-linked-role --aws-service-name autoscaling.amazonaws.com",
    ),
    Case(
        "launch-other",
        lambda it: it.launch_fails("The moon is in the wrong phase." + LAUNCH),
        "EC2 Auto Scaling could not launch an instance.",
        "Read the message above",
    ),
    Case(
        "status-check",
        impaired,
        "Instance i-0a1 fails its system status check.",
        "gpuecs-tui replace DIR i-0a1",
    ),
    Case(
        "never-registered",
        unregistered,
        "Instance i-0a2 was launched 12 min ago and is not in the cluster.",
        "get-console-output --region REGION --instance-id i-0a2",
        alternative="user data does not set ECS_CLUSTER",
        certain=False,
    ),
    Case(
        "no-gpus",
        without_gpu,
        "Instance i-0a2 is in the cluster without a GPU.",
        "Set AMI to the current ECS GPU-optimized AMI",
        alternative="ECS_ENABLE_GPU_SUPPORT=true",
        certain=False,
    ),
    Case(
        "agent-lost",
        disconnected,
        "The ECS agent on instance i-0a1 is not connected",
        "systemctl restart ecs",
        alternative="several times an hour",
        certain=False,
    ),
    Case(
        "not-placed-memory",
        placed_not("has insufficient memory available."),
        "A task needs 12288 MiB of memory; the instance with the most free memory has 3396 of "
        "15684 MiB.",
        "the group may launch 1 more",
    ),
    Case(
        "not-placed-cpu",
        placed_not("has insufficient CPU units available."),
        "free CPU units, which a task needs.",
        "Lower CPU of the task",
    ),
    Case(
        "not-placed-gpu",
        placed_not("has insufficient GPU resource available."),
        "A task needs 1 GPU; the instance with the most free GPUs has 0 of 1.",
        "the group may launch 1 more",
    ),
    Case(
        "not-placed-port",
        placed_not("is already using a port required by your task."),
        "The host port of the task is in use on every instance.",
        "Set host port to 0",
        Change("task.host_port", 0),
    ),
    Case(
        "not-placed-eni",
        placed_not("encountered error RESOURCE:ENI."),
        "No instance can attach another network interface",
        "Set network mode to bridge",
        Change("task.network_mode", "bridge"),
    ),
    Case(
        "not-placed-attribute",
        placed_not("is missing an attribute required by your task."),
        "No instance has an attribute that the task definition requires.",
        "Set AMI to the current ECS GPU-optimized AMI",
        alternative="ecs.capability.task-eni",
    ),
    Case(
        "not-active",
        draining,
        "The only instance is draining, and ECS places no task on it.",
        "--status ACTIVE",
    ),
    Case("az-mismatch", zone, "an Availability Zone that has no instance.", "raise minimum size"),
    Case(
        "provisioning",
        lambda it: it.wait(),
        "1 task waits for capacity since 4 min.",
        "Wait: managed scaling launches an instance within minutes.",
        certain=False,
    ),
    Case(
        "pull-notfound",
        lambda it: it.stop(PULL + "manifest for llm:2 not found: manifest unknown"),
        "3 tasks of demo:4 could not pull 123456789012.dkr.ecr.us-east-1.amazonaws.com/llm:2: the "
        "registry does not have it.",
        "Set image to a tag or digest that exists",
    ),
    Case(
        "pull-denied",
        lambda it: it.stop(
            PULL + "pull access denied for acme/llm, repository does not exist or may require "
            "'docker login': denied: requested access to the resource is denied"
        ),
        "the registry denies access.",
        "Allow the execution role to pull from ECR",
        alternative="a repository that does not exist gives the same message",
    ),
    Case(
        "pull-net",
        lambda it: it.stop(
            PULL + 'Get "https://example.org/v2/": dial tcp 10.0.0.2:443: i/o timeout'
        ),
        "the instance does not reach the registry.",
        "Check the NAT gateway",
    ),
    Case(
        "pull-disk",
        lambda it: it.stop(PULL + "write /var/lib/docker/tmp/x: no space left on device"),
        "3 tasks of demo:4 could not start: the volume of 50 GiB is full.",
        "Set root volume to 100.",
        Change("fleet.root_volume_gib", 100),
    ),
    Case(
        "pull-arch",
        lambda it: it.stop(PULL + "no matching manifest for linux/amd64 in the manifest list"),
        "it is built for another architecture.",
        "docker build --platform linux/amd64",
    ),
    Case(
        "pull-rate",
        lambda it: it.stop(PULL + "toomanyrequests: You have reached your pull rate limit."),
        "the registry limits the number of pulls.",
        "ECR pull through cache",
    ),
    Case(
        "pull-slow",
        slow_pull,
        "is being pulled for 31 min; it took 2 min before.",
        "Set volume throughput to 750",
        Change("fleet.root_volume_throughput_mib", 750),
        certain=False,
    ),
    Case(
        "secrets",
        lambda it: it.stop(
            stoppedReason="Fetching secret data from AWS Secrets Manager in region us-east-1: "
            "secret arn:aws:secretsmanager:us-east-1:1:secret:token: AccessDeniedException: User: "
            "x is not authorized to perform: secretsmanager:GetSecretValue"
        ),
        "3 tasks of demo:4 could not read a secret: the execution role may not.",
        "secretsmanager:GetSecretValue",
    ),
    Case(
        "logs-init",
        lambda it: it.stop(
            "CannotStartContainerError: Error response from daemon: failed to initialize logging "
            "driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The "
            "specified log group does not exist."
        ),
        "3 tasks of demo:4 could not start: the log group can't be used.",
        "logs:CreateLogStream",
    ),
    Case(
        "nvidia-runtime",
        lambda it: it.stop(
            "CannotStartContainerError: Error response from daemon: OCI runtime create failed: "
            "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8"
        ),
        "the NVIDIA runtime of the instance failed.",
        "Set AMI to the current ECS GPU-optimized AMI",
        alternative="unsatisfied condition: cuda",
    ),
    Case(
        "start-timeout",
        lambda it: it.stop(
            "DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s"
        ),
        "3 tasks of demo:4 did not start within the agent's time limit.",
        "Raise volume throughput",
    ),
    Case(
        "interrupted",
        lambda it: it.stop(
            number=2,
            stopCode="SpotInterruption",
            stoppedReason="Host EC2 (instance i-0a1) terminated.",
        ),
        "2 tasks of demo:4 ended with their instance, in us-east-1a.",
        "set purchase option to on-demand",
        Change("fleet.market", "on-demand"),
    ),
    Case(
        "oom",
        lambda it: it.stop(
            "OutOfMemoryError: Container killed due to memory usage",
            code=137,
            stopCode="EssentialContainerExited",
            stoppedReason="Essential container in task exited",
        ),
        "3 tasks of demo:4 were killed: the container used more than its 8192 MiB of memory.",
        "Set container memory to 12288.",
        Change("task.container_memory", 12288),
    ),
    Case(
        "exits",
        crash(127),
        "The container of 3 tasks of demo:4 exited with 127: its command was not found.",
        "gpuecs-tui logs DIR --task 0dead",
    ),
    Case(
        "stopped-other",
        lambda it: it.stop(stoppedReason="The task was very tired."),
        "3 tasks of demo:4 stopped.",
        "Read the message above",
        certain=False,
    ),
    Case(
        "health-404",
        unhealthy("Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]"),
        "1 of 1 targets: the health check path /health does not exist (404).",
        "Set health check path to one that the container serves",
    ),
    Case(
        "health-5xx",
        unhealthy("Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"),
        "1 of 1 targets: the container answers the health check with 503.",
        "Read the log: gpuecs-tui logs DIR --task t1",
        alternative="set health check grace period to 120",
    ),
    Case(
        "health-mismatch",
        unhealthy("Target.ResponseCodeMismatch", "Health checks failed with these codes: [302]"),
        "with 302, and only 200 is a success.",
        "Set success codes to 200,302",
        Change("health_check.matcher", "200,302"),
    ),
    Case(
        "health-timeout",
        unhealthy("Target.Timeout", "Request timed out"),
        "1 of 1 targets: the health check had no answer within 2 s.",
        "Check that the security group of the instances allows the load balancer",
        alternative="ELB-HealthChecker",
        certain=False,
    ),
    Case(
        "health-early",
        killed_early,
        "ECS stopped 3 tasks of demo:4, at most 1 min after the start, because health checks "
        "failed. The grace period is 60 s.",
        "Set health check grace period to 180.",
        Change("service.health_check_grace_seconds", 180),
        alternative="path or port of the health check is wrong",
        certain=False,
    ),
    Case(
        "health-refused",
        unhealthy("Target.FailedHealthChecks", "Health checks failed"),
        "1 of 1 targets: the container does not accept connections.",
        "Let the program listen on 0.0.0.0, port 8000",
        alternative="127.0.0.1",
        certain=False,
    ),
    Case(
        "container-unhealthy",
        unhealthy_container,
        "ECS stopped 3 tasks of demo:4 because the health check in the container failed.",
        "Run the command of the container health check in the image",
        alternative="no curl",
        certain=False,
    ),
    Case(
        "not-in-zone",
        not_in_zone,
        "1 of 1 targets: the load balancer sends no requests, because the zone is not enabled for "
        "it.",
        "Add a subnet of each zone to load balancer subnets: us-east-1a",
        alternative="no listener forwards",
        certain=False,
    ),
    Case(
        "breaker-rollback",
        rollback,
        "The deployment of demo:4 failed, and ECS rolled back to demo:3.",
        "Fix what AWS reports, then apply again.",
    ),
    Case(
        "breaker-capacity",
        no_room,
        "The deployment of demo:4 failed although none of its containers failed: ECS could not "
        "place its tasks.",
        "Set maximum size to 3, then apply again.",
        Change("fleet.max_size", 3),
        certain=False,
    ),
    Case(
        "deployment-stopped",
        stopped_by_hand,
        "A StopServiceDeployment request ended the deployment of demo:4.",
        "gpuecs-tui apply DIR --yes",
    ),
    Case(
        "rollout-stuck",
        stuck,
        "The deployment of demo:4 is in progress, and no task has started or stopped for 44 min.",
        "Set maximum size to 2, or set minimum healthy percent to 0",
        Change("fleet.max_size", 2),
        certain=False,
    ),
    Case(
        "draining-hold",
        held,
        "Instance i-0a1 is draining and still runs 1 task.",
        "ECS keeps the instance for at most 48 hours.",
    ),
    Case(
        "protected",
        protected,
        "1 idle instance is protected from scale-in; the group wants 1 and has 2.",
        "--instance-ids i-0a2",
        alternative="within minutes",
        certain=False,
    ),
    Case(
        "scaled-by-other",
        scaled,
        "Application Auto Scaling changed the desired count. The desired count is 1, and 3 was "
        "applied.",
        "Add desired_count to ignore changes",
        Change("service.ignore_changes", ("desired_count",)),
    ),
    Case(
        "exec-off",
        exec_old,
        "ECS Exec does not work in 1 task, which started before it was turned on.",
        "gpuecs-tui restart DIR",
    ),
)


def found(id: str, it: Scene) -> Diagnosis:
    named = {each.cause.id: each for each in it.causes()}
    assert id in named, named.keys()
    return named[id]


@pytest.mark.parametrize("case", CASES, ids=lambda it: it.id)
def test_each_cause_is_said_from_the_answers(case: Case) -> None:
    scene = Scene()
    case.arrange(scene)
    diagnosis = found(case.id, scene)
    assert case.sentence in diagnosis.sentence
    assert case.next_step in diagnosis.next_step
    assert diagnosis.change == case.change
    assert diagnosis.certain == case.certain
    assert diagnosis.seen and all(diagnosis.seen)
    if case.alternative:
        assert any(case.alternative in it for it in diagnosis.alternatives)
    # The sentence names what is stuck; it is one line, and no placeholder is left in a text.
    for text in (diagnosis.sentence, diagnosis.next_step, *diagnosis.alternatives):
        assert "{" not in text and "\n" not in text


def test_a_strategy_that_needs_awsvpc_keeps_it() -> None:
    scene = Scene()
    placed_not("encountered error RESOURCE:ENI.")(scene)
    scene.service["deploymentConfiguration"] = {"strategy": "CANARY", "bakeTimeInMinutes": 10}
    diagnosis = found("not-placed-eni", scene)
    assert (diagnosis.next_step, diagnosis.change) == ("Raise maximum size.", None)


def test_every_cause_that_can_be_recognised_has_a_case() -> None:
    recognised = {it.id for it in CAUSES if it.recognise is not None}
    assert {it.id for it in CASES} == recognised
    assert len({it.id for it in CAUSES}) == len(CAUSES)


FIRST = {
    "health-404", "health-5xx", "health-mismatch", "health-timeout", "health-refused",
    "health-early", "container-unhealthy", "not-in-zone", "asg-max", "no-capacity",
    "vcpu-limit", "spot-limit",
    "spot-none", "bad-template", "kms-denied", "profile-bad", "no-address", "slr-missing",
    "launch-other", "status-check", "never-registered", "no-gpus", "agent-lost", "not-active",
    "provisioning", "pull-notfound", "pull-denied", "pull-net", "pull-disk", "pull-arch",
    "pull-rate", "pull-slow", "secrets", "logs-init", "nvidia-runtime", "start-timeout", "oom",
    "exits", "interrupted", "scaled-by-other", "exec-off", "protected", "deployment-stopped",
}  # fmt: skip
"""Causes whose case shows nothing else that is stuck earlier."""


@pytest.mark.parametrize("case", [it for it in CASES if it.id in FIRST], ids=lambda it: it.id)
def test_the_first_cause_is_the_one_that_is_played(case: Case) -> None:
    scene = Scene()
    case.arrange(scene)
    assert scene.causes()[0].cause.id == case.id


def test_a_container_that_fails_its_check_is_named_before_ecs_stops_it() -> None:
    scene = Scene()
    scene.tasks[0]["healthStatus"] = "UNHEALTHY"
    diagnosis = found("container-unhealthy", scene)
    assert diagnosis.sentence.startswith("The health check in the container of 1 task of demo:4")
    assert diagnosis.seen == ("healthStatus: UNHEALTHY",)


def test_a_healthy_service_has_no_cause() -> None:
    assert Scene().causes() == ()


def test_the_reason_of_a_failed_task_is_named_before_the_rollback() -> None:
    scene = Scene()
    rollback(scene)
    assert [it.cause.id for it in scene.causes()] == ["exits", "breaker-rollback"]


@pytest.mark.parametrize(
    ("ended", "words", "cause"),
    [
        (
            {"deploymentCircuitBreaker": {"status": "MONITORING_COMPLETE"}},
            "A StopServiceDeployment request ended the deployment of demo:4",
            "deployment-stopped",
        ),
        (
            {"alarms": {"status": "TRIGGERED", "triggeredAlarmNames": ["slow", "errors"]}},
            "The CloudWatch alarm slow, errors ended the deployment of demo:4",
            "breaker-rollback",
        ),
        ({}, "The deployment of demo:4 failed", "breaker-rollback"),
    ],
)
def test_a_rollback_names_what_asked_for_it(
    ended: dict[str, object], words: str, cause: str
) -> None:
    scene = Scene()
    scene.rolled_back()
    scene.history[0] |= ended
    found = scene.verdict()
    assert found.state == "rolled_back"
    assert found.sentence == f"{words}, and ECS rolled back to demo:3."
    assert [it.cause.id for it in scene.causes()] == [cause]


def test_a_task_that_has_just_begun_to_wait_is_not_stuck() -> None:
    scene = Scene()
    scene.wait(minutes=0.9)
    assert scene.causes() == ()


def test_a_rollback_to_the_same_revision_is_not_a_steady_service() -> None:
    """A forced deployment whose tasks find no instance ends with the tasks that ran before."""
    scene = Scene()
    scene.event(LITTLE, 7)
    scene.event("(service s) rolling back to deployment ecs-svc/4.", 6)
    scene.event("(service s) has reached a steady state.", 5)
    scene.deployed("4", "ROLLBACK_SUCCESSFUL", 10, 5)
    assert scene.verdict().state == "rolled_back"
    assert [it.cause.id for it in scene.causes()] == ["not-placed-memory", "breaker-capacity"]


def test_an_event_names_the_zone_of_a_target_that_ecs_removed() -> None:
    scene = Scene()
    scene.stop(stoppedReason=ELB, startedAt=ago(3), stoppingAt=ago(2))
    scene.event(
        "(service s) (instance i-0a1) (port 32768) is unhealthy in (target-group arn:aws:…) due to "
        "(reason Target is in an Availability Zone that is not enabled for the load balancer)"
    )
    assert scene.causes()[0].cause.id == "not-in-zone"
    assert "health-early" not in {it.cause.id for it in scene.causes()}


def test_a_draining_instance_holds_the_tasks_that_are_stopping() -> None:
    scene = Scene()
    held(scene)
    scene.registered[0]["runningTasksCount"] = 0
    scene.tasks[0] |= {"lastStatus": "DEACTIVATING", "desiredStatus": "STOPPED"}
    assert "still runs 1 task." in found("draining-hold", scene).sentence


def test_a_bare_exit_code_137_may_be_something_else() -> None:
    scene = Scene()
    crash(137)(scene)
    diagnosis = found("oom", scene)
    assert not diagnosis.certain
    assert "no oom-kill" in diagnosis.alternatives[0]


def test_a_failed_start_without_a_key_is_not_certainly_the_key() -> None:
    scene = Scene()
    internal_error(scene)
    diagnosis = found("kms-denied", scene)
    assert not diagnosis.certain and diagnosis.alternatives


def test_an_exit_names_the_log_lines_of_a_gpu_without_memory() -> None:
    scene = Scene()
    crash(1)(scene)
    texts = " ".join(found("exits", scene).alternatives)
    assert "CUDA out of memory" in texts and "CUDA driver version is insufficient" in texts


def test_a_task_that_fits_on_no_instance_is_told_the_largest_value() -> None:
    scene = Scene()
    scene.answers["task.memory"] = 20000
    placed_not("has insufficient memory available.")(scene)
    diagnosis = found("not-placed-memory", scene)
    assert diagnosis.next_step.startswith("Set memory to 15684")
    assert diagnosis.change == Change("task.memory", 15684)


def test_an_empty_instance_is_not_a_group_at_its_maximum() -> None:
    scene = Scene()
    asg_max(scene)
    scene.registered[1]["runningTasksCount"] = 0
    assert "asg-max" not in {it.cause.id for it in scene.causes()}


def test_instances_on_their_way_are_not_a_group_at_its_maximum() -> None:
    scene = Scene()
    scene.wait()
    scene.instance("i-0a2", joined=False)
    scene.instances[1]["LaunchTime"] = ago(1)
    assert {it.cause.id for it in scene.causes()} == {"provisioning"}


def test_an_old_failure_of_a_steady_service_is_no_cause() -> None:
    scene = Scene()
    scene.task("old", "STOPPED", stopCode="EssentialContainerExited", stoppedAt=ago(40),
               containers=[{"name": "app", "exitCode": 1}])  # fmt: skip
    scene.events.append(
        {
            "id": "x",
            "createdAt": ago(130),
            "message": LITTLE,
        }
    )
    assert scene.causes() == ()


def test_events_before_the_last_steady_state_are_past() -> None:
    scene = Scene()
    scene.wait()
    scene.events.append(
        {
            "id": "x",
            "createdAt": ago(130),
            "message": LITTLE,
        }
    )
    assert {it.cause.id for it in scene.causes()} == {"provisioning"}


def test_the_quotas_of_all_families_of_the_fleet_are_named() -> None:
    scene = Scene()
    del scene.answers["fleet.instance_type"]
    scene.answers["fleet.instance_types"] = ("p3.2xlarge", "g5.xlarge", "g6.xlarge")
    scene.launch_fails("Max spot instance count exceeded." + LAUNCH)
    (found,) = [it for it in scene.causes() if it.cause.id == "spot-limit"]
    assert "of the EC2 quota L-3819A6DF or L-7212CCBC in Service Quotas" in found.next_step


def test_launches_that_failed_before_one_that_succeeded_are_past() -> None:
    scene = Scene()
    scene.launch_fails("Max spot instance count exceeded." + LAUNCH)
    scene.activities.insert(
        0,
        {
            "ActivityId": "9", "StatusCode": "Successful", "StartTime": ago(0.5),
            "Description": "Launching a new EC2 instance: i-0a9",
        },
    )  # fmt: skip
    assert "spot-limit" not in {it.cause.id for it in scene.causes()}


def test_stopped_tasks_of_another_revision_are_no_cause() -> None:
    scene = Scene()
    scene.lose()
    scene.task("x", "STOPPED", "demo:3", stopCode="EssentialContainerExited", stoppedAt=ago(1),
               containers=[{"name": "app", "exitCode": 1}])  # fmt: skip
    assert "exits" not in {it.cause.id for it in scene.causes()}


def test_stopped_tasks_of_an_earlier_deployment_of_the_revision_are_no_cause() -> None:
    scene = Scene()
    scene.lose()
    scene.task("x", "STOPPED", stopCode="EssentialContainerExited", createdAt=ago(30),
               stoppedAt=ago(20), containers=[{"name": "app", "exitCode": 1}])  # fmt: skip
    assert "exits" not in {it.cause.id for it in scene.causes()}


def test_a_removed_target_is_known_from_the_event() -> None:
    scene = Scene()
    scene.lose()
    scene.event(
        "(service s) (instance i-0a1) (port 32768) is unhealthy in (target-group arn:aws:x) due to "
        "(reason Health checks failed with these codes: [404])"
    )
    assert "A target that ECS removed since then" in found("health-404", scene).sentence


def test_scaling_in_a_stack_that_ignores_the_count_is_expected() -> None:
    scene = Scene()
    scene.applied |= {"desired": 3, "ignores_desired": True}
    assert scene.causes() == ()


def test_a_count_that_autoscaling_did_not_set_is_not_its_doing() -> None:
    scene = Scene()
    scene.applied["desired"] = 3
    diagnosis = found("scaled-by-other", scene)
    assert not diagnosis.certain and "CloudTrail" in diagnosis.alternatives[0]
    assert diagnosis.change == Change("service.desired_count", 1)


def test_the_desired_count_is_added_to_what_is_ignored() -> None:
    scene = Scene()
    scaled(scene)
    scene.answers["service.ignore_changes"] = ("task_definition",)
    added = Change("service.ignore_changes", ("task_definition", "desired_count"))
    assert found("scaled-by-other", scene).change == added
    # A change of unknown entries would remove them.
    scene.applied["stack"] = None
    assert found("scaled-by-other", scene).change is None


def test_one_task_is_named_in_the_singular() -> None:
    killed, interrupted = Scene(), Scene()
    killed.stop("OutOfMemoryError: Container killed due to memory usage", number=1, code=137)
    assert found("oom", killed).sentence.startswith("1 task of demo:4 was killed: ")
    interrupted.stop(number=1, stopCode="SpotInterruption", stoppedReason="Host EC2 terminated.")
    assert "1 task of demo:4 ended with its instance" in found("interrupted", interrupted).sentence
