"""How requests come in, and how a task is known to be well."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.widgets.choices import account
from gpuecs_tui.widgets.form.layout import keys_of
from gpuecs_tui.widgets.step.form_screen import FormScreen, ListSource

TIMING_KEYS = frozenset(
    {
        "health_check.interval_seconds",
        "health_check.timeout_seconds",
        "health_check.healthy_threshold",
        "health_check.unhealthy_threshold",
        "service.health_check_grace_seconds",
        "load_balancer.deregistration_delay_seconds",
    }
)


class LoadBalancerScreen(FormScreen):
    """Asks for the load balancer's and the health check's decisions."""

    STEP = "load_balancer"
    HELP_KEYS = keys_of("load_balancer")
    HELP = N_(
        "The health check should answer only once the model is loaded. A new task counts as "
        "healthy after interval × healthy threshold; the service kills it if bad checks count "
        "before the grace is over, so let the grace be longer than your model takes to load.\n\n"
        "A task that dies gets requests until interval × unhealthy threshold has passed. A "
        "task that leaves may finish its requests within the deregistration delay.\n\n"
        "HTTPS needs an issued certificate of the region; port 80 then redirects to it."
    )
    LISTS: ClassVar = {
        "load_balancer.certificate_arn": ListSource(account.certificates),
    }

    def live(self) -> Content:
        """Say in seconds how fast a task counts as healthy, and as dead."""
        from gpuecs_tui.checks.rules.timing import timing

        if TIMING_KEYS & {*self.wizard.decisions.problems, *self.wizard.decisions.unknown}:
            return Content("")
        times = timing(self.wizard.decisions.resolved.stack)
        text = _(
            "New task: healthy {healthy} s after its first good answer, up to {startup} s to start."
            " Dead: no requests after {unhealthy} s, out after {removed} s."
        )
        return Content.styled(
            text.format(
                healthy=times.healthy,
                startup=times.startup,
                unhealthy=times.unhealthy,
                removed=times.removed,
            ),
            "bold",
        )
