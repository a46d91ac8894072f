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
DEPLOYMENT = "arn:aws:ecs:us-east-1:123456789012:service-deployment/c/s/"
REVISION = "arn:aws:ecs:us-east-1:123456789012:service-revision/c/s/"
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
                "createdAt": NOW.replace(hour=9),
                "healthCheckGracePeriodSeconds": 120,
                "deploymentConfiguration": {
                    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                    "minimumHealthyPercent": 50,
                    "maximumPercent": 200,
                },
                "capacityProviderStrategy": [{"capacityProvider": "gpu", "weight": 1}],
                "enableExecuteCommand": True,
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
                "desiredStatus": "STOPPED" if arn.endswith("old") else "RUNNING",
                "startedBy": "ecs-svc/1",
                "availabilityZone": "us-east-1a",
                "connectivity": "CONNECTED",
                "enableExecuteCommand": arn.endswith("a"),
                "pullStartedAt": NOW.replace(minute=2),
                "pullStoppedAt": NOW.replace(minute=3),
                "stopCode": "EssentialContainerExited" if arn.endswith("old") else "",
                "containers": [
                    {
                        "name": "server",
                        "lastStatus": "STOPPED" if arn.endswith("old") else "RUNNING",
                        "reason": "OutOfMemoryError: Container killed due to memory usage",
                        "image": "example/server:2",
                        "imageDigest": "sha256:c0ffee",
                        "healthStatus": "UNKNOWN",
                        "networkBindings": [
                            {"hostPort": 32768, "containerPort": 80, "bindIP": "0.0.0.0"},
                            {"hostPort": 32768, "containerPort": 80, "bindIP": "::"},
                        ],
                        **({"exitCode": 137} if arn.endswith("old") else {}),
                    },
                    {
                        "name": "proxy",
                        "networkInterfaces": [
                            {"attachmentId": "eni", "privateIpv4Address": "10.0.1.9"}
                        ],
                    },
                ],
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
                "versionInfo": {"agentVersion": "1.96.0"},
                "statusReason": "registered",
                "registeredAt": NOW,
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
                        "ProtectedFromScaleIn": True,
                    }
                ],
            }
        ]
    },
    "autoscaling:DescribeScalingActivities": {
        "Activities": [
            {
                "ActivityId": "1",
                "StatusCode": "Failed",
                "StatusMessage": "no capacity",
                "Cause": "At 2026-11-23T11:59:00Z an instance was started in response to a …",
                "EndTime": NOW,
            }
        ]
    },
    "elasticloadbalancing:DescribeTargetGroups": {
        "TargetGroups": [
            {
                "TargetGroupArn": "arn:tg",
                "HealthCheckPath": "/ready",
                "Matcher": {"HttpCode": "200-299"},
                "HealthCheckIntervalSeconds": 15,
                "HealthCheckTimeoutSeconds": 4,
                "HealthyThresholdCount": 2,
                "UnhealthyThresholdCount": 3,
            }
        ]
    },
    "elasticloadbalancing:DescribeTargetHealth": {
        "TargetHealthDescriptions": [
            {
                "Target": {"Id": "i-0123", "Port": 32768},
                "TargetHealth": {"State": "unhealthy", "Reason": "Target.Timeout"},
            }
        ]
    },
    "ecs:ListServiceDeployments": {
        "serviceDeployments": [
            {
                "serviceDeploymentArn": DEPLOYMENT + "first",
                "createdAt": NOW.replace(hour=9),
                "finishedAt": NOW.replace(hour=10),
                "status": "SUCCESSFUL",
                "targetServiceRevisionArn": REVISION + "3",
            },
            {
                "serviceDeploymentArn": DEPLOYMENT + "second",
                "createdAt": NOW.replace(hour=11),
                "startedAt": NOW.replace(hour=11, minute=1),
                "status": "ROLLBACK_SUCCESSFUL",
                "statusReason": "Service deployment rolled back because the circuit breaker …",
                "targetServiceRevisionArn": REVISION + "4",
            },
        ]
    },
    "ecs:DescribeServiceDeployments": lambda given: {
        "serviceDeployments": [
            {
                "serviceDeploymentArn": arn,
                "targetServiceRevision": {"arn": REVISION + "4"},
                "status": "ROLLBACK_SUCCESSFUL",
                "statusReason": "Service deployment rolled back because the circuit breaker …",
                "createdAt": NOW.replace(hour=11),
                "startedAt": NOW.replace(hour=11, minute=1),
                "rollback": {"reason": "breaker", "serviceRevisionArn": REVISION + "3"},
                "deploymentCircuitBreaker": {"status": "TRIGGERED", "failureCount": 3},
            }
            for arn in given["serviceDeploymentArns"]
            if arn.endswith("second")
        ]
    },
    "ecs:DescribeServiceRevisions": lambda given: {
        "serviceRevisions": [
            {
                "serviceRevisionArn": arn,
                "taskDefinition": f"arn:aws:ecs:us-east-1:1:task-definition/s:{arn[-1]}",
            }
            for arn in given["serviceRevisionArns"]
        ]
    },
    "ec2:DescribeInstances": {
        "Reservations": [
            {
                "Instances": [
                    {
                        "InstanceId": "i-0123",
                        "State": {"Code": 16, "Name": "running"},
                        "StateReason": {"Code": "Client.InternalError", "Message": "on launch"},
                        "LaunchTime": NOW,
                        "InstanceLifecycle": "spot",
                    }
                ]
            }
        ]
    },
    "ec2:DescribeInstanceStatus": {
        "InstanceStatuses": [
            {
                "InstanceId": "i-0123",
                "InstanceStatus": {"Status": "impaired"},
                "SystemStatus": {"Status": "ok"},
            }
        ]
    },
    "application-autoscaling:DescribeScalingActivities": {
        "ScalingActivities": [
            {
                "ActivityId": "1",
                "StartTime": NOW,
                "Description": "Setting desired count to 2.",
                "Cause": "monitor alarm busy in state ALARM triggered policy by-requests",
                "StatusCode": "Successful",
            }
        ]
    },
}


class AnsweredReader(AccountReader):
    """Returns responses from a table; an exception in the table is raised."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__("", "us-east-1")
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        name = action(service, operation)
        self.asked.append((name, parameters))
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        found: dict[str, Any] = answer(parameters) if callable(answer) else answer
        return found

    def pages(self, service: str, operation: str, /, **parameters: Any) -> Iterator[dict[str, Any]]:
        yield self.call(service, operation, **parameters)
