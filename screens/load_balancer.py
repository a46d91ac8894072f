"""The step for the listener and the health check of a task."""

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
    """The step for the decisions of the load balancer and the health check."""

    STEP = "load_balancer"
    HELP_KEYS = keys_of("load_balancer")
    HELP = N_(
        "The health check path should return a success code only after the model is "
        "loaded. A new task becomes healthy after interval × healthy threshold. The "
        "service stops it if failed checks count before the health check grace "
        "period ends, so set a grace period longer than your model takes to load.\n\nA "
        "failed task receives requests until interval × unhealthy threshold has "
        "passed. A task that is stopped can finish its requests within the "
        "deregistration delay.\n\nHTTPS needs an issued certificate in the Region. "
        "Port 80 then redirects to HTTPS."
    )
    LISTS: ClassVar = {
        "load_balancer.certificate_arn": ListSource(account.certificates),
        "load_balancer.hosted_zone_id": ListSource(account.hosted_zones, late="hosted_zones"),
        "load_balancer.web_acl_arn": ListSource(account.web_acls, late="web_acls"),
        "alarms.topic_arn": ListSource(account.topics, exhaustive=False, late="topics"),
    }

    def live(self) -> Content:
        """Return in how many seconds a task becomes healthy or unhealthy."""
        from gpuecs_tui.checks.rules.timing import timing

        if TIMING_KEYS & {*self.wizard.decisions.problems, *self.wizard.decisions.unknown}:
            return Content("")
        times = timing(self.wizard.decisions.resolved.stack)
        text = _(
            "New task: healthy {healthy} s after its first successful check, up to "
            "{startup} s to start. Failed task: no requests after {unhealthy} s, "
            "deregistered after {removed} s."
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
