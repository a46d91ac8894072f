"""What Elastic Load Balancing refuses across VPCs and Availability Zones, and moto accepts.

A load balancer stays in the VPC of its first subnets. docs/demo-account.md lists every refusal with
its public source.
"""

from __future__ import annotations

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeAction, FakeListener

from gpuecs_tui.demo.moto_patches.patching import wrap


def subnets_of_another_vpc() -> None:
    """SetSubnets accepts subnets of another VPC, and two subnets of one zone."""

    def put(
        original: Any,
        self: ELBv2Backend,
        arn: str,
        subnets: list[str],
        subnet_mappings: list[dict[str, Any]],
    ) -> Any:
        wanted = {*subnets, *(it["SubnetId"] for it in subnet_mappings)}
        found = [it for it in self.ec2_backend.describe_subnets() if it.id in wanted]
        balancer = self.load_balancers.get(arn)
        if balancer and any(subnet.vpc_id != balancer.vpc_id for subnet in found):
            raise ELBClientError(
                "InvalidConfigurationRequest",
                f"All subnets must belong to the VPC of the load balancer, '{balancer.vpc_id}'",
            )
        if len({subnet.availability_zone for subnet in found}) < len(found):
            raise ELBClientError(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same Availability "
                "Zone",
            )
        return original(self, arn, subnets, subnet_mappings)

    wrap(ELBv2Backend, "set_subnets", put)


def groups_of_another_vpc() -> None:
    """SetSecurityGroups accepts security groups of another VPC."""

    def put(original: Any, self: ELBv2Backend, arn: str, sec_groups: list[str]) -> Any:
        balancer = self.load_balancers.get(arn)
        groups = [self.ec2_backend.get_security_group_from_id(it) for it in sec_groups]
        if balancer and any(it and it.vpc_id != balancer.vpc_id for it in groups):
            raise ELBClientError(
                "InvalidConfigurationRequest", "One or more security groups are invalid"
            )
        return original(self, arn, sec_groups)

    wrap(ELBv2Backend, "set_security_groups", put)


def targets_of_another_vpc() -> None:
    """A listener accepts a target group of another VPC than its load balancer's."""

    def create(original: Any, self: ELBv2Backend, *args: Any, **given: Any) -> FakeListener:
        _refuse_foreign(self, given["load_balancer_arn"], given.get("actions"))
        made: FakeListener = original(self, *args, **given)
        return made

    def modify(original: Any, self: ELBv2Backend, arn: str, *args: Any) -> FakeListener:
        changed = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])[0]
        # The last one is the new default actions, None for the present ones.
        _refuse_foreign(self, changed.load_balancer_arn, args[-1] if args else None)
        made: FakeListener = original(self, arn, *args)
        return made

    wrap(ELBv2Backend, "create_listener", create)
    wrap(ELBv2Backend, "modify_listener", modify)


def _refuse_foreign(backend: ELBv2Backend, arn: str, actions: list[dict[str, Any]] | None) -> None:
    balancer = backend.load_balancers.get(arn)
    for action in actions or ():
        data = FakeAction(dict(action)).data
        for target in backend._get_target_group_arns_from(action_data=data):
            group = backend.target_groups.get(target)
            if balancer and group and group.vpc_id != balancer.vpc_id:
                raise ELBClientError(
                    "InvalidConfigurationRequest",
                    f"Target group '{target}' is in a different VPC than load balancer '{arn}'",
                )


GAPS = (subnets_of_another_vpc, groups_of_another_vpc, targets_of_another_vpc)
"""Gaps of moto's Elastic Load Balancing between VPCs."""
