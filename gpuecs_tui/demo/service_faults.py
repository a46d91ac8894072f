"""The faults that show in a running service: where an instance, a task or a target stops.

In the order of a new task's life. ``plays`` has what AWS answers for each of them. Imports no moto.
"""

from __future__ import annotations

import re
from typing import Final

from gpuecs_tui.demo.fault import Fault
from gpuecs_tui.i18n import N_

_EXIT_CODE = re.compile(r"[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]")
"""1–255: exit codes of a failed program."""

SERVICE_FAULTS: Final = (
    # Auto Scaling group and launch
    Fault(
        "asg-max",
        N_("The fleet is at its maximum size, and each service wants one more task than fits."),
    ),
    Fault(
        "no-capacity",
        N_("EC2 has no capacity for the instance type in the Availability Zone ZONE."),
        operand="ZONE",
        default="all",
    ),
    Fault("vcpu-limit", N_("The vCPU quota of On-Demand Instances is used up.")),
    Fault("spot-limit", N_("The quota of Spot Instances is used up.")),
    Fault("spot-none", N_("No Spot capacity is available.")),
    Fault("bad-template", N_("The AMI of the launch template does not exist.")),
    Fault("kms-denied", N_("Auto Scaling may not use the KMS key of the instances' volumes.")),
    Fault("profile-bad", N_("The instance profile of the launch template does not exist.")),
    Fault("no-address", N_("The subnets have no free IP address for an instance.")),
    Fault("slr-missing", N_("The service-linked role of Auto Scaling does not exist.")),
    # Instance and agent
    Fault("status-check", N_("The instances fail their status checks.")),
    Fault("never-registered", N_("New instances run but do not register with the cluster.")),
    Fault("other-cluster", N_("New instances register with the cluster named default.")),
    Fault("no-gpus", N_("New instances register without GPUs.")),
    Fault("agent-lost", N_("The ECS agents are disconnected.")),
    # Placement
    Fault("not-placed-memory", N_("No instance has enough memory for a new task.")),
    Fault("not-placed-cpu", N_("No instance has enough CPU units for a new task.")),
    Fault("not-placed-port", N_("The port of a new task is in use on every instance.")),
    Fault("not-placed-gpu", N_("No instance has a free GPU for a new task.")),
    Fault("not-placed-eni", N_("No instance has a free network interface for a new task.")),
    Fault(
        "not-placed-attribute",
        N_("Every instance lacks an attribute that a new task requires."),
    ),
    Fault("not-active", N_("Every container instance is DRAINING.")),
    Fault("provisioning", N_("New tasks wait for capacity until they time out.")),
    Fault("az-mismatch", N_("No instance satisfies the placement constraint of a new task.")),
    # Image pull
    Fault("pull-notfound", N_("The image of a new task does not exist.")),
    Fault("pull-denied", N_("The execution role of a new task may not pull the image.")),
    Fault("pull-net", N_("Instances can't reach the image registry.")),
    Fault("pull-disk", N_("The disk of the instances is full during an image pull.")),
    Fault("pull-arch", N_("The image of a new task is for another CPU architecture.")),
    Fault("pull-rate", N_("The image registry refuses further pulls (rate limit).")),
    Fault("pull-slow", N_("An image pull takes 30 times as long.")),
    # Start
    Fault("secrets", N_("The execution role of a new task may not read the secret.")),
    Fault("logs-init", N_("The log group of a new task does not exist.")),
    Fault("nvidia-runtime", N_("The NVIDIA driver is too old for the image's CUDA version.")),
    Fault("start-timeout", N_("Docker does not start the container of a new task in time.")),
    # Run
    Fault("oom", N_("Running containers exceed their memory and are killed.")),
    Fault("gpu-oom", N_("The program of a new task runs out of GPU memory.")),
    Fault("cuda-mismatch", N_("The program of a new task needs a newer NVIDIA driver.")),
    Fault(
        "exits",
        N_("The program of a new task exits with CODE."),
        operand="CODE",
        default="1",
        pattern=_EXIT_CODE,
    ),
    Fault("interrupted", N_("EC2 interrupts one Spot Instance of each fleet.")),
    # Health
    Fault("health-404", N_("The health check of new targets gets the status code 404.")),
    Fault("health-5xx", N_("The health check of new targets gets the status code 503.")),
    Fault("health-mismatch", N_("The health check of new targets gets the status code 302.")),
    Fault("health-timeout", N_("The health check of new targets times out.")),
    Fault("health-early", N_("New tasks load their model for longer than the grace period.")),
    Fault("container-unhealthy", N_("The health check in the container of a new task fails.")),
    Fault(
        "not-in-zone",
        N_("New targets are in an Availability Zone that the load balancer does not use."),
    ),
    # Deployment
    Fault(
        "breaker-rollback",
        N_("The program of the next deployment exits with 1, so that ECS rolls it back."),
    ),
    Fault(
        "breaker-capacity",
        N_("The tasks of the next deployment can't be placed, so that ECS rolls it back."),
    ),
    Fault("rollout-stuck", N_("The tasks of the next deployment wait for a free GPU forever.")),
    Fault("deregistered-revision", N_("Earlier task definition revisions are INACTIVE.")),
    # Scaling
    Fault("draining-hold", N_("An instance of each fleet is DRAINING, and its tasks don't stop.")),
    Fault("protected", N_("The instances are protected from scale-in, and one of them is idle.")),
    Fault("scaled-by-other", N_("Application Auto Scaling raises the desired count by one.")),
    # ECS Exec
    Fault("exec-off", N_("ECS Exec is not enabled for the running tasks.")),
)
"""Every fault of a running service."""

NAMES: Final = frozenset(fault.name for fault in SERVICE_FAULTS)
