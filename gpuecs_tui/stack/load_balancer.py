"""The load balancer, its listener and target group, and the target group's health check."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import choice, flag, integer, text
from gpuecs_tui.stack.task import PORT_MAX

CERTIFICATE_ARN = (
    r"arn:aws[a-z-]*:(?:acm:[a-z0-9-]+:[0-9]{12}:certificate|iam::[0-9]{12}:server-certificate)"
    r"/[\w+=,.@/-]+"
)
TRAFFIC_PORT = "traffic-port"
_PORT = r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
_CODE = r"(?:2[0-9]{2}|3[0-9]{2}|4[0-9]{2})"
HTTP_MATCHER = rf"{_CODE}(?:-{_CODE})?(?:,{_CODE}(?:-{_CODE})?)*"
"""Codes 200–499 (docs/aws.md, "Ranges and names")."""
_GRPC_CODE = r"[1-9]?[0-9]"
GRPC_MATCHER = rf"{_GRPC_CODE}(?:-{_GRPC_CODE})?(?:,{_GRPC_CODE}(?:-{_GRPC_CODE})?)*"
"""Codes 0–99, for GRPC target groups only (ELBv2 API reference, Matcher)."""


def reversed_range(matcher: str) -> str:
    """Return the first range of a valid ``matcher`` that ends below its start, or the empty text.

    No code is in such a range, so nothing would ever count as healthy.
    """
    for part in matcher.split(","):
        first, dash, last = part.partition("-")
        if dash and int(last) < int(first):
            return part
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """``load_balancer.*``."""

    internal: bool = flag(
        N_("Internal"), N_("Reachable from the VPC only. Off: from the internet."), True
    )
    port: int = integer(
        N_("Listener port"),
        N_("80 for HTTP, 443 for HTTPS."),
        derived=True,
        minimum=1,
        maximum=PORT_MAX,
    )
    protocol: str = choice(
        N_("Protocol"),
        N_("HTTPS needs a certificate; port 80 then redirects to it."),
        "HTTP",
        ("HTTP", "HTTPS"),
    )
    certificate_arn: str = text(
        N_("Certificate"),
        N_("An issued certificate of the same region, for HTTPS."),
        "",
        pattern=CERTIFICATE_ARN,
        pattern_says=N_("must be a certificate's ARN"),
    )
    deletion_protection: bool = flag(
        N_("Deletion protection"),
        N_("The load balancer can't be deleted until this is off again."),
        False,
    )
    idle_timeout_seconds: int = integer(
        N_("Idle timeout"),
        N_("At least as long as your longest silent answer."),
        60,
        minimum=1,
        maximum=4000,
        unit="s",
    )
    target_port: int = integer(
        N_("Target port"),
        N_("The target group's port; each task registers with its own."),
        80,
        minimum=1,
        maximum=PORT_MAX,
    )
    target_protocol_version: str = choice(
        N_("Target protocol"), N_("What the container speaks."), "HTTP1", ("HTTP1", "HTTP2", "GRPC")
    )
    algorithm: str = choice(
        N_("Algorithm"),
        N_("least_outstanding_requests suits requests of very different length."),
        "round_robin",
        ("round_robin", "least_outstanding_requests", "weighted_random"),
    )
    deregistration_delay_seconds: int = integer(
        N_("Deregistration delay"),
        N_("How long a task that leaves may finish its requests."),
        60,
        minimum=0,
        maximum=3600,
        unit="s",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """``health_check.*``: how the target group tells whether a task is well."""

    path: str = text(
        N_("Path"),
        N_("Answers when the model is loaded."),
        "/health",
        pattern=r"/[!-~]*",
        max_length=1024,
        optional=False,
        pattern_says=N_("must start with / and hold no spaces"),
    )
    matcher: str = text(
        N_("Good codes"),
        N_("HTTP codes that mean healthy: 200, 200,202 or 200-299. For GRPC: from 0 to 99."),
        "200",
        pattern=rf"{HTTP_MATCHER}|{GRPC_MATCHER}",
        optional=False,
        pattern_says=N_("must be codes from 200 to 499, such as 200, 200,202 or 200-299"),
    )
    interval_seconds: int = integer(
        N_("Interval"), N_("Between two checks."), 5, minimum=5, maximum=300, unit="s"
    )
    timeout_seconds: int = integer(
        N_("Timeout"), N_("Less than the interval."), 2, minimum=2, maximum=120, unit="s"
    )
    healthy_threshold: int = integer(
        N_("Healthy after"),
        N_("Good checks in a row."),
        5,
        minimum=2,
        maximum=10,
        unit=N_("checks"),
    )
    unhealthy_threshold: int = integer(
        N_("Unhealthy after"),
        N_("Bad checks in a row."),
        2,
        minimum=2,
        maximum=10,
        unit=N_("checks"),
    )
    port: str = text(
        N_("Port"),
        N_("traffic-port: the one that requests go to."),
        TRAFFIC_PORT,
        pattern=rf"{TRAFFIC_PORT}|{_PORT}",
        optional=False,
        pattern_says=N_("must be traffic-port or a port from 1 to 65535"),
    )
    protocol: str = choice(N_("Protocol"), N_("What the check speaks."), "HTTP", ("HTTP", "HTTPS"))
