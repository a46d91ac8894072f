"""A deployed service as AWS's answers describe it, to be changed by a test and then read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gpuecs_tui.aws.deployment.facts import DeployedNames, DeploymentFacts
from gpuecs_tui.aws.deployment.reader import read_deployment
from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.deployment.cause import Diagnosis
from gpuecs_tui.deployment.diagnose import diagnose
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.deployment.verdict import Verdict, verdict
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.resolve import resolve
from tests.support.aws.deployment_answers import AnsweredReader

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ARN = "arn:aws:ecs:us-east-1:123456789012:"
TASK, INSTANCE = f"{ARN}task/c/", f"{ARN}container-instance/c/"
DEFINITION = f"{ARN}task-definition/"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/tg/55f92c3e654fd14c"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm:2"
ANSWERS: Mapping[str, Value] = {
    "stack.name": "llm",
    "stack.region": "us-east-1",
    "fleet.instance_type": "g5.xlarge",
    "fleet.max_size": 2,
    "fleet.root_volume_gib": 50,
    "task.image": IMAGE,
    "task.memory": 12288,
    "task.container_memory": 8192,
    "service.health_check_grace_seconds": 60,
}


def ago(minutes: float) -> datetime:
    """Return the moment so many minutes before NOW."""
    return NOW - timedelta(minutes=minutes)


@dataclass
class Scene:
    """One healthy task of demo:4 on one instance, until a test changes it."""

    service: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    registered: list[dict[str, Any]] = field(default_factory=list)
    group: dict[str, Any] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)
    targets: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    instances: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    scaling: list[dict[str, Any]] = field(default_factory=list)
    denied: dict[str, Exception] = field(default_factory=dict)
    applied: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Value] = field(default_factory=lambda: dict(ANSWERS))

    def __post_init__(self) -> None:
        self.service = {
            "serviceName": "s",
            "status": "ACTIVE",
            "desiredCount": 1,
            "runningCount": 1,
            "pendingCount": 0,
            "healthCheckGracePeriodSeconds": 60,
            "deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 200},
            "deployments": [deployment("demo:4", "COMPLETED", created=120)],
        }
        self.event("(service s) has reached a steady state.", 100)
        self.task("t1", "RUNNING")
        self.instance("i-0a1")
        self.targets = [target("i-0a1", 32768, "healthy")]
        self.deployed("4", "SUCCESSFUL", 120, 110)

    # What is there

    def event(self, message: str, minutes: float = 1) -> None:
        """Add an event as the newest one."""
        self.events.insert(0, {"id": "e", "createdAt": ago(minutes), "message": message})

    def task(self, id: str, status: str, revision: str = "demo:4", **changed: Any) -> None:
        """Add a task; a running one is on instance i-0a1 with the host port 32768."""
        placed = status != "PROVISIONING"
        raw: dict[str, Any] = {
            "taskArn": TASK + id,
            "taskDefinitionArn": DEFINITION + revision,
            "lastStatus": status,
            "desiredStatus": "STOPPED" if status == "STOPPED" else "RUNNING",
            "createdAt": ago(8),
            "availabilityZone": "us-east-1a",
            "containers": [{"name": "app", "image": IMAGE, "lastStatus": status}],
        }
        if placed:
            raw["containerInstanceArn"] = f"{INSTANCE}ci-i-0a1"
        if status == "RUNNING":
            raw |= {"pullStartedAt": ago(7), "pullStoppedAt": ago(5), "startedAt": ago(4)}
            raw["containers"][0]["networkBindings"] = [{"hostPort": 32768, "containerPort": 8000}]
        self.tasks.append(raw | changed)

    def stop(self, reason: str = "", *, number: int = 3, **changed: Any) -> None:
        """Let the new tasks stop: none runs, and ``number`` stopped one after another.

        ``reason`` is that of the container; ``code`` its exit code.
        """
        code = changed.pop("code", None)
        container: dict[str, Any] = {"name": "app", "image": IMAGE, "lastStatus": "STOPPED"}
        if reason:
            container["reason"] = reason
        if code is not None:
            container["exitCode"] = code
        self.lose()
        for n in range(number):
            whole: dict[str, Any] = {
                "stoppedReason": "Task failed to start",
                "stopCode": "TaskFailedToStart",
                "stoppedAt": ago(n + 1),
                "containers": [container],
            }
            self.task(f"{n}dead", "STOPPED", **(whole | changed))

    def lose(self) -> None:
        """Let the only task be gone while its deployment is in progress."""
        self.tasks, self.targets = [], []
        self.service |= {"runningCount": 0}
        self.service["deployments"] = [
            deployment("demo:4", "IN_PROGRESS", created=12, running=0, pending=1)
        ]
        self.deployed("4", "IN_PROGRESS", 12)

    def wait(self, status: str = "PROVISIONING", minutes: float = 4, **changed: Any) -> None:
        """Let a second task wait that the service wants."""
        self.service |= {"desiredCount": 2, "pendingCount": 1}
        self.service["deployments"] = [
            deployment("demo:4", "IN_PROGRESS", created=12, desired=2, pending=1)
        ]
        self.deployed("4", "IN_PROGRESS", 12)
        self.task("t2", status, createdAt=ago(minutes), **changed)

    def instance(self, id: str, zone: str = "us-east-1a", *, joined: bool = True) -> None:
        """Add an instance of the group, registered in the cluster where it ``joined``."""
        self.group.setdefault("MinSize", 0)
        self.group.setdefault("MaxSize", 2)
        members = self.group.setdefault("Instances", [])
        members.append(
            {
                "InstanceId": id,
                "AvailabilityZone": zone,
                "InstanceType": "g5.xlarge",
                "LifecycleState": "InService",
                "HealthStatus": "Healthy",
            }
        )
        self.group["DesiredCapacity"] = len(members)
        self.instances.append(
            {"InstanceId": id, "State": {"Name": "running"}, "LaunchTime": ago(90)}
        )
        if joined:
            self.registered.append(
                {
                    "containerInstanceArn": f"{INSTANCE}ci-{id}",
                    "ec2InstanceId": id,
                    "status": "ACTIVE",
                    "agentConnected": True,
                    "registeredAt": ago(88),
                    "runningTasksCount": 0 if len(self.registered) else 1,
                    "pendingTasksCount": 0,
                    "registeredResources": resources(15684, 1),
                    "remainingResources": resources(3396, 0),
                    "attributes": [{"name": "ecs.availability-zone", "value": zone}],
                }
            )

    def launch_fails(self, message: str, minutes: float = 12, **changed: Any) -> None:
        """Let the group want one more instance, whose launch fails."""
        self.wait()
        self.group["DesiredCapacity"] = len(self.group["Instances"]) + 1
        for at in (1, minutes):
            self.activities.append(
                {
                    "ActivityId": str(at),
                    "StatusCode": "Failed",
                    "Description": "Launching a new EC2 instance.  Status Reason: …",
                    "StatusMessage": message,
                    "StartTime": ago(at),
                    "EndTime": ago(at),
                    **changed,
                }
            )

    def deployed(
        self, revision: str, status: str, created: float, finished: float | None = None,
        **changed: Any,
    ) -> None:  # fmt: skip
        """Add a deployment to the history as the newest one, times in minutes before NOW."""
        raw: dict[str, Any] = {
            "serviceDeploymentArn": f"{ARN}service-deployment/c/s/{len(self.history)}",
            "targetServiceRevision": {"arn": f"{ARN}service-revision/c/s/{revision}"},
            "targetServiceRevisionArn": f"{ARN}service-revision/c/s/{revision}",
            "status": status,
            "createdAt": ago(created),
            "startedAt": ago(created),
        }
        if finished is not None:
            raw["finishedAt"] = ago(finished)
        self.history.insert(0, raw | changed)

    def rolled_back(self, reason: str = "", **changed: Any) -> None:
        """Let the deployment of demo:4 fail, so that demo:3 runs again."""
        self.service["deployments"] = [deployment("demo:3", "COMPLETED", created=300)]
        self.tasks = []
        self.task("t1", "RUNNING", "demo:3")
        failed = "(deployment ecs-svc/4) deployment failed: tasks failed to start."
        self.event(f"(service s) {failed}", 6)
        self.event("(service s) rolling back to deployment ecs-svc/3.", 6)
        self.event("(service s) has reached a steady state.", 4)
        self.deployed(
            "4",
            "ROLLBACK_SUCCESSFUL",
            20,
            5,
            statusReason="Service deployment rolled back because of circuit breaker.",
            rollback={
                "reason": "Service deployment rolled back because of circuit breaker.",
                "serviceRevisionArn": f"{ARN}service-revision/c/s/3",
            },
            deploymentCircuitBreaker={"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
        )

    # What is read

    def facts(self) -> DeploymentFacts:
        """Read it as the program does."""
        reader = self.reader()
        try:
            return read_deployment(reader, DeployedNames("c", "s", "tg", "asg"))
        finally:
            reader.close()

    def reader(self) -> AnsweredReader:
        """Return a reader of the account that answers so."""
        return AnsweredReader(self._answers())

    @property
    def left(self) -> Applied:
        """What the last apply left."""
        stack = resolve(self.answers, None).stack
        given: dict[str, Any] = {"task_definition": "demo:4", "desired": None, "stack": stack}
        return Applied(**(given | self.applied))

    def verdict(self) -> Verdict:
        """Judge it."""
        return verdict(self.situation())

    def causes(self) -> tuple[Diagnosis, ...]:
        """Say why it is stuck."""
        return diagnose(self.situation())

    def situation(self) -> Situation:
        """Return what the causes are recognised from."""
        return Situation(self.facts(), self.left, NOW)

    def _answers(self) -> dict[str, Any]:
        # Functions, so that a later call sees what a test has changed since then.
        return {
            "ecs:DescribeServices": lambda _given: {
                "services": [self.service | {"events": self.events}]
            },
            "ecs:ListTasks": lambda given: {
                "taskArns": [
                    it["taskArn"]
                    for it in self.tasks
                    if it["desiredStatus"] == given["desiredStatus"]
                ]
            },
            "ecs:DescribeTasks": lambda given: {
                "tasks": [it for it in self.tasks if it["taskArn"] in given["tasks"]]
            },
            "ecs:ListContainerInstances": lambda _given: {
                "containerInstanceArns": [it["containerInstanceArn"] for it in self.registered]
            },
            "ecs:DescribeContainerInstances": lambda given: {
                "containerInstances": [
                    it
                    for it in self.registered
                    if it["containerInstanceArn"] in given["containerInstances"]
                ]
            },
            "autoscaling:DescribeAutoScalingGroups": lambda _given: {
                "AutoScalingGroups": [self.group]
            },
            "autoscaling:DescribeScalingActivities": lambda _given: {"Activities": self.activities},
            "elasticloadbalancing:DescribeTargetGroups": {
                "TargetGroups": [
                    {
                        "TargetGroupArn": GROUP,
                        "HealthCheckPath": "/health",
                        "Matcher": {"HttpCode": "200"},
                        "HealthCheckIntervalSeconds": 5,
                        "HealthCheckTimeoutSeconds": 2,
                        "HealthyThresholdCount": 5,
                        "UnhealthyThresholdCount": 2,
                    }
                ]
            },
            "elasticloadbalancing:DescribeTargetHealth": lambda _given: {
                "TargetHealthDescriptions": self.targets
            },
            "ecs:ListServiceDeployments": lambda _given: {"serviceDeployments": self.history},
            "ecs:DescribeServiceDeployments": lambda given: {
                "serviceDeployments": [
                    it
                    for it in self.history
                    if it["serviceDeploymentArn"] in given["serviceDeploymentArns"]
                ]
            },
            "ecs:DescribeServiceRevisions": lambda given: {
                "serviceRevisions": [
                    {
                        "serviceRevisionArn": it,
                        "taskDefinition": f"{DEFINITION}demo:{it.rpartition('/')[2]}",
                    }
                    for it in given["serviceRevisionArns"]
                ]
            },
            "ec2:DescribeInstances": {"Reservations": [{"Instances": self.instances}]},
            "ec2:DescribeInstanceStatus": {"InstanceStatuses": self.statuses},
            "application-autoscaling:DescribeScalingActivities": {
                "ScalingActivities": self.scaling
            },
            **self.denied,
        }


def deployment(
    revision: str, state: str, *, created: float, desired: int = 1, running: int = 1,
    pending: int = 0, status: str = "PRIMARY",
) -> dict[str, Any]:  # fmt: skip
    """Return a deployment of DescribeServices."""
    return {
        "id": f"ecs-svc/{revision[-1]}",
        "status": status,
        "rolloutState": state,
        "rolloutStateReason": f"ECS deployment ecs-svc/{revision[-1]} {state.lower()}.",
        "taskDefinition": DEFINITION + revision,
        "desiredCount": desired,
        "runningCount": running,
        "pendingCount": pending,
        "failedTasks": 0,
        "createdAt": ago(created),
        "updatedAt": ago(created),
    }


def resources(memory: int, gpus: int) -> list[dict[str, Any]]:
    """Return resources of a container instance."""
    return [
        {"name": "MEMORY", "type": "INTEGER", "integerValue": memory},
        {"name": "GPU", "type": "STRINGSET", "stringSetValue": [f"GPU-{n}" for n in range(gpus)]},
    ]


def target(
    id: str, port: int, state: str, reason: str = "", description: str = ""
) -> dict[str, Any]:
    """Return a target of DescribeTargetHealth."""
    health = {"State": state, "Reason": reason, "Description": description}
    return {"Target": {"Id": id, "Port": port}, "TargetHealth": health}
