"""What Elastic Load Balancing refuses about HTTPS listeners and health checks, and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeTargetGroup
from moto.elbv2.ssl_policies import SSL_POLICIES

from gpuecs_tui.demo.moto_patches.patching import wrap

SECURE = ("HTTPS", "TLS")
"""Protocols of a listener that needs a certificate."""

APPLICATION = ("HTTP", "HTTPS")
"""Protocols of an Application Load Balancer's target group."""

TIMEOUT, INTERVAL = 5, 30
"""Default seconds of the health check of an HTTP or HTTPS target group.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"""

_FIPS = ("1-3", "1-2", "1-2-Res", "1-2-Ext0", "1-2-Ext1", "1-2-Ext2", "1-1", "1-0")
OTHER_POLICIES = frozenset(
    {
        f"ELBSecurityPolicy-TLS13-{it}-FIPS-{date}"
        for it in _FIPS
        for date in ("2023-04", "PQ-2025-09")
    }
    | {
        f"ELBSecurityPolicy-{it}"
        for it in (
            "2015-05",
            "TLS-1-0-2015-04",
            "FS-2018-06",
            "FS-1-1-2019-08",
            "FS-1-2-2019-08",
            "FS-1-2-Res-2019-08",
        )
    }
)
"""AWS's SSL policies that moto doesn't have, those with RFC9151 in their name aside; a listener can
name them.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""


def listener_without_certificate() -> None:
    """CreateListener accepts an HTTPS or TLS listener without a certificate."""

    def create(original: Any, self: ELBv2Backend, *args: Any, **given: Any) -> FakeListener:
        if given["protocol"] in SECURE and not given["certificate"]:
            raise ELBClientError(
                "ValidationError",
                f"A certificate must be specified for {given['protocol']} listeners",
            )
        made: FakeListener = original(self, *args, **given)
        return made

    wrap(ELBv2Backend, "create_listener", create)


def unknown_ssl_policy() -> None:
    """CreateListener accepts an SSL policy of any name."""

    def create(original: Any, self: ELBv2Backend, *args: Any, **given: Any) -> FakeListener:
        policy = given["ssl_policy"]
        known = policy in SSL_POLICIES or policy in OTHER_POLICIES or "RFC9151" in policy
        if not known:
            raise ELBClientError("SSLPolicyNotFound", "The specified SSL policy does not exist.")
        made: FakeListener = original(self, *args, **given)
        return made

    wrap(ELBv2Backend, "create_listener", create)


def health_check_timeout() -> None:
    """CreateTargetGroup accepts a health check timeout that is not below the interval."""

    def create(original: Any, self: ELBv2Backend, *args: Any, **given: Any) -> FakeTargetGroup:
        if given.get("protocol") in APPLICATION:
            timeout = given.get("healthcheck_timeout_seconds") or TIMEOUT
            interval = given.get("healthcheck_interval_seconds") or INTERVAL
            _refuse_timeout(str(given["protocol"]), int(timeout), int(interval))
        made: FakeTargetGroup = original(self, *args, **given)
        return made

    def modify(
        original: Any,
        self: ELBv2Backend,
        arn: str,
        protocol: str | None = None,
        port: str | None = None,
        path: str | None = None,
        interval: int | None = None,
        timeout: int | None = None,
        *rest: Any,
        **more: Any,
    ) -> FakeTargetGroup:
        group = self.target_groups.get(arn)
        if group and group.protocol:
            wanted_timeout = timeout or group.health_check_timeout_seconds
            wanted_interval = interval or group.health_check_interval_seconds
            if wanted_timeout and wanted_interval:
                _refuse_timeout(group.protocol, int(wanted_timeout), int(wanted_interval))
        made: FakeTargetGroup = original(
            self, arn, protocol, port, path, interval, timeout, *rest, **more
        )
        return made

    wrap(ELBv2Backend, "create_target_group", create)
    wrap(ELBv2Backend, "modify_target_group", modify)


def _refuse_timeout(protocol: str, timeout: int, interval: int) -> None:
    # They may be equal in the target group of a Network Load Balancer.
    if timeout > interval or (timeout == interval and protocol in APPLICATION):
        raise ELBClientError(
            "ValidationError", "Health check interval must be greater than the timeout."
        )


GAPS = (listener_without_certificate, unknown_ssl_policy, health_check_timeout)
