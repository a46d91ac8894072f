"""What Elastic Load Balancing refuses and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeAction, FakeListener, FakeLoadBalancer
from moto.s3.models import s3_backends

from gpuecs_tui.aws.log_bucket import SSE_S3, allows_delivery, objects
from gpuecs_tui.demo.moto_patches.patching import wrap
from gpuecs_tui.stack.partitions import partition_of

_ACCESS_LOGS = ("access_logs.s3.enabled", "access_logs.s3.bucket", "access_logs.s3.prefix")
ZONES = 2
"""The fewest Availability Zones of an Application Load Balancer."""


def protected_balancer() -> None:
    """DeleteLoadBalancer succeeds although deletion protection is on."""

    def delete(original: Any, self: ELBv2Backend, arn: str) -> None:
        balancer = self.load_balancers.get(arn)
        if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
            raise ELBClientError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        original(self, arn)

    wrap(ELBv2Backend, "delete_load_balancer", delete)


def listener_twice() -> None:
    """CreateListener accepts a used port; for an equal listener, AWS returns the first one."""

    def create(original: Any, self: ELBv2Backend, *args: Any, **given: Any) -> FakeListener:
        balancer = self.load_balancers.get(given["load_balancer_arn"])
        for listener in _on_port(balancer, given["port"]):
            if _is_same(listener, given):
                return listener
            raise ELBClientError(
                "DuplicateListener",
                "A listener already exists on this port for this load balancer "
                f"'{given['load_balancer_arn']}'",
            )
        made: FakeListener = original(self, *args, **given)
        return made

    wrap(ELBv2Backend, "create_listener", create)


def listener_onto_another() -> None:
    """ModifyListener accepts a port that another listener uses."""

    def modify(
        original: Any, self: ELBv2Backend, arn: str, port: str | None = None, *rest: Any
    ) -> FakeListener:
        changed = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])[0]
        balancer = self.load_balancers[changed.load_balancer_arn]
        if port is not None and any(it is not changed for it in _on_port(balancer, port)):
            raise ELBClientError("ValidationError", f"Listener port '{port}' is already in use")
        made: FakeListener = original(self, arn, port, *rest)
        return made

    wrap(ELBv2Backend, "modify_listener", modify)


def balancer_zones() -> None:
    """CreateLoadBalancer accepts two subnets of one Availability Zone, or only one zone."""

    def create(original: Any, self: ELBv2Backend, *args: Any, **given: Any) -> FakeLoadBalancer:
        mapped = [it["SubnetId"] for it in given.get("subnet_mappings") or ()]
        zones = [
            self.ec2_backend.get_subnet(identity).availability_zone
            for identity in (*(given.get("subnet_ids") or ()), *mapped)
        ]
        if len({*zones}) < len(zones):
            raise ELBClientError(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same Availability "
                "Zone",
            )
        if zones and len(zones) < ZONES and given.get("loadbalancer_type") == "application":
            raise ELBClientError(
                "ValidationError",
                "At least two subnets in two different Availability Zones must be specified",
            )
        made: FakeLoadBalancer = original(self, *args, **given)
        return made

    wrap(ELBv2Backend, "create_load_balancer", create)


def balancer_again() -> None:
    """CreateLoadBalancer accepts a used name; for an equal one, AWS returns the first one."""

    def create(original: Any, self: ELBv2Backend, *args: Any, **given: Any) -> FakeLoadBalancer:
        for balancer in self.load_balancers.values():
            if balancer.name != given["name"]:
                continue
            subnets = sorted(subnet.id for subnet in balancer.subnets)
            if (
                balancer.scheme == given["scheme"]
                and subnets == sorted(given["subnet_ids"])
                and sorted(balancer.security_groups or ()) == sorted(given["security_groups"])
            ):
                return balancer
            raise ELBClientError(
                "DuplicateLoadBalancerName",
                f"A load balancer with the same name '{balancer.name}' exists, but with different "
                "settings",
            )
        made: FakeLoadBalancer = original(self, *args, **given)
        return made

    wrap(ELBv2Backend, "create_load_balancer", create)


def balancers_of_a_group() -> None:
    """A target group keeps the load balancers of its first listener after that listener changes."""

    def after(original: Any, self: ELBv2Backend, *args: Any, **given: Any) -> Any:
        answer = original(self, *args, **given)
        used: dict[str, list[str]] = {arn: [] for arn in self.target_groups}
        for balancer in self.load_balancers.values():
            actions = [
                action
                for listener in balancer.listeners.values()
                for rule in listener.rules.values()
                for action in rule.actions
            ]
            for action in actions:
                for arn in self._get_target_group_arns_from(action_data=action.data):
                    if balancer.arn not in used.setdefault(arn, []):
                        used[arn].append(balancer.arn)
        for arn, group in self.target_groups.items():
            group.load_balancer_arns = used[arn]
        return answer

    for name in (
        "create_listener",
        "modify_listener",
        "delete_listener",
        "create_rule",
        "modify_rule",
        "delete_rule",
        "delete_load_balancer",
    ):
        wrap(ELBv2Backend, name, after)


def _on_port(balancer: FakeLoadBalancer | None, port: object) -> list[FakeListener]:
    listeners = balancer.listeners.values() if balancer else ()
    return [it for it in listeners if str(it.port) == str(port)]


def _is_same(listener: FakeListener, given: dict[str, Any]) -> bool:
    wanted = [FakeAction(dict(action)).data for action in given["actions"]]
    return (
        listener.protocol == given["protocol"]
        and listener.certificate == given["certificate"]
        and [action.data for action in listener.default_actions] == wanted
    )


def bucket_of_access_logs() -> None:
    """ModifyLoadBalancerAttributes accepts any bucket for access logs."""

    def modify(
        original: Any, self: ELBv2Backend, arn: str, attrs: dict[str, Any]
    ) -> dict[str, Any]:
        balancer = self.load_balancers.get(arn)
        both = {**balancer.attrs, **attrs} if balancer else {}
        if attrs.keys() & {*_ACCESS_LOGS} and str(both.get(_ACCESS_LOGS[0])).lower() == "true":
            name, prefix = (str(both.get(it, "")) for it in _ACCESS_LOGS[1:])
            _refuse_log_bucket(self, name, prefix)
        made: dict[str, Any] = original(self, arn, attrs)
        return made

    wrap(ELBv2Backend, "modify_load_balancer_attributes", modify)


def _refuse_log_bucket(self: ELBv2Backend, name: str, prefix: str) -> None:
    found = s3_backends[self.account_id][partition_of(self.region_name)].buckets.get(name)
    written = objects(self.region_name, self.account_id, name, prefix)
    policy = found.policy if found else b""
    text = policy.decode() if isinstance(policy, bytes) else policy or ""
    if found is None:
        reason = f"S3 bucket: {name} does not exist"
    elif found.region_name != self.region_name:
        reason = f"S3 bucket: {name} is not located in the same region as the load balancer"
    elif (
        _algorithm(found.encryption) != SSE_S3
        or allows_delivery(text, self.region_name, written) is False
    ):
        reason = f"Access Denied for bucket: {name}. Please check S3bucket permission"
    else:
        return
    raise ELBClientError("InvalidConfigurationRequest", reason)


def _algorithm(encryption: dict[str, Any] | None) -> str:
    rule = (encryption or {}).get("Rule", {})
    chosen = rule.get("ApplyServerSideEncryptionByDefault", {})
    return str(chosen.get("SSEAlgorithm", SSE_S3))


GAPS = (
    protected_balancer,
    listener_twice,
    listener_onto_another,
    balancer_zones,
    balancer_again,
    balancers_of_a_group,
    bucket_of_access_logs,
)
