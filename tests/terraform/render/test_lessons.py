"""The design rows of docs/failure-modes.md and the facts of docs/aws.md, checked in the written
Terraform."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.stack.balancer.tls_policies import RECOMMENDED
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.hcl.tree import Literal, Reference, calls
from gpuecs_tui.terraform.read.configuration import MISSING
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.rewrite import files_for
from tests.support.terraform.written_files import (
    HTTPS,
    PARAMETER,
    PROFILE,
    ROLE,
    SECRET,
    blocks,
    configuration,
    made,
    put,
    references,
)

# docs/failure-modes.md, design rows


def test_destroy_order() -> None:
    written = configuration()
    assert references(written, "aws_ecs_service.this", "depends_on")[:2] == [
        "aws_ecs_cluster_capacity_providers.this",
        "aws_lb_listener.http",
    ]
    assert "aws_iam_role_policy_attachment.execution" in references(
        written, "aws_ecs_service.this", "depends_on"
    )
    assert written.value("aws_autoscaling_group.this", "force_delete") is True
    # Because the user data refers to the cluster, the instances are deleted before the cluster.
    found = written.expression("aws_launch_template.this", "user_data")
    assert found is not None
    (template,) = [call for call in calls(found[0]) if call.name == "templatefile"]
    assert Reference("aws_ecs_cluster.this.name") in dict(_pairs(template.arguments[1])).values()
    for address in ("aws_ecs_service.this", "aws_ecs_cluster_capacity_providers.this"):
        assert references(written, address, "lifecycle.replace_triggered_by") == [
            "aws_ecs_capacity_provider.this.id"
        ]


def _pairs(expression: Any) -> Any:
    return expression.pairs


def test_association_resource() -> None:
    written = configuration()
    assert written.value("aws_ecs_cluster.this", "capacity_providers") is MISSING
    association = "aws_ecs_cluster_capacity_providers.this"
    assert references(written, association, "capacity_providers") == [
        "aws_ecs_capacity_provider.this.name"
    ]
    assert written.value(association, "default_capacity_provider_strategy.base") == 0
    assert written.value(association, "default_capacity_provider_strategy.weight") == 1


def test_target_group_in_use() -> None:
    names = set()
    for changes in (
        {},
        {"network.vpc_id": "vpc-0123456789abcdef1"},
        {"load_balancer.target_port": 81},
        {**HTTPS, "load_balancer.target_protocol_version": "HTTP2"},
        {"task.network_mode": "awsvpc"},
    ):
        written = configuration(changes)
        target_group = "aws_lb_target_group.this"
        assert written.value(target_group, "lifecycle.create_before_destroy") is True
        names.add(written.value(target_group, "name"))
    assert len(names) == 5


def test_managed_tag() -> None:
    (tag,) = list(configuration().blocks["aws_autoscaling_group.this"][1].body.named("tag"))
    values = {name: attribute.value for name, attribute in tag.body.attributes.items()}
    assert [getattr(values[name], "value", None) for name in ("key", "value")] == [
        "AmazonECSManaged",
        "",
    ]
    assert getattr(values["propagate_at_launch"], "value", None) is True


@pytest.mark.parametrize(
    ("ami", "file", "line"),
    [
        ("al2023", "user_data.sh", "ECS_CLUSTER=${cluster}"),
        ("ami-0123456789abcdef0", "user_data.sh", "ECS_CLUSTER=${cluster}"),
        ("bottlerocket", "user_data.toml", 'cluster = "${cluster}"'),
    ],
)
def test_cluster_join(ami: str, file: str, line: str) -> None:
    assert line in render(made(fleet__ami=ami))[file].splitlines()


def test_count_reset() -> None:
    service, group = "aws_ecs_service.this", "aws_autoscaling_group.this"
    assert configuration().expression(service, "lifecycle.ignore_changes") is None
    written = configuration(service__ignore_changes=("desired_count",))
    assert references(written, service, "lifecycle.ignore_changes") == ["desired_count"]
    assert references(written, group, "lifecycle.ignore_changes") == ["desired_capacity"]


def test_template_roll() -> None:
    group = "aws_autoscaling_group.this"
    plain = configuration()
    assert plain.value(group, "launch_template.version") == "$Latest"
    assert plain.body(group, "instance_refresh") is None
    rolling = configuration(fleet__instance_refresh=True)
    assert rolling.value(group, "launch_template.version").reference.endswith("latest_version")
    preferences = "instance_refresh.preferences"
    assert rolling.value(group, f"{preferences}.scale_in_protected_instances") == "Refresh"
    assert rolling.value(group, f"{preferences}.min_healthy_percentage") == 100


@pytest.mark.parametrize("roles", [True, False])
def test_only_names_of_ecr_follow_the_partition(roles: bool) -> None:
    # com.amazonaws.cn-north-1.ecs, but cn.com.amazonaws.cn-north-1.ecr.api.
    given: dict[str, Value] = {
        "network.vpc_endpoints": ("logs", "ecr.dkr", "s3"),
        "fleet.instance_profile_arn": "" if roles else f"{PROFILE}ecs",
        "task.execution_role_arn": "" if roles else f"{ROLE}execution",
    }
    endpoint, plain = "aws_vpc_endpoint.interface", '"com.amazonaws.${var.region}.${each.value}"'
    for region in ("eu-central-1", "us-gov-west-1"):
        files = render(made(given, stack__region=region))
        assert plain in files["endpoints.tf"] and "reverse_dns" not in files["endpoints.tf"]
    for region in ("cn-northwest-1", "eusc-de-east-1"):
        written = configuration(given, stack__region=region)
        assert "reverse_dns_prefix" in str(written.expression(endpoint, "service_name"))
        # It is declared once, in the file that needs it.
        files = render(made(given, stack__region=region))
        assert "".join(files.values()).count('data "aws_partition"') == 1
        assert '"com.amazonaws.${var.region}.s3"' in files["endpoints.tf"]
    unused = render(made({**given, "network.vpc_endpoints": ("logs",)}, stack__region="cn-north-1"))
    assert plain in unused["endpoints.tf"]


def test_instances_trust_the_same_principal_in_each_partition(tmp_path: Path) -> None:
    trust = "data.aws_iam_policy_document.instance_trust"
    part = "statement.principals.identifiers"
    for region in ("us-west-2", "cn-north-1", "eusc-de-east-1"):
        written = configuration({}, stack__region=region)
        assert written.value(trust, part) == ["ec2.amazonaws.com"]
    # A directory keeps its value, except if AWS rejects it.
    before = '"ec2.${data.aws_partition.this.dns_suffix}"'
    for region, kept in (("us-west-2", True), ("eusc-de-east-1", False)):
        directory = tmp_path / region
        put(directory, render(made(stack__region=region)))
        iam = directory / "iam.tf"
        iam.write_text(iam.read_text().replace('"ec2.amazonaws.com"', before))
        assert [it.file for it in read(directory).unread] == ([] if kept else ["iam.tf"])
        files = files_for(made(stack__region=region, service__desired_count=3), directory)
        assert (before in files["iam.tf"]) is kept


def test_endpoints_let_the_vpc_in_and_outlive_the_instances() -> None:
    # Their names resolve to the endpoint in the whole VPC: a client without access loses the
    # service.
    rule = "aws_vpc_security_group_ingress_rule.endpoints_from_vpc"
    for changes, ranges in (
        ({}, "local.ingress_cidrs"),
        ({"network.ingress_cidrs": ("10.0.0.0/8",)}, "local.vpc_cidrs"),
    ):
        written = configuration({**changes, "network.vpc_endpoints": ("ecs", "s3")})
        values = {name: written.value(rule, name) for name in ("from_port", "to_port")}
        assert values == {"from_port": 443, "to_port": 443}
        assert written.value(rule, "cidr_ipv4").reference == "each.value"
        assert ranges in str(written.expression(rule, "for_each"))
        rules = [
            block.labels[1]
            for kind in ("ingress", "egress")
            for block in blocks(written, f"aws_vpc_security_group_{kind}_rule")
            if "aws_security_group.endpoints.id" in str(block.body.attributes["security_group_id"])
        ]
        assert rules == ["endpoints_from_vpc"]
        needs = references(written, "aws_autoscaling_group.this", "depends_on")
        assert needs[-3:] == ["aws_vpc_endpoint.interface", rule, "aws_vpc_endpoint.s3"]
    # Without both, AWS refuses private DNS; the plan reports that before the apply.
    asked = written.expression("aws_vpc_endpoint.interface", "lifecycle.precondition.condition")
    assert asked is not None
    assert all(f"data.aws_vpc.this.enable_dns_{it}" in str(asked[0])
               for it in ("support", "hostnames"))  # fmt: skip
    assert "aws_vpc_endpoint.interface" not in references(
        configuration(), "aws_autoscaling_group.this", "depends_on"
    )


# docs/aws.md, "Roles and security", and the two providers


def test_security_of_the_defaults() -> None:
    written = configuration(HTTPS)
    template = "aws_launch_template.this"
    assert written.value(template, "metadata_options.http_tokens") == "required"
    assert written.value(template, "metadata_options.http_put_response_hop_limit") == 1
    assert written.value(template, "block_device_mappings.ebs.encrypted") is True
    assert written.value(template, "block_device_mappings.ebs.volume_type") == "gp3"
    assert written.value("aws_lb.this", "drop_invalid_header_fields") is True
    assert written.value("aws_lb_listener.https", "ssl_policy") == RECOMMENDED
    assert written.value("aws_lb_listener.http", "default_action.type") == "redirect"
    assert written.value("aws_cloudwatch_log_group.this", "retention_in_days") == 30
    assert not any("privileged" in text or "SYS_ADMIN" in text for text in render(made()).values())
    for rule in blocks(written, "aws_vpc_security_group_ingress_rule"):
        if rule.labels[1] not in ("http", "https"):
            assert "cidr_ipv4" not in rule.body.attributes
            assert "referenced_security_group_id" in rule.body.attributes


def test_every_volume_is_encrypted() -> None:
    for ami, devices in (("al2023", ["/dev/xvda"]), ("bottlerocket", ["/dev/xvdb", "/dev/xvda"])):
        body = configuration(fleet__ami=ami).blocks["aws_launch_template.this"][1].body
        volumes = list(body.named("block_device_mappings"))
        names = [volume.body.attributes["device_name"].value for volume in volumes]
        assert names == [Literal(device) for device in devices]
        for volume in volumes:
            (ebs,) = volume.body.named("ebs")
            assert ebs.body.attributes["encrypted"].value == Literal(True)


@pytest.mark.parametrize(
    ("changes", "ports"),
    [
        ({}, {(32768, 65535)}),
        ({"task.host_port": 81}, {(81, 81)}),
        ({"task.network_mode": "awsvpc"}, {(8000, 8000)}),
        ({"task.network_mode": "host", "health_check.port": "9001"}, {(8000, 8000), (9001, 9001)}),
        ({"health_check.port": "40000"}, {(32768, 65535)}),
    ],
)
def test_instances_let_in_the_load_balancer_only_where_tasks_listen(
    changes: Mapping[str, Value], ports: set[tuple[int, int]]
) -> None:
    written = configuration(changes)
    for kind, suffix in (("ingress", "_from_load_balancer"), ("egress", "")):
        rules = [
            f"aws_vpc_security_group_{kind}_rule.{block.labels[1]}"
            for block in blocks(written, f"aws_vpc_security_group_{kind}_rule")
            if block.labels[1].endswith(suffix)
            and not block.labels[1].startswith(("listener", "redirect", "instances_to_anywhere"))
        ]
        assert {
            (written.value(rule, "from_port"), written.value(rule, "to_port")) for rule in rules
        } == ports


def test_the_execution_role_reads_exactly_the_secrets() -> None:
    written = configuration(
        task__secrets={"A": f"{SECRET}:key::", "B": SECRET, "C": PARAMETER, "D": PARAMETER}
    )
    statements = list(
        written.blocks["data.aws_iam_policy_document.secrets"][1].body.named("statement")
    )
    granted = {
        tuple(written.scope.value(statement.body.attributes[name].value))
        for statement in statements
        for name in ("actions", "resources")
        if "kms" not in str(statement)
    }
    assert granted == {
        ("secretsmanager:GetSecretValue",), (SECRET,), ("ssm:GetParameters",), (PARAMETER,),
    }  # fmt: skip
    assert "data.aws_iam_policy_document.secrets" not in configuration().blocks


def test_the_execution_role_reads_the_credentials_of_the_registry() -> None:
    written = configuration(container__registry_secret_arn=SECRET)
    read, decrypt = written.blocks["data.aws_iam_policy_document.secrets"][1].body.named(
        "statement"
    )
    assert written.scope.value(read.body.attributes["resources"].value) == [SECRET]
    assert written.scope.value(decrypt.body.attributes["actions"].value) == ["kms:Decrypt"]
    assert "aws_iam_role_policy.secrets" in references(
        written, "aws_ecs_service.this", "depends_on"
    )


def test_one_configuration_for_both_providers() -> None:
    written = configuration()
    version = written.bodies["versions.tf"].blocks[0]
    (required,) = version.body.named("required_providers")
    aws = written.scope.value(required.body.attributes["aws"].value)
    assert aws["version"] == ">= 5.100.0, < 7.0.0, != 6.53.0, != 6.54.0"
    assert written.value("aws_ecs_service.this", "availability_zone_rebalancing") == "DISABLED"
    assert written.value("aws_ecs_service.this", "launch_type") is MISSING
