"""Rules static-port and port-range: what host ports allow (docs/aws.md, "Network modes")."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, warning
from gpuecs_tui.checks.placement import one_task_per_instance
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.load_balancer import TRAFFIC_PORT
from gpuecs_tui.stack.model import Stack

AGENT_PORTS = (22, 2375, 2376, 51678, 51679, 51680)
"""SSH, Docker and the ECS agent have them (ECS API reference, PortMapping)."""
EPHEMERAL_FIRST = 32768
"""From here on the kernel gives ports away: a fixed one may be taken at any time."""
EPHEMERAL_LAST = 60999
"""Up to here the kernel gives them to connections that go out (``ip_local_port_range``'s default);
those above are only Docker's, which gives host ports to bridge mode."""


def static_port(context: Context) -> Iterator[Finding]:
    """A fixed host port means one task an instance: more tasks than instances never run."""
    stack = context.stack
    if not one_task_per_instance(stack):
        return
    wanted, most = stack.service.desired_count, stack.fleet.max_size
    if wanted > most:
        yield error(
            "static-port",
            "fleet.max_size",
            _(
                "{wanted} tasks need {wanted} instances, because host port {port} allows one task "
                "on each; the fleet ends at {most}."
            ).format(wanted=wanted, port=host_port(stack), most=most),
            fix=(("fleet.max_size", wanted),),
        )


def port_range(context: Context) -> Iterator[Finding]:
    """A host port that the agent or the kernel has; a health check on a port nobody serves."""
    stack = context.stack
    mode, port = stack.task.network_mode, host_port(stack)
    field = "task.host_port" if mode == "bridge" else "task.container_port"
    if mode != "awsvpc" and port in AGENT_PORTS:
        yield error(
            "port-range",
            field,
            _("Host port {port} belongs to SSH, Docker or the ECS agent of the instance.").format(
                port=port
            ),
            _("take another port below {first}").format(first=EPHEMERAL_FIRST),
        )
    elif mode == "bridge" and port >= EPHEMERAL_FIRST:
        yield error(
            "port-range",
            field,
            _(
                "Host port {port} is in the range that the kernel gives away ({first}–65535)."
            ).format(port=port, first=EPHEMERAL_FIRST),
            _("take a port below {first}, or 0 for a free one").format(first=EPHEMERAL_FIRST),
            (("task.host_port", 0),),
        )
    elif mode == "host" and EPHEMERAL_FIRST <= port <= EPHEMERAL_LAST:
        # No bridge stands between: what takes the port is any connection that the instance opens.
        yield warning(
            "port-range",
            field,
            _(
                "In host mode the container listens on port {port} of the instance, which is in "
                "the range that the kernel gives to outgoing connections ({first}–{last}): now and "
                "then it is taken and the task doesn't start."
            ).format(port=port, first=EPHEMERAL_FIRST, last=EPHEMERAL_LAST),
            _("let the container listen on a port below {first}").format(first=EPHEMERAL_FIRST),
        )
    yield from _health_port(stack, port)


def host_port(stack: Stack) -> int:
    """Return the port of the instance that a task takes; 0 for a free one."""
    if stack.task.network_mode == "bridge":
        return stack.task.host_port
    return stack.task.container_port


def _health_port(stack: Stack, port: int) -> Iterator[Finding]:
    # In the other modes a container may listen on more ports than the one it maps.
    if stack.task.network_mode != "bridge" or stack.health_check.port in {TRAFFIC_PORT, str(port)}:
        return
    yield error(
        "port-range",
        "health_check.port",
        _(
            "No task answers on port {checked}: in bridge mode only its host port leads to it."
        ).format(checked=stack.health_check.port),
        fix=(("health_check.port", TRAFFIC_PORT),),
    )
