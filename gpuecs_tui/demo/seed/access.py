"""The demo account's identities, keys, certificates and secrets."""

from __future__ import annotations

import json
from typing import Any

from gpuecs_tui.demo.account import ACCESS_KEY, REGION, SECRET_KEY
from gpuecs_tui.demo.model.quotas import ACCOUNT_ID
from gpuecs_tui.demo.seed.seeding import moto_backend, same_ids_for

MANAGED = "arn:aws:iam::aws:policy/"

ROLES = {
    "ecsTaskExecutionRole": (
        "ecs-tasks.amazonaws.com",
        ["service-role/AmazonECSTaskExecutionRolePolicy"],
    ),
    "ecsInstanceRole": (
        "ec2.amazonaws.com",
        ["service-role/AmazonEC2ContainerServiceforEC2Role", "AmazonSSMManagedInstanceCore"],
    ),
    "llm-server-task": ("ecs-tasks.amazonaws.com", []),
    "ci-deployer": ("codebuild.amazonaws.com", []),
}
"""Role → the service it trusts, and the managed policies it has."""

SERVICE_ROLES = {
    "AWSServiceRoleForECS": "ecs.amazonaws.com",
    "AWSServiceRoleForAutoScaling": "autoscaling.amazonaws.com",
    "AWSServiceRoleForElasticLoadBalancing": "elasticloadbalancing.amazonaws.com",
    "AWSServiceRoleForEC2Spot": "spot.amazonaws.com",
    "AWSServiceRoleForApplicationAutoScaling_ECSService": (
        "ecs.application-autoscaling.amazonaws.com"
    ),
}
"""Service-linked roles of an account in which ECS was used before."""

BOUNDARY = "ml-workloads"
"""A managed policy of the account that can be the boundary of roles."""

LOG_KEY_ALIAS = "alias/logs"
"""A KMS key whose policy allows CloudWatch Logs."""

TOPIC = "on-call"
"""An SNS topic for alarms."""

KEY_PAIRS = ("ops-2026", "[old] laptop", "notebooks")

CERTIFICATES = {
    "llm.example.com": ("ISSUED", ["llm.example.com", "*.llm.example.com"]),
    "next.example.com": ("PENDING_VALIDATION", ["next.example.com"]),
}


def furnish() -> None:
    """Create the user ``demo``, roles, an instance profile, key pairs, certificates and secrets."""
    iam = moto_backend("iam", "aws")
    _user(iam)
    for name, (service, policies) in ROLES.items():
        same_ids_for(f"role {name}")
        iam.create_role(name, trust(service), "/", None, "", [], "3600")
        for policy in policies:
            iam.attach_role_policy(MANAGED + policy, name)
    for name, service in SERVICE_ROLES.items():
        same_ids_for(f"role {name}")
        iam.create_role(name, trust(service), f"/aws-service-role/{service}/", None, "", [], "3600")
    same_ids_for(f"policy {BOUNDARY}")
    iam.create_policy("Limits the roles of model services", "/", _boundary(), BOUNDARY, [])
    same_ids_for("instance profile")
    iam.create_instance_profile("ecsInstanceRole", "/", [])
    iam.add_role_to_instance_profile("ecsInstanceRole", "ecsInstanceRole")
    ec2 = moto_backend("ec2")
    for name in KEY_PAIRS:
        same_ids_for(f"key pair {name}")
        ec2.create_key_pair(name, "ed25519", {})
    _certificates()
    _secrets()
    _log_key()
    same_ids_for("topic")
    moto_backend("sns").create_topic(TOPIC)


def _user(iam: Any) -> None:
    same_ids_for("user demo")
    iam.create_user(REGION, "demo")
    key = iam.create_access_key("demo", "AKIA")
    # Register the access key of account.py, so that STS knows its owner.
    del iam.access_keys[key.access_key_id]
    key.access_key_id, key.secret_access_key = ACCESS_KEY, SECRET_KEY
    iam.access_keys[ACCESS_KEY] = key


def _boundary() -> str:
    services = ["ec2", "ecr", "ecs", "logs", "secretsmanager", "ssm", "ssmmessages"]
    actions = [f"{service}:*" for service in services]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str) -> str:
    """Return the trust policy of a role for ``service``, as IAM stores it."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _certificates() -> None:
    acm = moto_backend("acm")
    for domain, (status, names) in CERTIFICATES.items():
        same_ids_for(f"certificate {domain}")
        arn = acm.request_certificate(domain, None, names, [])
        acm._certificates[arn].status = status


def _log_key() -> None:
    same_ids_for("log key")
    kms = moto_backend("kms")
    key = kms.create_key(
        _log_policy(), "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "Log groups of services", []
    )
    kms.create_alias(key.id, LOG_KEY_ALIAS)


def _log_policy() -> str:
    owner = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
    logs = {"Service": f"logs.{REGION}.amazonaws.com"}
    actions = ["Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "Describe"]
    groups = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:*"
    statements = [
        {"Effect": "Allow", "Principal": owner, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": logs,
            "Action": [f"kms:{it}*" for it in actions],
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _secrets() -> None:
    same_ids_for("secrets")
    manager = moto_backend("secretsmanager")
    for name in ("prod/llm/api-key", "prod/hugging-face-token"):
        manager.create_secret(
            name, "not-a-secret", None, None, [], None, None, [], force_overwrite=False
        )
    parameter = "/llm/database-url"
    moto_backend("ssm").put_parameter(
        parameter, "", "not-a-secret", "SecureString", "", "", False, [], "text", None, None
    )
