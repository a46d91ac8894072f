"""Existing services of the demo account: taken names, buckets for states, log groups."""

from __future__ import annotations

from gpuecs_tui.demo.account import REGION
from gpuecs_tui.demo.seed.seeding import moto_backend, same_ids_for

STATE_BUCKET = "demo-terraform-state"
"""Versioned, as a bucket for Terraform's state should be."""

PLAIN_BUCKET = "demo-scratch"


HOSTED_ZONES = {"example.com": False, "demo.internal": True}
"""Name → whether it is private, and answers in the default VPC."""
WEB_ACL = "demo-rate-limit"


def furnish() -> None:
    """Create a cluster, a load balancer with its target group, buckets, log groups, hosted zones
    and a web ACL."""
    same_ids_for("services")
    moto_backend("ecs").create_cluster("legacy-batch", tags=[])
    ec2 = moto_backend("ec2")
    subnets = [
        subnet.id
        for zone in ec2.subnets.values()
        for subnet in zone.values()
        if subnet.vpc_id == ec2.default_vpc.id
    ]
    balancers = moto_backend("elbv2")
    balancers.create_load_balancer("legacy-web", [], subnets[:2], loadbalancer_type="application")
    balancers.create_target_group(
        "legacy-web",
        vpc_id=ec2.default_vpc.id,
        protocol="HTTP",
        port="80",
        target_type="instance",
    )
    storage = moto_backend("s3", "aws")
    for bucket in (STATE_BUCKET, PLAIN_BUCKET):
        storage.create_bucket(bucket, REGION)
    storage.put_bucket_versioning(STATE_BUCKET, "Enabled")
    logs = moto_backend("logs")
    for group in ("/ecs/legacy-batch", "/ecs/llm-server"):
        logs.create_log_group(group, {})
    same_ids_for("hosted zones")
    names = moto_backend("route53", "aws")
    for zone, private in HOSTED_ZONES.items():
        names.create_hosted_zone(
            zone, private, zone, ec2.default_vpc.id if private else None, REGION
        )
    same_ids_for("web ACLs")
    moto_backend("wafv2").create_web_acl(
        WEB_ACL,
        visibility_config={"MetricName": WEB_ACL},
        default_action={"Allow": {}},
        scope="REGIONAL",
        description="",
        tags=[],
        rules=[],
        association_config=None,
        captcha_config=None,
        challenge_config=None,
        custom_response_bodies=None,
        token_domains=None,
    )
