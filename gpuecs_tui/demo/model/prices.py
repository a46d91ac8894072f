"""Prices of the demo account: On-Demand from the Price List API, Spot from EC2's history.

moto has no Price List service and returns one wrong Spot price for all types. The figures have the
order of magnitude of AWS's prices in us-east-1 and were written from memory at PRICED_ON. They only
serve to show how costs are displayed. The attributes of each product say this.
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

PRICED_ON = datetime(2026, 11, 1, tzinfo=UTC)
"""The publication date of every product."""

LABEL = "demo price, not an actual AWS price"

HOURLY = {
    "g4dn.xlarge": 0.526,
    "g4dn.2xlarge": 0.752,
    "g4dn.4xlarge": 1.204,
    "g4dn.8xlarge": 2.176,
    "g4dn.12xlarge": 3.912,
    "g4dn.16xlarge": 4.352,
    "g4dn.metal": 7.824,
    "g5.xlarge": 1.006,
    "g5.2xlarge": 1.212,
    "g5.4xlarge": 1.624,
    "g5.8xlarge": 2.448,
    "g5.12xlarge": 5.672,
    "g5.16xlarge": 4.096,
    "g5.24xlarge": 8.144,
    "g5.48xlarge": 16.288,
    "g6.xlarge": 0.8048,
    "g6.2xlarge": 0.9776,
    "g6.4xlarge": 1.3232,
    "g6.8xlarge": 2.0144,
    "g6.12xlarge": 4.6016,
    "g6.16xlarge": 3.3968,
    "g6.24xlarge": 6.6752,
    "g6.48xlarge": 13.3504,
    "gr6.4xlarge": 1.5392,
    "gr6.8xlarge": 2.4464,
    "g6e.xlarge": 1.861,
    "g6e.2xlarge": 2.2421,
    "g6e.4xlarge": 3.0042,
    "g6e.8xlarge": 4.5286,
    "g6e.12xlarge": 10.4926,
    "g6e.16xlarge": 7.5772,
    "g6e.24xlarge": 15.0656,
    "g6e.48xlarge": 30.1312,
    "p3dn.24xlarge": 31.212,
    "p4d.24xlarge": 21.9576,
    "p4de.24xlarge": 27.4471,
    "p5.4xlarge": 6.88,
    "p5.48xlarge": 55.04,
    "p5en.48xlarge": 63.296,
    "p6-b200.48xlarge": 113.9328,
}
"""Instance type → USD an hour in us-east-1, Linux, shared tenancy."""

ALB = "Load Balancer-Application"

OTHERS: tuple[tuple[str, str, dict[str, str], str, float], ...] = (
    ("AmazonEC2", "Storage",
     {"volumeApiName": "gp3", "usagetype": "EBS:VolumeUsage.gp3"}, "GB-Mo", 0.08),
    ("AmazonEC2", "NAT Gateway",
     {"group": "NGW:NatGateway", "usagetype": "NatGateway-Hours"}, "Hrs", 0.045),
    ("AmazonEC2", "NAT Gateway",
     {"group": "NGW:NatGateway", "usagetype": "NatGateway-Bytes"}, "GB", 0.045),
    ("AWSELB", ALB,
     {"operation": "LoadBalancing:Application", "usagetype": "LoadBalancerUsage"}, "Hrs", 0.0225),
    ("AWSELB", ALB,
     {"operation": "LoadBalancing:Application", "usagetype": "LCUUsage"}, "LCU-Hrs", 0.008),
    ("AWSELB", ALB,
     {"operation": "LoadBalancing:Application", "usagetype": "TS-LoadBalancerUsage"}, "Hrs",
     0.0056),
    ("AmazonVPC", "",
     {"group": "VPCPublicIPv4Address", "usagetype": "PublicIPv4:InUseAddress"}, "Hrs", 0.005),
    ("AmazonVPC", "",
     {"group": "VPCPublicIPv4Address", "usagetype": "PublicIPv4:IdleAddress"}, "Hrs", 0.005),
    ("AmazonVPC", "VpcEndpoint",
     {"endpointType": "PrivateLink", "usagetype": "VpcEndpoint-Hours"}, "Hrs", 0.01),
    ("AmazonVPC", "VpcEndpoint",
     {"endpointType": "PrivateLink", "usagetype": "VpcEndpoint-Bytes"}, "GB", 0.01),
    ("AmazonCloudWatch", "Alarm",
     {"group": "Alarm", "usagetype": "CW:AlarmMonitorUsage"}, "Alarms", 0.10),
    ("AmazonCloudWatch", "Metric",
     {"group": "Metric", "usagetype": "CW:MetricMonitorUsage"}, "Metrics", 0.30),
)  # fmt: skip
"""Service, product family, attributes, unit and USD of the other costs of a stack."""

ABROAD = 1.12
"""Price factor of Regions outside the United States."""

SPOT_STEP = timedelta(hours=6)
"""Time between two Spot prices of one type and zone."""

SPOT_KEPT = timedelta(days=90)
"""How long EC2 keeps Spot prices."""

MOST_RESULTS = 1000
"""Spot prices on one page."""


def answer(operation: str, _region: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Handle GetProducts with TERM_MATCH filters; nothing else is emulated."""
    if operation != "GetProducts":
        problem = f"{operation} isn't emulated."
        return "400 Bad Request", {"__type": "InvalidParameterException", "Message": problem}
    wanted = {entry["Field"]: entry["Value"] for entry in parameters.get("Filters") or ()}
    region = wanted.get("regionCode", "us-east-1")
    found = [
        json.dumps(product)
        for product in _products(parameters.get("ServiceCode", ""), region)
        if all(
            product["product"]["attributes"].get(field, product["product"].get(field)) == value
            for field, value in wanted.items()
        )
    ]
    return "200 OK", {"FormatVersion": "aws_v1", "PriceList": found}


def _products(service: str, region: str) -> list[dict[str, Any]]:
    common = {"regionCode": region, "note": LABEL}
    others = [
        _product(service, family, {**common, **attributes}, unit, price)
        for owner, family, attributes, unit, price in OTHERS
        if owner == service
    ]
    if service != "AmazonEC2":
        return others
    computing = {
        **common,
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
        "operation": "RunInstances",
        "licenseModel": "No License required",
    }
    return others + [
        _product(service, "Compute Instance", {**computing, "instanceType": name}, "Hrs", price)
        for name, price in HOURLY.items()
    ]


def _product(
    service: str, family: str, attributes: dict[str, str], unit: str, price: float
) -> dict[str, Any]:
    sku = hashlib.sha256(repr((family, sorted(attributes.items()))).encode()).hexdigest()
    sku = sku[:16].upper()
    dimension = {
        "unit": unit,
        "rateCode": f"{sku}.JRTCKXETXF.6YS6EN2CT7",
        "description": LABEL,
        "pricePerUnit": {"USD": f"{_local(price, attributes['regionCode']):.10f}"},
    }
    term = {
        "sku": sku,
        "effectiveDate": PRICED_ON.isoformat(),
        "priceDimensions": {dimension["rateCode"]: dimension},
    }
    return {
        "product": {
            "sku": sku,
            "productFamily": family,
            "attributes": {**attributes, "servicecode": service},
        },
        "serviceCode": service,
        "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": term}},
        "version": "emulated",
        "publicationDate": PRICED_ON.isoformat(),
    }


def _local(price: float, region: str) -> float:
    return price if region.startswith("us-") else price * ABROAD


def spot_history(
    region: str, offerings: list[dict[str, str]], start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """Return the Spot prices of ``offerings`` between two times, newest first.

    As on AWS, the price in force at ``start`` is included, and types without a price are left out.
    Prices vary between a quarter and two thirds of the On-Demand price, by zone and day.
    """
    oldest = max(start, end - SPOT_KEPT)
    steps: list[datetime] = []
    # Prices change at the same times for every caller.
    moment = datetime.fromtimestamp(
        end.timestamp() // SPOT_STEP.total_seconds() * SPOT_STEP.total_seconds(), UTC
    )
    while not steps or steps[-1] > oldest:
        steps.append(moment)
        moment -= SPOT_STEP
    return [
        {
            "AvailabilityZone": offering["Location"],
            "InstanceType": offering["InstanceType"],
            "ProductDescription": "Linux/UNIX",
            "SpotPrice": f"{_spot(region, offering, moment):.6f}",
            "Timestamp": moment.replace(tzinfo=None),
        }
        for moment in steps
        for offering in offerings
        if offering["InstanceType"] in HOURLY
    ]


def _spot(region: str, offering: dict[str, str], moment: datetime) -> float:
    label = f"{offering['InstanceType']}/{offering['Location']}"
    level = int(hashlib.sha256(label.encode()).hexdigest()[:4], 16) / 0xFFFF
    wave = math.sin(moment.timestamp() / 86400 * (1 + level) + level * 6)
    share = 0.30 + 0.30 * level + 0.05 * wave
    return share * _local(HOURLY[offering["InstanceType"]], region)
