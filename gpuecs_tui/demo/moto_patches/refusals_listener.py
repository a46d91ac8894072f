"""What Elastic Load Balancing refuses about HTTPS listeners and target groups, and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeTargetGroup

from gpuecs_tui.demo.moto_patches.patching import wrap
from gpuecs_tui.stack.balancer.load_balancer import ROUND_ROBIN
from gpuecs_tui.stack.balancer.tls_policies import is_documented

SECURE = ("HTTPS", "TLS")
"""Protocols of a listener that needs a certificate."""

APPLICATION = ("HTTP", "HTTPS")
"""Protocols of an Application Load Balancer's target group."""

TIMEOUT, INTERVAL = 5, 30
"""Default seconds of the health check of an HTTP or HTTPS target group.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"""


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
        if not is_documented(policy):
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


def slow_start_with_another_algorithm() -> None:
    """ModifyTargetGroupAttributes accepts a slow start with any load balancing algorithm."""

    def modify(
        original: Any, self: ELBv2Backend, target_group_arn: str, attributes: dict[str, Any]
    ) -> None:
        group = self.target_groups.get(target_group_arn)
        both = {**group.attributes, **attributes} if group else {}
        algorithm = str(both.get("load_balancing.algorithm.type", ROUND_ROBIN))
        if int(both.get("slow_start.duration_seconds", 0)) and algorithm != ROUND_ROBIN:
            raise ELBClientError(
                "InvalidConfigurationRequest",
                f"Slow start is not supported with the load balancing algorithm {algorithm}.",
            )
        original(self, target_group_arn, attributes)

    wrap(ELBv2Backend, "modify_target_group_attributes", modify)


GAPS = (
    listener_without_certificate,
    unknown_ssl_policy,
    health_check_timeout,
    slow_start_with_another_algorithm,
)
