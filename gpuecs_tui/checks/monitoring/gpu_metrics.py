"""Rules gpu-metrics and scaling-gpu: whether GPU metrics arrive, and what their average means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gpuecs_tui.aws.network_facts import egress_of, table_of
from gpuecs_tui.aws.reading import Known, Unknown, not_read
from gpuecs_tui.aws.role_needs import PROFILE, instance_needs
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, undecided, unknown, warning
from gpuecs_tui.checks.network.endpoints import lasting, unserved, with_endpoints
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.monitoring.gpu_metrics import ENDPOINTS
from gpuecs_tui.stack.network import GATEWAY_ENDPOINT

GPU_METRICS, GPU_AVERAGE = "gpu-metrics", "scaling-gpu"
_WITH_PACKAGE = re.compile(r"al2023-ami-")
_WITHOUT_PACKAGE = re.compile(r"amzn2-ami-|bottlerocket-|ubuntu/")
"""Names of AMIs of Amazon and Canonical: with the package manager and the package that user data
uses, and without them. Others may have the agent, as Deep Learning AMIs do, or can install it."""
AMI = "fleet.ami"
FIELD, TARGET = "fleet.gpu_metrics", "autoscaling.gpu_percent"


def gpu_metrics(context: Context) -> Iterator[Finding]:
    """The agent must reach CloudWatch, EC2 and the package repository, may call the first two, and
    must be a package of the AMI's system.

    Amazon Linux 2023 has its packages in S3 (Amazon Linux 2023 user guide, "Package repositories").
    """
    if context.stack.fleet.gpu_metrics:
        yield from _unreached(context)
        yield from _not_allowed(context)
        yield from _not_installed(context)


def _not_installed(context: Context) -> Iterator[Finding]:
    reading = context.account.lookups.machine_images.get(context.stack.fleet.ami)
    if not isinstance(reading, Known) or reading.value is None:
        return  # An AMI of a system that is known, or the rule ami-type reports it.
    name = reading.value.name
    if _WITHOUT_PACKAGE.match(name):
        yield warning(
            GPU_METRICS,
            AMI,
            _(
                "AMI {name} has no dnf, with which user data installs the CloudWatch agent. "
                "Instances send no GPU metrics."
            ).format(name=name),
            fix=((AMI, "al2023"),),
        )
    elif not _WITH_PACKAGE.match(name):
        yield undecided(
            GPU_METRICS,
            AMI,
            _(
                "Could not check whether dnf can install the CloudWatch agent on AMI {name}. If "
                "not, instances send no GPU metrics."
            ).format(name=name or reading.value.id),
            _("check that dnf can, or that the AMI has the agent"),
        )


def _unreached(context: Context) -> Iterator[Finding]:
    tables, endpoints = context.account.route_tables, context.account.vpc_endpoints
    subnets = context.subnets(context.stack.network.instance_subnet_ids) or ()
    if not isinstance(tables, Known) or not isinstance(endpoints, Known):
        return  # The rule egress reports it.
    there, services = lasting(context), (*ENDPOINTS, GATEWAY_ENDPOINT)
    missing: dict[str, None] = {}
    stuck: list[str] = []
    for it in subnets:
        egress = egress_of(it, tables.value)
        if egress in ("nat", "other") or (
            egress == "internet-gateway" and it.assigns_public_address
        ):
            continue
        table = table_of(it, tables.value)
        if lacking := unserved(services, context.stack, it, table, there):
            stuck.append(it.id)
            missing |= dict.fromkeys(lacking)
    if stuck:
        yield warning(
            GPU_METRICS,
            FIELD,
            _(
                "Instances in {subnets} send no GPU metrics: without a route to the internet, the "
                "CloudWatch agent needs VPC endpoints for {services}."
            ).format(subnets=", ".join(stuck), services=", ".join(missing)),
            _("add these services to network.vpc_endpoints"),
            with_endpoints(context, tuple(missing)),
        )


def _not_allowed(context: Context) -> Iterator[Finding]:
    for need in instance_needs(context.stack, context.account):
        reading = context.account.lookups.denied_actions.get(need.id, not_read())
        if isinstance(reading, Unknown):
            what = _("Could not check whether instances may send GPU metrics")
            yield unknown(GPU_METRICS, PROFILE, reading, what)
        elif reading.value:
            yield warning(
                GPU_METRICS,
                PROFILE,
                _("Role {role} lacks permissions: {what}. Instances send no GPU metrics.").format(
                    role=need.role.rpartition("/")[2], what=", ".join(reading.value)
                ),
                _("attach the policy CloudWatchAgentServerPolicy to the role"),
            )


def gpu_average(context: Context) -> Iterator[Finding]:
    """Idle instances lower the average by which tasks are scaled."""
    stack, found = context.stack, context.fit
    fleet, scaling = stack.fleet, stack.autoscaling
    if not (scaling.enabled and scaling.gpu_percent):
        return
    needed = found.instances_for(scaling.min_tasks) if found else None
    spare = needed is not None and fleet.min_size > needed
    if fleet.target_capacity == 100 and not spare:
        return
    why = (
        _("fleet.min_size is {size}, and {n} tasks need {needed} instances").format(
            size=fleet.min_size, n=scaling.min_tasks, needed=needed
        )
        if spare
        else _("fleet.target_capacity is {n} %").format(n=fleet.target_capacity)
    )
    yield warning(
        GPU_AVERAGE,
        TARGET,
        _(
            "The GPU target is compared with the average of all GPUs of the fleet, also of those "
            "without a task ({why}). Idle GPUs lower the average, so tasks are added later."
        ).format(why=why),
        _("choose a lower target, or keep no idle instances"),
    )
