"""Faults of what a stack refers to by name: roles, keys, certificates, secrets, taken names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from gpuecs_tui.demo.holding import absent, attribute
from gpuecs_tui.demo.seed_access import trust
from gpuecs_tui.demo.seeding import backend

EXPIRED_ON = datetime(2026, 9, 30, tzinfo=UTC)
NOBODYS = "codebuild.amazonaws.com"
"""A service that neither a task nor an instance is."""
TASKS = "ecs-tasks.amazonaws.com"


@contextmanager
def role_missing(_operand: str) -> Iterator[None]:
    """No role that trusts ECS tasks."""
    roles = backend("iam", "aws").roles
    of_tasks = [key for key, it in roles.items() if TASKS in it.assume_role_policy_document]
    with absent(roles, of_tasks):
        yield


@contextmanager
def role_untrusted(_operand: str) -> Iterator[None]:
    """Every role trusts a service that a stack doesn't use."""
    with ExitStack() as held:
        for role in backend("iam", "aws").roles.values():
            held.enter_context(attribute(role, "assume_role_policy_document", trust(NOBODYS)))
        yield


@contextmanager
def profile_without_role(_operand: str) -> Iterator[None]:
    """Instance profiles that hold nothing."""
    with ExitStack() as held:
        for profile in backend("iam", "aws").instance_profiles.values():
            held.enter_context(attribute(profile, "roles", []))
        yield


@contextmanager
def key_pair_missing(_operand: str) -> Iterator[None]:
    """No key pair."""
    pairs = backend("ec2").key_pairs
    with absent(pairs, pairs):
        yield


@contextmanager
def certificate_expired(_operand: str) -> Iterator[None]:
    """Certificates whose time is over."""
    with ExitStack() as held:
        for certificate in backend("acm")._certificates.values():
            held.enter_context(
                attribute(
                    certificate,
                    "_not_valid_after",
                    lambda _parsed: EXPIRED_ON.replace(tzinfo=None),
                )
            )
            held.enter_context(attribute(certificate, "status", "EXPIRED"))
        yield


@contextmanager
def certificate_pending(_operand: str) -> Iterator[None]:
    """Certificates that wait for somebody to prove the domain his."""
    with ExitStack() as held:
        for certificate in backend("acm")._certificates.values():
            held.enter_context(attribute(certificate, "status", "PENDING_VALIDATION"))
        yield


@contextmanager
def secret_missing(_operand: str) -> Iterator[None]:
    """Neither secrets nor parameters that hold one."""
    secrets, parameters = backend("secretsmanager").secrets, backend("ssm")._parameters
    own = [name for name in parameters if not name.startswith("/aws/")]
    with absent(secrets, secrets), absent(parameters, own):
        yield


@contextmanager
def name_taken(operand: str) -> Iterator[None]:
    """A cluster of that name; one that a stack has made meanwhile stays."""
    ecs = backend("ecs")
    fresh = operand not in ecs.clusters
    if fresh:
        ecs.create_cluster(operand, tags=[])
    made = ecs.clusters[operand]
    try:
        yield
    finally:
        if fresh and ecs.clusters.get(operand) is made:
            del ecs.clusters[operand]


HOLDS = {
    "role-missing": role_missing,
    "role-untrusted": role_untrusted,
    "profile-without-role": profile_without_role,
    "key-pair-missing": key_pair_missing,
    "certificate-expired": certificate_expired,
    "certificate-pending": certificate_pending,
    "secret-missing": secret_missing,
    "name-taken": name_taken,
}
