"""Rules ipc-mode, container-health, restart-policy and read-only-root: options of the container."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, warning
from gpuecs_tui.checks.rules.timing import STARTUP_SECONDS
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.model import Stack

IPC, HEALTH, RESTART, READ_ONLY = (
    "ipc-mode", "container-health", "restart-policy", "read-only-root",
)  # fmt: skip
MODE, SIZE = "task.ipc_mode", "task.shared_memory_mib"
RESTART_AGENT = "1.86.0"
"""First version of the ECS agent with restart policies (ECS developer guide, "Restart individual
containers in Amazon ECS tasks with container restart policies")."""


def ipc_mode(context: Context) -> Iterator[Finding]:
    """Shared memory that other containers reach, or that the container lacks.

    Docker creates a shared memory of the wanted size only for a container with an IPC namespace of
    its own (github.com/moby/moby, daemon/container_operations_unix.go, setupIPCDirs).
    """
    task = context.stack.task
    if task.ipc_mode == "default":
        return
    if task.ipc_mode == "host":
        message = _(
            "In IPC mode host, the container can read and change the shared memory of the instance "
            "and of all other containers with this mode."
        )
        tasks = context.fit.placeable if context.fit else 1
        if tasks > 1:
            message += " " + ngettext(
                "{n} task shares an instance.", "{n} tasks share an instance.", tasks
            ).format(n=tasks)
        yield warning(IPC, MODE, message, fix=((MODE, "default"),))
    elif task.ipc_mode == "none":
        yield warning(
            IPC,
            MODE,
            _(
                "In IPC mode none, the container has no /dev/shm. PyTorch data loaders and NCCL "
                "need it."
            ),
            fix=((MODE, "default"),),
        )
    if task.shared_memory_mib:
        yield warning(
            IPC,
            SIZE,
            _(
                "Docker ignores the size of the shared memory ({size} MiB) in IPC mode {mode}, "
                "because the container has no shared memory of its own."
            ).format(size=task.shared_memory_mib, mode=task.ipc_mode),
            _("set task.ipc_mode to default, or task.shared_memory_mib to 0"),
        )


def unhealthy_seconds(stack: Stack) -> int:
    """Return after how many seconds from its start a container that never passes is unhealthy."""
    check = stack.container_health
    return check.start_period_seconds + check.retries * check.interval_seconds


def container_health(context: Context) -> Iterator[Finding]:
    """The check in the container must allow for loading, and end before its next run is due.

    The service ignores container health checks too during its grace period (ECS API reference,
    CreateService, ``healthCheckGracePeriodSeconds``).
    """
    stack, check = context.stack, context.stack.container_health
    if not check.command:
        return
    if check.timeout_seconds > check.interval_seconds:
        noticed = check.retries * (check.interval_seconds + check.timeout_seconds)
        yield warning(
            HEALTH,
            "container_health.timeout_seconds",
            _(
                "The timeout of the container health check ({timeout} s) is longer than its "
                "interval ({interval} s). Docker waits for each run to end before the next "
                "interval, so a container that hangs is unhealthy only after {noticed} s."
            ).format(
                timeout=check.timeout_seconds, interval=check.interval_seconds, noticed=noticed
            ),
            fix=(("container_health.timeout_seconds", check.interval_seconds),),
        )
    grace, ends = stack.service.health_check_grace_seconds, unhealthy_seconds(stack)
    if max(grace, ends) < STARTUP_SECONDS:
        yield warning(
            HEALTH,
            "service.health_check_grace_seconds",
            _(
                "ECS may replace tasks that are still loading their model: the container is "
                "unhealthy {ends} s after its start, and the grace period ({grace} s) ends before "
                "the {startup} s that loading can take."
            ).format(ends=ends, grace=grace, startup=STARTUP_SECONDS),
            fix=(("service.health_check_grace_seconds", STARTUP_SECONDS),),
        )


def restart_policy(context: Context) -> Iterator[Finding]:
    """The agent of an AMI that the stack doesn't choose by its newest release may be too old."""
    ami = context.stack.fleet.ami
    if context.stack.container.restart and ami.startswith("ami-"):
        yield undecided(
            RESTART,
            "container.restart",
            _(
                "Could not check whether {ami} has version {version} or later of the ECS agent, "
                "which restart policies need. Tasks may not be placed with an older agent."
            ).format(ami=ami, version=RESTART_AGENT),
            _("check the agent version of the AMI, or set fleet.ami to al2023"),
        )


def read_only_root(context: Context) -> Iterator[Finding]:
    """ECS Exec writes to the container, and most model servers do (ECS developer guide, "ECS
    Exec", considerations)."""
    stack = context.stack
    if not stack.container.read_only_root:
        return
    key = "container.read_only_root"
    if stack.service.execute_command:
        yield error(
            READ_ONLY,
            key,
            _(
                "ECS Exec doesn't work with a read-only root file system: its agent writes to the "
                "container."
            ),
            _("set container.read_only_root to false, or service.execute_command to false"),
        )
    yield undecided(
        READ_ONLY,
        key,
        _(
            "Could not check whether the program writes to its root file system, which is "
            "read-only. Many model servers write to /tmp and to caches in the home directory."
        ),
        _(
            "run the image with docker run --read-only, and point TMPDIR and caches to /dev/shm in "
            "task.environment"
        ),
    )
