"""Gaps of moto's EC2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instances import Instance
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
from moto.ec2.responses import EC2Response
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.spot_instances import SpotInstances
from moto.kms.models import kms_backends

from gpuecs_tui.demo.model import prices, reservations
from gpuecs_tui.demo.moto_patches.patching import wrap

CONFLICTING_DOMAIN = (
    "private-dns-enabled cannot be set because there is already a conflicting DNS domain in the "
    "VPC {vpc}"
)
ROUTE_EXISTS = "a route table already has a route with the service's prefix list"
AWS_EBS_KEY = "alias/aws/ebs"
"""What EC2 returns unless the default key was changed."""
OWN_TAGS = "launch-template"
"""The resource type by which a CreateLaunchTemplate request tags the template itself."""


def template_tags() -> None:
    """The template's own tags are returned as tags for its instances: every plan changes it."""

    def create_version(
        original: Any, self: LaunchTemplate, data: dict[str, Any], description: str
    ) -> LaunchTemplateVersion:
        version: LaunchTemplateVersion = original(self, data, description)
        kept = [
            tags for tags in data.get("TagSpecifications", []) if tags["ResourceType"] != OWN_TAGS
        ]
        version.data = {key: value for key, value in data.items() if key != "TagSpecifications"}
        if kept:
            version.data["TagSpecifications"] = kept
        return version

    wrap(LaunchTemplate, "create_version", create_version)


def template_tags_later() -> None:
    """A launch template always returns the tags of its creation."""

    def tags(template: LaunchTemplate) -> list[dict[str, str]]:
        return template.get_tags()

    # Set once, by the constructor.
    LaunchTemplate.tags = property(tags, lambda _template, _tags: None)  # type: ignore[assignment] # a property for a list


def template_user_data() -> None:
    """User data of a template's second version is damaged: no instance can start from it."""

    def user_data(version: LaunchTemplateVersion) -> Base64EncodedString | None:
        given = version.data.get("UserData")
        return Base64EncodedString(given) if isinstance(given, str) else given

    LaunchTemplateVersion.user_data = property(user_data)  # type: ignore[method-assign, assignment] # a property for another


def rule_description() -> None:
    """A rule that names a group or a prefix list loses its description: every plan changes it."""

    def made(original: Any, self: SecurityGroupRule, *args: Any, **given: Any) -> None:
        original(self, *args, **given)
        # The eighth argument, after that of the group.
        listed = given.get("prefix_list_id") or next(iter(args[7:8]), None)
        if listed and listed.get("Description"):
            self.ip_range = {"Description": listed["Description"]}

    def description(self: SecurityGroupRule) -> str | None:
        return self.ip_range.get("Description") or self.source_group.get("Description")

    wrap(SecurityGroupRule, "__init__", made)
    SecurityGroupRule.description = property(description)  # type: ignore[method-assign, assignment] # a property for another


def rule_of_everything() -> None:
    """ModifySecurityGroupRules refuses a rule for all protocols because it has no ports."""

    def modify(
        original: Any, self: SecurityGroupBackend, group_id: str, rules: dict[str, dict[str, Any]]
    ) -> None:
        everything = [name for name, rule in rules.items() if rule.get("IpProtocol") == "-1"]
        original(
            self,
            group_id,
            {
                name: {"FromPort": "-1", "ToPort": "-1", **rule} if name in everything else rule
                for name, rule in rules.items()
            },
        )
        group = self.get_security_group_by_name_or_id(group_id)
        for rule in filter(None, map(group.get_rule, everything)) if group else ():
            rule.from_port = rule.to_port = None

    wrap(SecurityGroupBackend, "modify_security_group_rules", modify)


def interfaces_of_the_dead() -> None:
    """A terminated instance keeps its first interface: the subnet runs out of addresses."""

    def terminate(original: Any, self: Instance) -> Any:
        for interface in self.nics.values():
            if interface.device_index == 0:
                interface.delete_on_termination = True
        return original(self)

    wrap(Instance, "terminate", terminate)


def volume_of_the_image() -> None:
    """RunInstances refuses a block device without a size; AWS uses the size in the image."""

    def add(
        original: Any,
        self: Instance,
        size: int | None,
        device: str,
        snapshot: str | None,
        *rest: Any,
        **more: Any,
    ) -> None:
        if size is None and snapshot is None:
            image = self.ec2_backend.amis.get(self.image_id)
            devices = image.block_device_mappings if image else ()
            sizes = {it["DeviceName"]: it["Ebs"]["VolumeSize"] for it in devices}
            size = sizes.get(device)
        original(self, size, device, snapshot, *rest, **more)

    validate = InstanceResponse._validate_block_device_mapping

    def accept(device: dict[str, Any]) -> None:
        if isinstance(device.get("Ebs"), dict):
            device = {**device, "Ebs": {"VolumeSize": 1, **device["Ebs"]}}
        validate(device)

    wrap(Instance, "add_block_device", add)
    InstanceResponse._validate_block_device_mapping = staticmethod(accept)  # type: ignore[method-assign, assignment] # a static method for another


def endpoints_twice() -> None:
    """CreateVpcEndpoint accepts a second private DNS name for a service, or S3 route in a table."""

    def create(
        original: Any,
        self: VPCBackend,
        vpc_id: str,
        service_name: str,
        endpoint_type: str | None = None,
        policy_document: str | None = None,
        route_table_ids: Sequence[str] = (),
        **rest: Any,
    ) -> VPCEndPoint:
        there = [
            it
            for it in self.vpc_end_points.values()
            if (it.vpc_id, it.service_name, it.state) == (vpc_id, service_name, "available")
        ]
        if not _is_interface(endpoint_type):
            if any({*route_table_ids} & {*it.route_table_ids} for it in there):
                raise EC2ClientError("RouteAlreadyExists", ROUTE_EXISTS)
        elif rest.get("private_dns_enabled") and any(
            it.private_dns_enabled for it in there if _is_interface(it.vpc_endpoint_type)
        ):
            raise EC2ClientError("InvalidParameter", CONFLICTING_DOMAIN.format(vpc=vpc_id))
        made: VPCEndPoint = original(
            self, vpc_id, service_name, endpoint_type, policy_document, route_table_ids, **rest
        )
        return made

    wrap(VPCBackend, "create_vpc_endpoint", create)


def _is_interface(endpoint_type: str | None) -> bool:
    return (endpoint_type or "").lower() == "interface"


def spot_prices() -> None:
    """Every Spot price is 0.00001 USD, from 2006, and a filter by product returns none."""

    def describe(_original: Any, self: SpotInstances) -> ActionResult:
        filters = self._filters_from_querystring()
        products = {*self._get_param("ProductDescriptions", [])}
        products.update(filters.pop("product-description", []))
        zone = self._get_param("AvailabilityZone")
        offerings = [
            offering
            for offering in self.ec2_backend.describe_spot_price_history(
                self._get_param("InstanceTypes", []), filters
            )
            if not zone or offering["Location"] == zone
        ]
        if products and "Linux/UNIX" not in products:
            offerings = []
        now = datetime.now(UTC)
        end = min(_moment(self._get_param("EndTime")) or now, now)
        start = _moment(self._get_param("StartTime")) or end - prices.SPOT_KEPT
        history = prices.spot_history(self.region, offerings, start, end)
        first = int(self._get_param("NextToken") or 0)
        size = int(self._get_param("MaxResults") or prices.MOST_RESULTS)
        more = str(first + size) if first + size < len(history) else ""
        page = history[first : first + size]
        return ActionResult({"SpotPriceHistory": page, "NextToken": more})

    wrap(SpotInstances, "describe_spot_price_history", describe)


def capacity_reservations() -> None:
    """DescribeCapacityReservations is missing."""

    def describe(_original: Any, self: EC2Response) -> ActionResult:
        ids = self._get_param("CapacityReservationIds", [])
        found = reservations.found(self.region, ids, self._filters_from_querystring())
        return ActionResult({"CapacityReservations": found})

    wrap(EC2Response, "describe_capacity_reservations", describe)


def _moment(given: str | datetime | None) -> datetime | None:
    if not given:
        return None
    moment = given if isinstance(given, datetime) else datetime.fromisoformat(given)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def default_ebs_key() -> None:
    """GetEbsDefaultKmsKeyId is missing, although the key can be changed.

    The first encrypted volume makes moto store the AWS managed key as if it had been chosen; EC2
    still returns that key's alias.
    """

    def answer(_original: Any, self: EC2Response) -> ActionResult:
        key = self.ec2_backend.default_kms_key_id
        keys = kms_backends[self.current_account][self.region]
        managed = keys.describe_key(AWS_EBS_KEY).arn if keys.alias_exists(AWS_EBS_KEY) else ""
        return ActionResult({"KmsKeyId": key if key not in ("", managed) else AWS_EBS_KEY})

    wrap(EC2Response, "get_ebs_default_kms_key_id", answer)


GAPS = (
    default_ebs_key,
    template_tags,
    template_tags_later,
    template_user_data,
    rule_description,
    rule_of_everything,
    interfaces_of_the_dead,
    volume_of_the_image,
    endpoints_twice,
    spot_prices,
    capacity_reservations,
)
