"""Looks up what one stack refers to: an image's repository, an AMI, secrets, a log group.

Reading all images or secrets of an account would take thousands of calls. The few that a stack
refers to take one call each, and the calls run in parallel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from gpuecs_tui.aws.discovery.account import as_they_come
from gpuecs_tui.aws.discovery.ami_releases import read_parameter_ami
from gpuecs_tui.aws.discovery.hosted_zones import read_hosted_zone
from gpuecs_tui.aws.discovery.names import read_log_groups
from gpuecs_tui.aws.ebs_key import read_ebs_key
from gpuecs_tui.aws.ecr import MANIFEST_TYPES, EcrImage, architectures_of, ecr_image
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.facts import (
    GROUPS_PER_INTERFACE,
    GROUPS_QUOTA,
    RULES_QUOTA,
    AccountFacts,
    Image,
    LogGroup,
    Lookups,
    MachineImage,
)
from gpuecs_tui.aws.log_bucket import read_encryption, read_policy, read_region
from gpuecs_tui.aws.log_key import log_key_id, read_log_key
from gpuecs_tui.aws.prefix_lists import read_prefix_list
from gpuecs_tui.aws.reading import Known, Reading
from gpuecs_tui.aws.role_needs import instance_needs, read_denied, role_needs
from gpuecs_tui.aws.secret_place import SecretPlace, secret_place
from gpuecs_tui.aws.service.cluster_insights import KEPT, read_cluster_insights
from gpuecs_tui.aws.service.live_count import read_live_count, service_id
from gpuecs_tui.aws.service.live_revision import read_live_revision
from gpuecs_tui.aws.service.topics import read_topic
from gpuecs_tui.aws.service_roles import missing_service_roles, read_may_create
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.stack.capacity.ami import ami_parameter
from gpuecs_tui.stack.containers.references import images_of, secret_references
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.partitions import account_in, region_in

_NEVER = datetime.min.replace(tzinfo=UTC)
IMAGE_PAGE = {"PageSize": 1000}
"""The largest page of ecr:DescribeImages."""


def read_images(reader: AccountReader, repository: str) -> Reading[tuple[Image, ...] | None]:
    """Return the images of one ECR repository, once for each tag, newest first.

    None if the repository does not exist.
    """

    def read() -> tuple[Image, ...] | None:
        try:
            items = reader.items(
                "ecr",
                "DescribeImages",
                "imageDetails",
                repositoryName=repository,
                PaginationConfig=IMAGE_PAGE,
            )
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return None
            raise
        found = [
            Image(tag, it["imageDigest"], it.get("imagePushedAt"), it.get("imageSizeInBytes") or 0)
            for it in items
            for tag in it.get("imageTags") or ("",)
        ]
        found.sort(key=lambda it: (it.pushed_at or _NEVER, it.tag), reverse=True)
        return tuple(found)

    return reader.reading("ecr:DescribeImages", read)


def read_architectures(reader: AccountReader, image: EcrImage) -> Reading[tuple[str, ...]]:
    """Return the architectures that an image's manifest names; see ``ecr.architectures_of``."""
    which = {"imageDigest": image.digest} if image.digest else {"imageTag": image.tag}

    def read() -> tuple[str, ...]:
        try:
            answer = reader.call(
                "ecr",
                "BatchGetImage",
                repositoryName=image.repository,
                imageIds=[which],
                acceptedMediaTypes=[*MANIFEST_TYPES],
            )
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return ()
            raise
        found = answer.get("images", ())
        return architectures_of(found[0].get("imageManifest", "")) if found else ()

    return reader.reading("ecr:BatchGetImage", read)


def read_references(reader: AccountReader, stack: Stack, facts: AccountFacts) -> AccountFacts:
    """Return ``facts`` with everything that ``stack`` refers to. Known facts are kept, facts that
    could not be read are requested again.

    Raises Closed once the reader is closed.
    """
    jobs = {
        (kind, key): job
        for kind, key, job in (*_jobs(reader, stack), *_permission_jobs(reader, stack, facts))
        if not isinstance(getattr(facts.lookups, kind).get(key), Known)
    }
    found: dict[str, dict[str, Any]] = {
        field.name: dict(getattr(facts.lookups, field.name)) for field in fields(Lookups)
    }
    for (kind, key), reading in as_they_come(reader, jobs):
        found[kind][key] = reading
    return replace(facts, lookups=Lookups(**found))


def _jobs(
    reader: AccountReader, stack: Stack
) -> Iterator[tuple[str, str, Callable[[], Reading[Any]]]]:
    for _key, reference in images_of(stack):
        image = ecr_image(reference)
        if image and image.region == reader.region:
            yield "images", image.repository, partial(read_images, reader, image.repository)
            yield "image_architectures", reference, partial(read_architectures, reader, image)
    if stack.fleet.ami.startswith("ami-"):
        yield (
            "machine_images",
            stack.fleet.ami,
            partial(_read_machine_image, reader, stack.fleet.ami),
        )
    if stack.fleet.ami_release and (parameter := ami_parameter(stack)):
        yield "parameter_amis", parameter, partial(read_parameter_ami, reader, parameter)
    for arn in secret_references(stack):
        yield "secrets", arn, partial(_read_secret, reader, secret_place(arn))
    boundary = stack.stack.permissions_boundary
    # The policies of AWS itself, "arn:aws:iam::aws:policy/…", exist in every account.
    if account_in(boundary) not in ("", "aws"):
        yield "policies", boundary, partial(_read_policy, reader, boundary)
    topic = stack.alarms.topic_arn
    if stack.alarms.enabled and f":sns:{reader.region}:" in topic:
        yield "topics", topic, partial(read_topic, reader, topic)
    network = stack.network
    # A security group is created, with a rule for each source and listener.
    if network.has_sources and not network.load_balancer_security_group_ids:
        for listed in network.ingress_prefix_list_ids:
            yield "prefix_lists", listed, partial(read_prefix_list, reader, listed)
        yield "quotas", RULES_QUOTA, partial(_read_quota, reader, "vpc", RULES_QUOTA)
    chosen = (network.load_balancer_security_group_ids, network.instance_security_group_ids)
    if max(map(len, chosen)) > GROUPS_PER_INTERFACE:
        yield "quotas", GROUPS_QUOTA, partial(_read_quota, reader, "vpc", GROUPS_QUOTA)
    if zone := stack.load_balancer.hosted_zone_id:
        yield "hosted_zones", zone, partial(read_hosted_zone, reader, zone)
    if (acl := stack.load_balancer.web_acl_arn) and region_in(acl) == reader.region:
        yield "web_acls", acl, partial(_read_web_acl, reader, acl)
    if bucket := stack.load_balancer.access_log_bucket:
        yield "log_bucket_regions", bucket, partial(read_region, reader, bucket)
        yield "log_bucket_policies", bucket, partial(read_policy, reader, bucket)
        yield "log_bucket_encryptions", bucket, partial(read_encryption, reader, bucket)
    name = stack.task.log_group
    yield "log_groups", name, partial(_read_log_group, reader, name)


def _permission_jobs(
    reader: AccountReader, stack: Stack, facts: AccountFacts
) -> Iterator[tuple[str, str, Callable[[], Reading[Any]]]]:
    """Yield lookups that also depend on the account's lists: existing roles, a running service."""
    identity = facts.identity
    account = identity.value.account if isinstance(identity, Known) else ""
    for need in (*role_needs(stack), *instance_needs(stack, facts)):
        if not account or account in need.role.split(":"):
            yield "denied_actions", need.id, partial(read_denied, reader, need)
    if isinstance(identity, Known):
        for name, service in missing_service_roles(stack, facts).items():
            ask = partial(read_may_create, reader, identity.value, name, service)
            yield "may_create", name, ask
    if stack.fleet.root_volume_gib:
        yield "ebs_keys", reader.region, partial(read_ebs_key, reader)
    key, group = stack.task.log_kms_key_arn, stack.task.log_group
    if account and f":kms:{reader.region}:" in key:
        key_reading = partial(read_log_key, reader, key, account, group)
        yield "log_keys", log_key_id(key, group), key_reading
    cluster, service = stack.names.cluster, stack.names.service
    clusters = facts.clusters
    if isinstance(clusters, Known) and cluster in {it.name for it in clusters.value}:
        if stack.fleet.container_insights == KEPT:
            yield "cluster_insights", cluster, partial(read_cluster_insights, reader, cluster)
        counts = partial(read_live_count, reader, cluster, service)
        yield "live_counts", service_id(cluster, service), counts
        if "task_definition" in stack.service.ignore_changes:
            revision = partial(read_live_revision, reader, cluster, service)
            yield "live_revisions", service_id(cluster, service), revision


def _read_machine_image(reader: AccountReader, ami: str) -> Reading[MachineImage | None]:
    def read() -> MachineImage | None:
        try:
            found = reader.call("ec2", "DescribeImages", ImageIds=[ami])["Images"]
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return None
            raise
        if not found:
            return None
        until = found[0].get("DeprecationTime")
        return MachineImage(
            id=ami,
            name=found[0].get("Name", ""),
            architecture=found[0].get("Architecture", ""),
            deprecated_after=datetime.fromisoformat(until) if until else None,
        )

    return reader.reading("ec2:DescribeImages", read)


def _read_secret(reader: AccountReader, place: SecretPlace) -> Reading[bool]:
    if place.region in ("", reader.region):
        return _read_secret_here(reader, place)
    # The secret is in another Region, which no other call uses.
    elsewhere = reader.again(place.region)
    try:
        return _read_secret_here(elsewhere, place)
    finally:
        elsewhere.close()


def _read_policy(reader: AccountReader, arn: str) -> Reading[bool]:
    def read() -> bool:
        try:
            reader.call("iam", "GetPolicy", PolicyArn=arn)
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return False
            raise
        return True

    return reader.reading("iam:GetPolicy", read)


def _read_web_acl(reader: AccountReader, arn: str) -> Reading[bool]:
    # arn:aws:wafv2:REGION:ACCOUNT:regional/webacl/NAME/ID
    name, id_ = arn.split("/")[-2:]

    def read() -> bool:
        try:
            reader.call("wafv2", "GetWebACL", Name=name, Scope="REGIONAL", Id=id_)
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return False
            raise
        return True

    return reader.reading("wafv2:GetWebACL", read)


def _read_secret_here(reader: AccountReader, place: SecretPlace) -> Reading[bool]:
    # Only its existence is read, never its value.
    if place.service == "secretsmanager":
        return reader.reading(
            "secretsmanager:DescribeSecret",
            lambda: _secret_stands(reader, place.id),
        )
    name = place.id

    def read() -> bool:
        # The API lists names of several levels with a leading slash, other names without.
        names = [name, name.removeprefix("/")] if name.count("/") == 1 else [name]
        answer = reader.call(
            "ssm",
            "DescribeParameters",
            ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": names}],
        )
        return bool(answer.get("Parameters"))

    return reader.reading("ssm:DescribeParameters", read)


def _secret_stands(reader: AccountReader, secret: str) -> bool:
    try:
        found = reader.call("secretsmanager", "DescribeSecret", SecretId=secret)
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return False
        raise
    # It is described until its recovery window ends, but it can no longer be read.
    return "DeletedDate" not in found


def _read_quota(reader: AccountReader, service: str, code: str) -> Reading[int]:
    return reader.reading(
        "servicequotas:GetServiceQuota",
        lambda: int(
            reader.call("service-quotas", "GetServiceQuota", ServiceCode=service, QuotaCode=code)[
                "Quota"
            ]["Value"]
        ),
    )


def _read_log_group(reader: AccountReader, name: str) -> Reading[LogGroup | None]:
    return reader.reading(
        "logs:DescribeLogGroups",
        lambda: next((it for it in read_log_groups(reader, name) if it.name == name), None),
    )
