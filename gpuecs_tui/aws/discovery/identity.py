"""Reads the caller's identity, the Regions, key pairs, roles and certificates."""

from __future__ import annotations

import json
from typing import Any, Literal
from urllib.parse import unquote

from gpuecs_tui.aws.facts import (
    CallerIdentity,
    Certificate,
    InstanceProfile,
    KeyPair,
    Region,
    Role,
)
from gpuecs_tui.aws.session import AccountReader

IAM_PAGE = {"PageSize": 1000}
"""The largest page that IAM returns; a page may be smaller and followed by another."""
CERTIFICATE_PAGE = {"PageSize": 1000}
KEY_TYPES = [
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
]
"""Key algorithms that an ALB accepts; unless they are named, ACM lists only RSA 1024 and 2048."""


def read_identity(reader: AccountReader) -> CallerIdentity:
    """Return the owner of the credentials. Raises AwsProblem."""
    answer = reader.call("sts", "GetCallerIdentity")
    return CallerIdentity(answer["Account"], answer["Arn"], _kind(answer["Arn"]))


def read_regions(reader: AccountReader) -> tuple[Region, ...]:
    """Return all Regions of the partition by name, including Regions that are not enabled."""
    answer = reader.call("ec2", "DescribeRegions", AllRegions=True)
    regions = (
        Region(it["RegionName"], it.get("OptInStatus") != "not-opted-in")
        for it in answer["Regions"]
    )
    return tuple(sorted(regions, key=lambda region: region.name))


def read_key_pairs(reader: AccountReader) -> tuple[KeyPair, ...]:
    """Return the region's SSH key pairs by name."""
    items = reader.call("ec2", "DescribeKeyPairs")["KeyPairs"]
    found = (KeyPair(it["KeyName"], it.get("KeyFingerprint", "")) for it in items)
    return tuple(sorted(found, key=lambda it: it.name))


def read_roles(reader: AccountReader) -> tuple[Role, ...]:
    """Return all roles of the account by name, with the services each one trusts."""
    items = reader.items("iam", "ListRoles", "Roles", PaginationConfig=IAM_PAGE)
    found = (
        Role(it["RoleName"], it["Arn"], _trusts(it.get("AssumeRolePolicyDocument"))) for it in items
    )
    return tuple(sorted(found, key=lambda it: it.name))


def read_instance_profiles(reader: AccountReader) -> tuple[InstanceProfile, ...]:
    """Return all instance profiles of the account by name."""
    items = reader.items(
        "iam", "ListInstanceProfiles", "InstanceProfiles", PaginationConfig=IAM_PAGE
    )
    found = (
        InstanceProfile(
            it["InstanceProfileName"],
            it["Arn"],
            next((role["RoleName"] for role in it.get("Roles", ())), None),
        )
        for it in items
    )
    return tuple(sorted(found, key=lambda it: it.name))


def read_certificates(reader: AccountReader) -> tuple[Certificate, ...]:
    """Return the Region's ACM certificates of any status, by domain."""
    items = reader.items(
        "acm",
        "ListCertificates",
        "CertificateSummaryList",
        Includes={"keyTypes": KEY_TYPES},
        PaginationConfig=CERTIFICATE_PAGE,
    )
    found = (
        Certificate(
            arn=it["CertificateArn"],
            domain=it.get("DomainName", ""),
            status=it.get("Status", ""),
            expires=it.get("NotAfter"),
            names=tuple(it.get("SubjectAlternativeNameSummaries") or ()),
            has_more_names=bool(it.get("HasAdditionalSubjectAlternativeNames")),
        )
        for it in items
    )
    return tuple(sorted(found, key=lambda it: (it.domain, it.arn)))


def _kind(arn: str) -> Literal["user", "assumed-role", "federated-user", "root", "other"]:
    resource = arn.split(":", 5)[-1]
    match resource.partition("/")[0]:
        case "user":
            return "user"
        case "assumed-role":
            return "assumed-role"
        case "federated-user":
            return "federated-user"
        case "root":
            return "root"
    return "other"


def _trusts(document: Any) -> tuple[str, ...]:
    if isinstance(document, str):
        # botocore decodes it in a handler that may not run for the response of an emulator.
        document = json.loads(unquote(document))
    statements = (document or {}).get("Statement", [])
    services: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement.get("Effect") != "Allow" or not isinstance(statement.get("Principal"), dict):
            continue
        named = statement["Principal"].get("Service", ())
        services.update([named] if isinstance(named, str) else named)
    return tuple(sorted(services))
