"""The load balancer, its listener and target group, and the target group's health check."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.balancer.tls_policies import EARLIER, POLICY
from gpuecs_tui.stack.fields import choice, flag, integer, text
from gpuecs_tui.stack.identity import BUCKET_NAME
from gpuecs_tui.stack.task import PORT_MAX

CERTIFICATE_ARN = (
    r"arn:aws[a-z-]*:(?:acm:[a-z0-9-]+:[0-9]{12}:certificate|iam::[0-9]{12}:server-certificate)"
    r"/[\w+=,.@/-]+"
)
WEB_ACL_ARN = (
    r"arn:aws[a-z-]*:wafv2:[a-z0-9-]+:[0-9]{12}:regional/webacl/[A-Za-z0-9_-]{1,128}/[0-9a-f-]{36}"
)
"""AWS WAF API reference, AssociateWebACL; those of CloudFront have ``global`` instead."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST_NAME = rf"(?:{_LABEL}\.)+{_LABEL}"
"""A name of the DNS (RFC 1123, section 2.1), in lower case as Route 53 stores it."""
HOST_NAME_MAX = 253
ZONE_ID = r"[A-Z0-9]{1,32}"
"""Route 53 API reference, HostedZone."""
TRAFFIC_PORT = "traffic-port"
_PREFIX_PART = r"[A-Za-z0-9!_.*'()-]+"
"""Characters that are safe in a key (S3 user guide, "Naming Amazon S3 objects")."""
LOGS_FOLDER = "AWSLogs"
"""Elastic Load Balancing adds it to the prefix, which must not contain it."""
ROUND_ROBIN = "round_robin"
STICKINESS_MAX_SECONDS = 7 * 24 * 3600
"""Seven days (Elastic Load Balancing user guide, "Sticky sessions")."""
_PORT = r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
_CODE = r"(?:2[0-9]{2}|3[0-9]{2}|4[0-9]{2})"
HTTP_MATCHER = rf"{_CODE}(?:-{_CODE})?(?:,{_CODE}(?:-{_CODE})?)*"
"""Codes 200–499 (docs/aws.md, "Ranges and names")."""
_GRPC_CODE = r"[1-9]?[0-9]"
GRPC_MATCHER = rf"{_GRPC_CODE}(?:-{_GRPC_CODE})?(?:,{_GRPC_CODE}(?:-{_GRPC_CODE})?)*"
"""Codes 0–99, for GRPC target groups only (ELBv2 API reference, Matcher)."""


def reversed_range(matcher: str) -> str:
    """Return the first range of a valid ``matcher`` that ends below its start, or an empty text.

    Such a range contains no code, so no task would become healthy.
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
        N_("Internal"),
        N_("On: reachable only from the VPC. Off: reachable from the internet."),
        True,
    )
    port: int = integer(
        N_("Listener port"),
        N_("The default is 80 for HTTP and 443 for HTTPS."),
        derived=True,
        minimum=1,
        maximum=PORT_MAX,
    )
    protocol: str = choice(
        N_("Protocol"),
        N_("HTTPS needs a certificate. Port 80 then redirects to HTTPS."),
        "HTTP",
        ("HTTP", "HTTPS"),
    )
    certificate_arn: str = text(
        N_("Certificate"),
        N_("Issued certificate in the same Region, for HTTPS."),
        "",
        pattern=CERTIFICATE_ARN,
        pattern_says=N_("must be the ARN of a certificate"),
    )
    tls_policy: str = text(
        N_("TLS policy"),
        N_(
            "Security policy of an HTTPS listener: the TLS versions and ciphers for clients. In "
            "partitions other than aws-cn and aws, the default is an earlier policy, because it is "
            "not confirmed that the newest one exists there."
        ),
        derived=True,
        unset=EARLIER,
        pattern=POLICY,
        optional=False,
        pattern_says=N_("must be the name of a security policy, ELBSecurityPolicy-…"),
    )
    host_name: str = text(
        N_("Host name"),
        N_(
            "Name by which clients reach the service, such as llm.example.com. Leave empty to use "
            "the name of the load balancer, which no certificate covers."
        ),
        "",
        unset="",
        pattern=HOST_NAME,
        max_length=HOST_NAME_MAX,
        pattern_says=N_("must be a DNS name in lower case, such as llm.example.com"),
    )
    hosted_zone_id: str = text(
        N_("Hosted zone"),
        N_(
            "Route 53 hosted zone in which an alias record for the host name is created. Leave "
            "empty if you create the record yourself."
        ),
        "",
        unset="",
        pattern=ZONE_ID,
        pattern_says=N_("must be the ID of a hosted zone: capital letters and digits"),
    )
    web_acl_arn: str = text(
        N_("Web ACL"),
        N_(
            "Existing web ACL of AWS WAF, which filters the requests and charges for each. Leave "
            "empty for none."
        ),
        "",
        unset="",
        pattern=WEB_ACL_ARN,
        pattern_says=N_("must be the ARN of a regional web ACL"),
    )
    deletion_protection: bool = flag(
        N_("Deletion protection"),
        N_("Prevents deletion of the load balancer until this is turned off."),
        False,
    )
    idle_timeout_seconds: int = integer(
        N_("Idle timeout"),
        N_(
            "Time without data until a connection is closed. Use at least the longest silence of "
            "your responses."
        ),
        60,
        minimum=1,
        maximum=4000,
        unit="s",
    )
    access_log_bucket: str = text(
        N_("Access log bucket"),
        N_("Existing S3 bucket in the same Region for access logs. Leave empty for none."),
        "",
        unset="",
        pattern=BUCKET_NAME,
        min_length=3,
        max_length=63,
        pattern_says=N_("must be a bucket name: a–z, 0–9, periods, and hyphens"),
    )
    access_log_prefix: str = text(
        N_("Access log prefix"),
        N_("Start of the keys of the logs in the bucket, before AWSLogs. Leave empty for none."),
        "",
        unset="",
        pattern=rf"{_PREFIX_PART}(?:/{_PREFIX_PART})*",
        pattern_says=N_("must be parts of a key with slashes only between them"),
    )
    target_port: int = integer(
        N_("Target port"),
        N_("Port of the target group. Each task registers with its own port."),
        80,
        minimum=1,
        maximum=PORT_MAX,
    )
    target_protocol_version: str = choice(
        N_("Target protocol version"),
        N_("Protocol version that the container supports."),
        "HTTP1",
        ("HTTP1", "HTTP2", "GRPC"),
    )
    algorithm: str = choice(
        N_("Algorithm"),
        N_("least_outstanding_requests suits requests of very different duration."),
        ROUND_ROBIN,
        (ROUND_ROBIN, "least_outstanding_requests", "weighted_random"),
    )
    slow_start_seconds: int = integer(
        N_("Slow start"),
        N_(
            "Time in which a new task receives a growing share of the requests, with round_robin "
            "only. 0: off."
        ),
        0,
        unset=0,
        minimum=30,
        maximum=900,
        also=(0,),
        unit="s",
    )
    stickiness_seconds: int = integer(
        N_("Stickiness"),
        N_("Time for which a cookie sends the requests of a client to the same task. 0: off."),
        0,
        unset=0,
        minimum=0,
        maximum=STICKINESS_MAX_SECONDS,
        unit="s",
    )
    deregistration_delay_seconds: int = integer(
        N_("Deregistration delay"),
        N_("Time for a task that is being removed to finish its requests."),
        60,
        minimum=0,
        maximum=3600,
        unit="s",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """``health_check.*``: how the target group checks the health of tasks."""

    path: str = text(
        N_("Path"),
        N_("Path that returns a success code once the model is loaded."),
        "/health",
        pattern=r"/[!-~]*",
        max_length=1024,
        optional=False,
        pattern_says=N_("must start with / and contain no spaces"),
    )
    matcher: str = text(
        N_("Success codes"),
        N_("HTTP codes that mean healthy: 200, 200,202 or 200-299. For GRPC: between 0 and 99."),
        "200",
        pattern=rf"{HTTP_MATCHER}|{GRPC_MATCHER}",
        optional=False,
        pattern_says=N_("must be codes between 200 and 499, such as 200, 200,202 or 200-299"),
    )
    interval_seconds: int = integer(
        N_("Interval"), N_("Time between two health checks."), 5, minimum=5, maximum=300, unit="s"
    )
    timeout_seconds: int = integer(
        N_("Timeout"),
        N_("Time to wait for a response. Must be less than the interval."),
        2,
        minimum=2,
        maximum=120,
        unit="s",
    )
    healthy_threshold: int = integer(
        N_("Healthy threshold"),
        N_("Successful checks in a row until a task is healthy."),
        5,
        minimum=2,
        maximum=10,
        unit=N_("checks"),
    )
    unhealthy_threshold: int = integer(
        N_("Unhealthy threshold"),
        N_("Failed checks in a row until a task is unhealthy."),
        2,
        minimum=2,
        maximum=10,
        unit=N_("checks"),
    )
    port: str = text(
        N_("Port"),
        N_("traffic-port: the port that receives the requests."),
        TRAFFIC_PORT,
        pattern=rf"{TRAFFIC_PORT}|{_PORT}",
        optional=False,
        pattern_says=N_("must be traffic-port or a port between 1 and 65535"),
    )
    protocol: str = choice(
        N_("Protocol"), N_("Protocol of the health check."), "HTTP", ("HTTP", "HTTPS")
    )
