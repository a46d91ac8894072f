"""AWS responses about one running stack, and a reader that returns them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.session import AccountReader, action

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAMES = DeployedNames("c", "s", "tg", "asg")
TASK = "arn:aws:ecs:us-east-1:123456789012:task/c/"
INSTANCE = "arn:aws:ecs:us-east-1:123456789012:container-instance/c/"

ANSWERS: dict[str, Any] = {
    "ecs:DescribeServices": {
        "services": [
            {
                "serviceName": "s",
                "status": "ACTIVE",
                "desiredCount": 2,
                "runningCount": 1,
                "pendingCount": 1,
                "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/s:4",
                "deployments": [
                    {
                        "id": "ecs-svc/1",
                        "status": "PRIMARY",
                        "rolloutState": "IN_PROGRESS",
                        "rolloutStateReason": "ECS deployment ecs-svc/1 in progress.",
                        "taskDefinition": "arn:aws:ecs:us-east-1:1:task-definition/s:4",
                        "desiredCount": 2,
                        "runningCount": 1,
                        "pendingCount": 1,
                        "failedTasks": 3,
                        "updatedAt": NOW,
                    }
                ],
                "events": [{"id": "e1", "createdAt": NOW, "message": "(service s) was unable…"}],
            }
        ]
    },
    "ecs:ListTasks": lambda given: {
        "taskArns": [TASK + "a", TASK + "b"]
        if given["desiredStatus"] == "RUNNING"
        else [TASK + "old"]
    },
    "ecs:DescribeTasks": lambda given: {
        "tasks": [
            {
                "taskArn": arn,
                "lastStatus": "STOPPED" if arn.endswith("old") else "RUNNING",
                "createdAt": NOW.replace(minute=1 if arn.endswith("b") else 0),
                "containerInstanceArn": INSTANCE + "i1",
                "stoppedReason": "Task failed ELB health checks" if arn.endswith("old") else "",
            }
            for arn in given["tasks"]
        ]
    },
    "ecs:ListContainerInstances": {"containerInstanceArns": [INSTANCE + "i1"]},
    "ecs:DescribeContainerInstances": {
        "containerInstances": [
            {
                "containerInstanceArn": INSTANCE + "i1",
                "ec2InstanceId": "i-0123",
                "status": "ACTIVE",
                "agentConnected": True,
                "runningTasksCount": 1,
                "registeredResources": [
                    {"name": "CPU", "type": "INTEGER", "integerValue": 4096},
                    {"name": "MEMORY", "type": "INTEGER", "integerValue": 15684},
                    {"name": "GPU", "type": "STRINGSET", "stringSetValue": ["GPU-1", "GPU-2"]},
                ],
                "remainingResources": [
                    {"name": "GPU", "type": "STRINGSET", "stringSetValue": ["GPU-2"]}
                ],
                "attributes": [{"name": "ecs.availability-zone", "value": "us-east-1a"}],
            }
        ]
    },
    "autoscaling:DescribeAutoScalingGroups": {
        "AutoScalingGroups": [
            {
                "MinSize": 0,
                "DesiredCapacity": 2,
                "MaxSize": 4,
                "Instances": [
                    {
                        "InstanceId": "i-0123",
                        "AvailabilityZone": "us-east-1a",
                        "InstanceType": "g4dn.xlarge",
                        "LifecycleState": "InService",
                        "HealthStatus": "Healthy",
                    }
                ],
            }
        ]
    },
    "autoscaling:DescribeScalingActivities": {
        "Activities": [{"ActivityId": "1", "StatusCode": "Failed", "StatusMessage": "no capacity"}]
    },
    "elasticloadbalancing:DescribeTargetGroups": {"TargetGroups": [{"TargetGroupArn": "arn:tg"}]},
    "elasticloadbalancing:DescribeTargetHealth": {
        "TargetHealthDescriptions": [
            {
                "Target": {"Id": "i-0123", "Port": 32768},
                "TargetHealth": {"State": "unhealthy", "Reason": "Target.Timeout"},
            }
        ]
    },
}


class AnsweredReader(AccountReader):
    """Answers from a table; an exception in it is raised."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__("", "us-east-1")
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        name = action(service, operation)
        self.asked.append((name, parameters))
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        found: dict[str, Any] = answer(parameters) if callable(answer) else answer
        return found

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        yield self.call(service, operation, **parameters)
