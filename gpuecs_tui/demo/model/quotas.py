"""Service Quotas of the demo account: EC2's vCPU quotas for GPU families, and VPC's quotas for
security groups and their rules.

moto has only the quotas of VPC. Codes are from the AWS console. The values are typical of an
account that requested an increase once for G and never for P.
"""

from __future__ import annotations

from typing import Any

ACCOUNT_ID = "123456789012"

EC2_QUOTAS = {
    "L-DB2E81BA": ("Running On-Demand G and VT instances", 64.0),
    "L-3819A6DF": ("All G and VT Spot Instance Requests", 32.0),
    "L-417A185B": ("Running On-Demand P instances", 96.0),
    "L-7212CCBC": ("All P4, P3 and P2 Spot Instance Requests", 0.0),
    "L-1216C47A": ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 640.0),
}
"""Quota code → (name, vCPUs)."""
VPC_QUOTAS = {
    "L-0EA8095F": ("Inbound or outbound rules per security group", 60.0),
    "L-2AFB9258": ("Security groups per network interface", 5.0),
}
"""Quota code → (name, value)."""
SERVICES = {
    "ec2": ("Amazon Elastic Compute Cloud (Amazon EC2)", EC2_QUOTAS),
    "vpc": ("Amazon Virtual Private Cloud (Amazon VPC)", VPC_QUOTAS),
}

_OK = "200 OK"
_BAD = "400 Bad Request"


def answer(operation: str, region: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Handle GetServiceQuota, GetAWSDefaultServiceQuota and both list calls, for SERVICES."""
    service = parameters.get("ServiceCode", "")
    _name, known = SERVICES.get(service, ("", {}))
    if operation in ("ListServiceQuotas", "ListAWSDefaultServiceQuotas"):
        return _OK, {"Quotas": [_quota(service, code, region) for code in known]}
    if operation in ("GetServiceQuota", "GetAWSDefaultServiceQuota"):
        code = parameters.get("QuotaCode", "")
        if code in known:
            return _OK, {"Quota": _quota(service, code, region)}
        return _BAD, {
            "__type": "NoSuchResourceException",
            "Message": f"The request failed because the specified quota {code} does not exist.",
        }
    return _BAD, {"__type": "IllegalArgumentException", "Message": f"{operation} isn't emulated."}


def _quota(service: str, code: str, region: str) -> dict[str, Any]:
    service_name, known = SERVICES[service]
    name, value = known[code]
    return {
        "ServiceCode": service,
        "ServiceName": service_name,
        "QuotaArn": f"arn:aws:servicequotas:{region}:{ACCOUNT_ID}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
