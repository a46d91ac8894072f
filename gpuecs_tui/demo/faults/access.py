"""Faults of roles, keys, secrets, certificates, taken names and the Region."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

from gpuecs_tui.demo.account import REGION
from gpuecs_tui.demo.model.overrides import without_keys
from gpuecs_tui.demo.seed.access import SERVICE_ROLES, trust
from gpuecs_tui.demo.seed.seeding import moto_backend

EXPIRED_ON = datetime(2026, 9, 30, tzinfo=UTC)
NOBODYS = "codebuild.amazonaws.com"
"""A service principal that is neither of tasks nor of instances."""
TASKS = "ecs-tasks.amazonaws.com"
ROLE_PARTS = {"instance": "ec2.amazonaws.com", "execution": TASKS, "task": TASKS}
"""The middle part of the names of a stack's roles → the service that each role trusts."""


@contextmanager
def role_missing(_operand: str) -> Iterator[None]:
    """No role that trusts ECS tasks."""
    roles = moto_backend("iam", "aws").roles
    of_tasks = [key for key, it in roles.items() if TASKS in it.assume_role_policy_document]
    with without_keys(roles, of_tasks):
        yield


@contextmanager
def role_untrusted(_operand: str) -> Iterator[None]:
    """All roles trust a service that a stack doesn't use."""
    with ExitStack() as held:
        for role in moto_backend("iam", "aws").roles.values():
            held.enter_context(patch.object(role, "assume_role_policy_document", trust(NOBODYS)))
        yield


@contextmanager
def role_powerless(_operand: str) -> Iterator[None]:
    """Roles without a policy, attached or inline."""
    with ExitStack() as held:
        for role in moto_backend("iam", "aws").roles.values():
            held.enter_context(without_keys(role.managed_policies, list(role.managed_policies)))
            held.enter_context(without_keys(role.policies, list(role.policies)))
        yield


@contextmanager
def service_linked_role_missing(_operand: str) -> Iterator[None]:
    """An account in which ECS was never used."""
    roles = moto_backend("iam", "aws").roles
    with without_keys(roles, [key for key, it in roles.items() if it.name in SERVICE_ROLES]):
        yield


@contextmanager
def ebs_customer_key(_operand: str) -> Iterator[None]:
    """A customer managed key as EBS's default key, with KMS's default key policy."""
    kms = moto_backend("kms")
    key = kms.create_key("", "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "volumes", None)
    try:
        with patch.object(moto_backend("ec2"), "default_kms_key_id", key.arn):
            yield
    finally:
        dict.pop(kms.keys, key.id)


@contextmanager
def log_key_denied(_operand: str) -> Iterator[None]:
    """Keys with KMS's default key policy."""
    with ExitStack() as held:
        for key in moto_backend("kms").keys.values():
            held.enter_context(patch.object(key, "policy", key.generate_default_policy()))
        yield


@contextmanager
def profile_without_role(_operand: str) -> Iterator[None]:
    """Instance profiles without a role."""
    with ExitStack() as held:
        for profile in moto_backend("iam", "aws").instance_profiles.values():
            held.enter_context(patch.object(profile, "roles", []))
        yield


@contextmanager
def key_pair_missing(_operand: str) -> Iterator[None]:
    """No key pair."""
    pairs = moto_backend("ec2").key_pairs
    with without_keys(pairs, pairs):
        yield


@contextmanager
def certificate_expired(_operand: str) -> Iterator[None]:
    """Expired certificates."""
    with ExitStack() as held:
        for certificate in moto_backend("acm")._certificates.values():
            held.enter_context(
                patch.object(
                    certificate,
                    "_not_valid_after",
                    lambda _parsed: EXPIRED_ON.replace(tzinfo=None),
                )
            )
            held.enter_context(patch.object(certificate, "status", "EXPIRED"))
        yield


@contextmanager
def certificate_pending(_operand: str) -> Iterator[None]:
    """Certificates that wait for domain validation."""
    with ExitStack() as held:
        for certificate in moto_backend("acm")._certificates.values():
            held.enter_context(patch.object(certificate, "status", "PENDING_VALIDATION"))
        yield


@contextmanager
def secret_missing(_operand: str) -> Iterator[None]:
    """No secrets and no parameters with a secret."""
    secrets, parameters = moto_backend("secretsmanager").secrets, moto_backend("ssm")._parameters
    own = [name for name in parameters if not name.startswith("/aws/")]
    with without_keys(secrets, secrets), without_keys(parameters, own):
        yield


@contextmanager
def name_taken(operand: str) -> Iterator[None]:
    """The resources with fixed names of such a stack exist: cluster, roles, profile, log group.

    Resources that a stack creates while the fault is active stay.
    """
    ecs, iam, logs = moto_backend("ecs"), moto_backend("iam", "aws"), moto_backend("logs")
    profile, group = f"{operand}-instance-{REGION}", f"/ecs/{operand}"
    with ExitStack() as held:
        if operand not in ecs.clusters:
            ecs.create_cluster(operand, tags=[])
            held.enter_context(_made(ecs.clusters, operand))
        names = {it.name for it in iam.roles.values()}
        for part, service in ROLE_PARTS.items():
            name = f"{operand}-{part}-{REGION}"
            if name not in names:
                role = iam.create_role(name, trust(service), "/", None, "", [], "3600")
                held.enter_context(_made(iam.roles, role.id))
        if profile not in {it.name for it in iam.instance_profiles.values()}:
            iam.create_instance_profile(profile, "/", [])
            held.enter_context(_made(iam.instance_profiles, profile))
        if group not in logs.groups:
            logs.create_log_group(group, {})
            held.enter_context(_made(logs.groups, group))
        yield


@contextmanager
def _made(mapping: dict[str, Any], key: str) -> Iterator[None]:
    """Remove the new entry from ``mapping``, unless it was replaced."""
    made = mapping[key]
    try:
        yield
    finally:
        if dict.get(mapping, key) is made:
            dict.pop(mapping, key)


@contextmanager
def region_disabled(_operand: str) -> Iterator[None]:
    """The account's Region as an opt-in Region that isn't enabled."""
    (region,) = (it for it in RegionsAndZonesBackend.regions if it.name == REGION)
    with patch.object(region, "opt_in_status", "not-opted-in"):
        yield


HOLDS = {
    "role-missing": role_missing,
    "role-untrusted": role_untrusted,
    "role-powerless": role_powerless,
    "service-linked-role-missing": service_linked_role_missing,
    "ebs-customer-key": ebs_customer_key,
    "log-key-denied": log_key_denied,
    "profile-without-role": profile_without_role,
    "key-pair-missing": key_pair_missing,
    "certificate-expired": certificate_expired,
    "certificate-pending": certificate_pending,
    "secret-missing": secret_missing,
    "name-taken": name_taken,
    "region-disabled": region_disabled,
}
