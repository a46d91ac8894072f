"""What EC2 refuses and moto accepts, and how EC2 compares the rules of a security group.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError, RulesPerSecurityGroupLimitExceededError
from moto.ec2.models.managed_prefixes import ManagedPrefixList
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupBackend, SecurityGroupRule
from moto.elbv2.models import elbv2_backends

from gpuecs_tui.aws.facts import RULES_PER_GROUP
from gpuecs_tui.aws.prefix_lists import prefix_list
from gpuecs_tui.demo.moto_patches.patching import wrap

EVERYTHING = "-1"
"""The protocol of a rule for all traffic; such a rule has no ports."""

Meaning = tuple[str, str, str, str]
"""Protocol, first port, last port and peer; equal for two equal rules."""


def rule_meaning() -> None:
    """Rules that differ only in their description count as different; in EC2 they are equal."""

    def equal(_original: Any, self: SecurityGroupRule, other: object) -> bool:
        return isinstance(other, SecurityGroupRule) and _meaning(self) == _meaning(other)

    wrap(SecurityGroupRule, "__eq__", equal)


def rule_of_a_peer() -> None:
    """ModifySecurityGroupRules keeps the old peer of a rule that names a group or prefix list."""

    def modify(
        original: Any, self: SecurityGroupBackend, group_id: str, rules: dict[str, dict[str, Any]]
    ) -> None:
        original(self, group_id, rules)
        group = self.get_security_group_by_name_or_id(group_id)
        for name, wanted in rules.items():
            rule = group.get_rule(name) if group else None
            if rule is None:
                continue
            if peer := wanted.get("ReferencedGroupId"):
                owner = self.account_id  # type: ignore[attr-defined] # of the whole EC2 backend
                # Its description stays in ip_range, where moto has just written it.
                rule.source_group = {"GroupId": peer, "UserId": owner, "OwnerId": owner}
                rule.ip_range.pop("CidrIp", None)
            elif prefix_list := wanted.get("PrefixListId"):
                rule.prefix_list_id = prefix_list
            elif address := wanted.get("CidrIpv6"):
                rule.ip_range["CidrIpv6"] = address

    wrap(SecurityGroupBackend, "modify_security_group_rules", modify)


def rule_twice() -> None:
    """ModifySecurityGroupRules accepts a change that makes two rules of a group equal."""

    def modify(
        original: Any, self: SecurityGroupBackend, group_id: str, rules: dict[str, dict[str, Any]]
    ) -> None:
        group = self.get_security_group_by_name_or_id(group_id)
        for same in (group.ingress_rules, group.egress_rules) if group else ():
            wanted = {name: _wanted(rule) for name, rule in rules.items()}
            meanings = [wanted.get(rule.id) or _meaning(rule) for rule in same]
            for rule in same:
                if rule.id in rules and meanings.count(wanted[rule.id]) > 1:
                    raise EC2ClientError(
                        "InvalidPermission.Duplicate",
                        f'the specified rule "{_in_words(wanted[rule.id])}" already exists',
                    )
        original(self, group_id, rules)

    wrap(SecurityGroupBackend, "modify_security_group_rules", modify)


def rules_of_prefix_lists() -> None:
    """A rule that names a prefix list counts once, however many entries the list may have."""

    def authorize(
        original: Any,
        self: SecurityGroupBackend,
        group_name_or_id: str,
        ip_protocol: str,
        from_port: str,
        to_port: str,
        ip_ranges: list[Any],
        sgrule_tags: dict[str, str] | None = None,
        source_groups: list[dict[str, str]] | None = None,
        prefix_list_ids: list[dict[str, str]] | None = None,
        security_rule_ids: list[str] | None = None,
        vpc_id: str | None = None,
    ) -> Any:
        group = self.get_security_group_by_name_or_id(group_name_or_id, vpc_id)
        known: dict[str, ManagedPrefixList] = self.managed_prefix_lists  # type: ignore[attr-defined] # of the whole EC2 backend

        def weight(named: str | None) -> int:
            it = known.get(named or "")
            if it is None:
                return 1
            described = {
                "PrefixListId": it.id,
                "PrefixListName": it.prefix_list_name,
                "MaxEntries": it.max_entries,
            }
            return int(prefix_list(described).rules or 1)

        if group is not None and prefix_list_ids:
            present = sum(weight(rule.prefix_list_id) for rule in group.ingress_rules)
            if (
                present + sum(weight(it["PrefixListId"]) for it in prefix_list_ids)
                > RULES_PER_GROUP
            ):
                raise RulesPerSecurityGroupLimitExceededError
        return original(
            self,
            group_name_or_id,
            ip_protocol,
            from_port,
            to_port,
            ip_ranges,
            sgrule_tags,
            source_groups,
            prefix_list_ids,
            security_rule_ids,
            vpc_id,
        )

    wrap(SecurityGroupBackend, "authorize_security_group_ingress", authorize)


def group_in_use() -> None:
    """DeleteSecurityGroup succeeds while an instance, interface, load balancer or rule uses it."""

    def delete(
        original: Any,
        self: SecurityGroupBackend,
        name: str | None = None,
        group_id: str | None = None,
    ) -> None:
        group = self.get_security_group_by_name_or_id(str(group_id or name))
        if group is not None and _is_used(self, group):
            raise EC2ClientError(
                "DependencyViolation", f"resource {group.id} has a dependent object"
            )
        original(self, name=name, group_id=group_id)

    wrap(SecurityGroupBackend, "delete_security_group", delete)


def _is_used(ec2: Any, group: SecurityGroup) -> bool:
    instances = (
        instance
        for reservation in ec2.reservations.values()
        for instance in reservation.instances
        if instance._state.name != "terminated"
    )
    balancers = elbv2_backends[ec2.account_id][ec2.region_name].load_balancers.values()
    endpoints = (it for it in ec2.vpc_end_points.values() if it.state == "available")
    others = (it for groups in ec2.groups.values() for it in groups.values() if it is not group)
    return (
        any(group in instance.security_groups for instance in instances)
        or any(group in interface.group_set for interface in ec2.enis.values())
        or any(group.id in (balancer.security_groups or ()) for balancer in balancers)
        or any(group.id in endpoint.security_group_ids for endpoint in endpoints)
        or any(
            rule.source_group.get("GroupId") == group.id
            for other in others
            for rule in (*other.ingress_rules, *other.egress_rules)
        )
    )


def _meaning(rule: Any) -> Meaning:
    peers = (
        rule.ip_range.get("CidrIp"),
        rule.ip_range.get("CidrIpv6"),
        (rule.source_group or {}).get("GroupId"),
        rule.prefix_list_id,
    )
    return _normal(rule.ip_protocol, rule.from_port, rule.to_port, peers)


def _wanted(rule: dict[str, Any]) -> Meaning:
    peers = map(rule.get, ("CidrIpv4", "CidrIpv6", "ReferencedGroupId", "PrefixListId"))
    return _normal(rule.get("IpProtocol"), rule.get("FromPort"), rule.get("ToPort"), peers)


def _normal(protocol: object, first: object, last: object, peers: Any) -> Meaning:
    # moto stores a port as it was sent: text, number or nothing.
    ports = ("", "") if str(protocol) == EVERYTHING else (str(first), str(last))
    return (str(protocol), *ports, next(filter(None, peers), ""))


def _in_words(meaning: Meaning) -> str:
    protocol, first, last, peer = meaning
    if protocol == EVERYTHING:
        return f"peer: {peer}, ALL, ALLOW"
    return f"peer: {peer}, {protocol.upper()}, from port: {first}, to port: {last}, ALLOW"


GAPS = (rule_meaning, rule_of_a_peer, rule_twice, rules_of_prefix_lists, group_in_use)
