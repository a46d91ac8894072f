"""Quotas, On-Demand and Spot prices: the services that the demo account implements itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from gpuecs_tui.demo.model import prices, reservations

pytestmark = pytest.mark.usefixtures("on_demo_account")


def test_quotas_of_gpu_families() -> None:
    quotas = boto3.client("service-quotas")
    for code, (name, value) in {
        "L-DB2E81BA": ("Running On-Demand G and VT instances", 64.0),
        "L-7212CCBC": ("All P4, P3 and P2 Spot Instance Requests", 0.0),
    }.items():
        quota = quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]
        assert (quota["QuotaName"], quota["Value"]) == (name, value)
    listed = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="ec2")
    assert "L-417A185B" in {q["QuotaCode"] for page in listed for q in page["Quotas"]}
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-00000000")


def test_reservations_say_that_nobody_made_them() -> None:
    ec2 = boto3.client("ec2")
    (found,) = ec2.describe_capacity_reservations(
        Filters=[{"Name": "instance-type", "Values": ["g6.xlarge"]}]
    )["CapacityReservations"]
    assert (found["TotalInstanceCount"], found["AvailableInstanceCount"]) == (1, 1)
    assert found["AvailabilityZone"] == "us-east-1a" and found["State"] == "active"
    assert found["CreateDate"].date().isoformat() == "2026-11-01"
    assert found["Tags"] == [{"Key": "Name", "Value": reservations.LABEL}]
    elsewhere = boto3.client("ec2", region_name="eu-west-1")
    assert elsewhere.describe_capacity_reservations()["CapacityReservations"] == []


def _price(service: str, **attributes: str) -> float:
    found = boto3.client("pricing", region_name="us-east-1").get_products(
        ServiceCode=service,
        Filters=[
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in attributes.items()
        ],
    )["PriceList"]
    assert len(found) == 1, attributes
    product = json.loads(found[0])
    assert product["product"]["attributes"]["note"] == prices.LABEL
    (term,) = product["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    return float(dimension["pricePerUnit"]["USD"])


@pytest.mark.parametrize(("region", "usd"), [("us-east-1", 0.526), ("eu-west-1", 0.58912)])
def test_one_instance_type_has_one_on_demand_price(region: str, usd: float) -> None:
    assert _price(
        "AmazonEC2",
        instanceType="g4dn.xlarge",
        regionCode=region,
        operatingSystem="Linux",
        tenancy="Shared",
        preInstalledSw="NA",
        capacitystatus="Used",
    ) == pytest.approx(usd)


def test_what_else_a_stack_costs_has_a_price() -> None:
    assert _price("AmazonEC2", productFamily="Storage", volumeApiName="gp3") == 0.08
    assert _price("AmazonEC2", usagetype="NatGateway-Hours", regionCode="us-west-2") == 0.045
    assert _price("AWSELB", usagetype="LoadBalancerUsage") == 0.0225
    assert _price("AmazonVPC", usagetype="PublicIPv4:InUseAddress") == 0.005


def test_spot_prices_of_a_week_by_zone() -> None:
    now = datetime.now(UTC)
    pages = boto3.client("ec2").get_paginator("describe_spot_price_history")
    history = [
        entry
        for page in pages.paginate(
            InstanceTypes=["g4dn.xlarge", "g5.xlarge"],
            ProductDescriptions=["Linux/UNIX"],
            StartTime=now - timedelta(days=7),
            EndTime=now,
            PaginationConfig={"PageSize": 50},
        )
        for entry in page["SpotPriceHistory"]
    ]
    zones = {entry["AvailabilityZone"] for entry in history}
    assert len(zones) >= 3
    seen = {(e["AvailabilityZone"], e["InstanceType"], e["Timestamp"]) for e in history}
    assert len(seen) == len(history) > 50
    for entry in history:
        share = float(entry["SpotPrice"]) / prices.HOURLY[entry["InstanceType"]]
        assert 0.24 < share < 0.67
        assert now - timedelta(days=7, hours=6) <= entry["Timestamp"] <= now
