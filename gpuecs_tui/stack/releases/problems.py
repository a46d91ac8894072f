"""Why the answers about a deployment contradict others."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.releases.strategy import shifts_traffic
from gpuecs_tui.stack.resolve import HTTP_PORT


def percents(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield that the healthy percents allow no task to be replaced."""
    service = stack.service
    if service.minimum_healthy_percent >= service.maximum_percent:
        yield (
            "service.minimum_healthy_percent",
            _(
                "must be below service.maximum_percent ({most}); otherwise, no task can be replaced"
            ).format(most=service.maximum_percent),
        )


def test_port(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield that the port of the test listener is that of another listener."""
    port, balancer = stack.service.test_port, stack.load_balancer
    used = {balancer.port, HTTP_PORT} if balancer.protocol == "HTTPS" else {balancer.port}
    if port and shifts_traffic(stack.service.deployment_strategy) and port in used:
        yield (
            "service.test_port",
            _("must differ from the ports of the other listeners ({ports})").format(
                ports=", ".join(map(str, sorted(used)))
            ),
        )
