"""Rules static-port and port-range: what host ports allow (docs/aws.md, "Network modes")."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, warning
from gpuecs_tui.checks.placement import one_task_per_instance
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.balancer.load_balancer import TRAFFIC_PORT
from gpuecs_tui.stack.containers.each import each_sidecar
from gpuecs_tui.stack.model import Stack, peak_tasks

AGENT_PORTS = (22, 2375, 2376, 51678, 51679, 51680)
"""Ports of SSH, Docker and the ECS agent (ECS API reference, PortMapping)."""
EPHEMERAL_FIRST = 32768
"""First ephemeral port. A fixed port from here on may be in use at any time."""
EPHEMERAL_LAST = 60999
"""Last port for outgoing connections (the default of ``ip_local_port_range``). Only Docker uses the
ports above, as host ports in bridge mode."""


def static_port(context: Context) -> Iterator[Finding]:
    """A fixed host port allows one task per instance, so more tasks than instances never run."""
    stack = context.stack
    if not one_task_per_instance(stack):
        return
    wanted, most = peak_tasks(stack), stack.fleet.max_size
    if wanted > most:
        yield error(
            "static-port",
            "fleet.max_size",
            _(
                "{wanted} tasks need {wanted} instances because host port {port} allows one task "
                "per instance. The maximum size of the fleet is {most}."
            ).format(wanted=wanted, port=host_port(stack) or _fixed(stack)[0], most=most),
            fix=(("fleet.max_size", wanted),),
        )


def port_range(context: Context) -> Iterator[Finding]:
    """Report a host port that is reserved or ephemeral, and a health check port without a task."""
    stack = context.stack
    mode, port = stack.task.network_mode, host_port(stack)
    field = "task.host_port" if mode == "bridge" else "task.container_port"
    if mode != "awsvpc" and port in AGENT_PORTS:
        yield error(
            "port-range",
            field,
            _("Host port {port} is reserved for SSH, Docker, or the ECS agent.").format(port=port),
            _("choose another port below {first}").format(first=EPHEMERAL_FIRST),
        )
    elif mode == "bridge" and port >= EPHEMERAL_FIRST:
        yield error(
            "port-range",
            field,
            _(
                "Host port {port} is in the ephemeral port range ({first}–65535), whose ports are "
                "assigned dynamically."
            ).format(port=port, first=EPHEMERAL_FIRST),
            _("choose a port below {first}, or 0 for a dynamic port").format(first=EPHEMERAL_FIRST),
            (("task.host_port", 0),),
        )
    elif mode == "host" and EPHEMERAL_FIRST <= port <= EPHEMERAL_LAST:
        # Without a bridge, any outgoing connection of the instance can use the port.
        yield warning(
            "port-range",
            field,
            _(
                "In host mode, the container listens on port {port} of the instance. That port is "
                "in the ephemeral port range for outgoing connections ({first}–{last}). If a "
                "connection already uses it, the task can't start."
            ).format(port=port, first=EPHEMERAL_FIRST, last=EPHEMERAL_LAST),
            _("configure the container to listen on a port below {first}").format(
                first=EPHEMERAL_FIRST
            ),
        )
    yield from _health_port(stack, port)
    if mode != "awsvpc":
        yield from _sidecar_ports(stack)


def _fixed(stack: Stack) -> list[int]:
    return [it.host_port for it in each_sidecar(stack.sidecars) if it.host_port]


def _sidecar_ports(stack: Stack) -> Iterator[Finding]:
    bridge = stack.task.network_mode == "bridge"
    for it in each_sidecar(stack.sidecars):
        port = it.host_port if bridge else it.port
        if port not in AGENT_PORTS and not (bridge and port >= EPHEMERAL_FIRST):
            continue
        yield error(
            "port-range",
            "sidecars.ports",
            _(
                "Host port {port} of the container {name} is reserved for SSH, Docker, or the ECS "
                "agent, or in the ephemeral port range from {first}."
            ).format(port=port, name=it.name, first=EPHEMERAL_FIRST),
            _("choose another port below {first}").format(first=EPHEMERAL_FIRST),
        )


def host_port(stack: Stack) -> int:
    """Return the host port of a task; 0 for a dynamic port."""
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
            "No task responds on port {checked}. In bridge mode, only the host port reaches a task."
        ).format(checked=stack.health_check.port),
        fix=(("health_check.port", TRAFFIC_PORT),),
    )
