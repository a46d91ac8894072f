"""Reads an account: all lists at once, with a progress report as each list arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.discovery import compute, names, network
from gpuecs_tui.aws.discovery.identity import (
    read_certificates,
    read_identity,
    read_instance_profiles,
    read_key_pairs,
    read_regions,
    read_roles,
)
from gpuecs_tui.aws.error_kinds import ACCOUNT_WIDE
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.facts import AccountFacts, CallerIdentity
from gpuecs_tui.aws.network_facts import with_routes
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.aws.session import AccountReader, Closed
from gpuecs_tui.i18n import _

K = TypeVar("K")
T = TypeVar("T")

WAKE_SECONDS = 0.1
"""Seconds until a wait notices that its reader was closed."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One list of AccountFacts and the function that reads it."""

    field: str
    source: str
    """The call that the list depends on, as IAM names it."""
    read: Callable[[AccountReader], Any]


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """Progress report: one more list was read."""

    done: int
    total: int
    facts: AccountFacts
    """Everything read so far; the rest is Unknown, "not loaded yet"."""


TOPICS = (
    # The slowest lists first, so that all of them finish as early as possible.
    Topic("instance_types", "ec2:DescribeInstanceTypes", compute.read_instance_types),
    Topic("roles", "iam:ListRoles", read_roles),
    Topic("offerings", "ec2:DescribeInstanceTypeOfferings", compute.read_offerings),
    Topic("quotas", "servicequotas:GetServiceQuota", compute.read_quotas),
    Topic("gpu_instances", "ec2:DescribeInstances", compute.read_gpu_instances),
    Topic("reservations", "ec2:DescribeCapacityReservations", compute.read_reservations),
    Topic("security_groups", "ec2:DescribeSecurityGroups", network.read_security_groups),
    Topic("route_tables", "ec2:DescribeRouteTables", network.read_route_tables),
    Topic("subnets", "ec2:DescribeSubnets", network.read_subnets),
    Topic("vpcs", "ec2:DescribeVpcs", network.read_vpcs),
    Topic("vpc_endpoints", "ec2:DescribeVpcEndpoints", network.read_vpc_endpoints),
    Topic("regions", "ec2:DescribeRegions", read_regions),
    Topic("key_pairs", "ec2:DescribeKeyPairs", read_key_pairs),
    Topic("launch_templates", "ec2:DescribeLaunchTemplates", names.read_launch_templates),
    Topic("instance_profiles", "iam:ListInstanceProfiles", read_instance_profiles),
    Topic("certificates", "acm:ListCertificates", read_certificates),
    Topic("repositories", "ecr:DescribeRepositories", names.read_repositories),
    Topic("log_groups", "logs:DescribeLogGroups", names.read_log_groups),
    Topic(
        "load_balancers", "elasticloadbalancing:DescribeLoadBalancers", names.read_load_balancers
    ),
    Topic("target_groups", "elasticloadbalancing:DescribeTargetGroups", names.read_target_groups),
    Topic("clusters", "ecs:ListClusters", names.read_clusters),
    Topic("capacity_providers", "ecs:DescribeCapacityProviders", names.read_capacity_providers),
    Topic(
        "autoscaling_groups", "autoscaling:DescribeAutoScalingGroups", names.read_autoscaling_groups
    ),
)


def read_account(
    reader: AccountReader,
    on_progress: Callable[[ReadProgress], None] | None = None,
    identity: CallerIdentity | None = None,
) -> AccountFacts:
    """Read all of ``TOPICS`` at once; blocks the caller's thread.

    Without ``identity``, the first call reads it. A problem that concerns every call (no
    credentials, an unreachable endpoint, …) raises AwsProblem; if one list fails, it is Unknown in
    the result. ``on_progress`` is called in the caller's thread. Raises Closed once the reader is
    closed.
    """
    # This runs while the first call is waiting. An error here also occurs there and is reported.
    reader.submit(reader.prepare)
    who = _identity(reader, identity)
    facts = AccountFacts(region=reader.region, identity=who)
    total = len(TOPICS)
    jobs = {topic.field: _job(reader, topic) for topic in TOPICS}
    for done, (field, reading) in enumerate(as_they_come(reader, jobs), start=1):
        facts = _with(facts, field, reading)
        if on_progress:
            on_progress(ReadProgress(done, total, facts))
    return _with_late_offerings(reader, facts)


def as_they_come(reader: AccountReader, jobs: Mapping[K, Callable[[], T]]) -> Iterator[tuple[K, T]]:
    """Run ``jobs`` in the reader's threads and yield (key, result) in the order of their ends.

    Raises the exception of a job, and Closed as soon as the reader is closed, even if jobs still
    run.
    """
    ended: SimpleQueue[tuple[K, Future[T]]] = SimpleQueue()
    for key, job in jobs.items():
        reader.submit(job).add_done_callback(partial(_put, ended, key))
    for _end in jobs:
        key, future = _next(reader, ended)
        yield key, future.result()


def _next(reader: AccountReader, ended: SimpleQueue[tuple[K, Future[T]]]) -> tuple[K, Future[T]]:
    found = None
    while found is None:
        with suppress(Empty):
            found = ended.get(timeout=WAKE_SECONDS)
        # This is checked even if a job has ended, because closing the reader may have ended it.
        if reader.closed:
            raise Closed
    return found


def _put(ended: SimpleQueue[tuple[K, Future[T]]], key: K, future: Future[T]) -> None:
    ended.put((key, future))


def _identity(reader: AccountReader, identity: CallerIdentity | None) -> Reading[CallerIdentity]:
    source = "sts:GetCallerIdentity"

    def ask() -> Reading[CallerIdentity]:
        try:
            who = identity or read_identity(reader)
        except AwsProblem as problem:
            if problem.kind in ACCOUNT_WIDE:
                raise
            return problem.as_unknown()
        return Known(who, source, datetime.now(UTC))

    return next(as_they_come(reader, {"identity": ask}))[1]


def _job(reader: AccountReader, topic: Topic) -> Callable[[], Reading[Any]]:
    def read() -> Reading[Any]:
        try:
            return reader.reading(topic.source, lambda: topic.read(reader))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            # An emulator or a proxy sent a response that AWS's API does not have.
            return Unknown(
                topic.source,
                _("the response to {call} could not be parsed ({error})").format(
                    call=topic.source, error=repr(error)
                ),
                "",
            )

    return read


def _with(facts: AccountFacts, field: str, reading: Reading[Any]) -> AccountFacts:
    filled: dict[str, Any] = {field: reading}
    facts = replace(facts, **filled)
    if field in {"subnets", "route_tables"}:
        subnets, tables = facts.subnets, facts.route_tables
        if isinstance(subnets, Known) and isinstance(tables, Known):
            return replace(
                facts, subnets=replace(subnets, value=with_routes(subnets.value, tables.value))
            )
    return facts


def _with_late_offerings(reader: AccountReader, facts: AccountFacts) -> AccountFacts:
    """Read the offerings of types newer than the catalogue; keep the types that are offered."""
    types, offerings = facts.instance_types, facts.offerings
    if not isinstance(types, Known) or not isinstance(offerings, Known):
        return facts
    if new := {it.name for it in types.value} - catalogue.names():
        topic = Topic(
            "offerings", offerings.source, lambda reader: compute.read_offerings(reader, new)
        )
        _name, late = next(as_they_come(reader, {"offerings": _job(reader, topic)}))
        if not isinstance(late, Known):
            return replace(facts, offerings=late)
        merged = sorted((*offerings.value, *late.value), key=lambda it: it.instance_type)
        offerings = replace(offerings, value=tuple(merged))
    kept = compute.offered(types.value, offerings.value)
    return replace(facts, offerings=offerings, instance_types=replace(types, value=kept))
