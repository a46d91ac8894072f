"""AWS partitions: the partition of a Region, the domain of its services; the parts of an ARN.

From botocore's partitions.json (``regionRegex`` and ``dnsSuffix``).
"""

from __future__ import annotations

AWS, COMMON_DOMAIN = "aws", "amazonaws.com"
SOVEREIGN = "aws-eusc"
"""The European Sovereign Cloud."""

_OTHERS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", COMMON_DOMAIN),
    "eusc-": (SOVEREIGN, "amazonaws.eu"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov"),
}
"""Start of a Region name → its partition and its domain."""
DOMAINS = tuple(dict.fromkeys((COMMON_DOMAIN, *(domain for _, domain in _OTHERS.values()))))
"""The domains of AWS services."""

ECR_DUAL_STACK_DOMAINS = (
    "on.aws",
    "on.amazonwebservices.com.cn",
    "on.aws.ic.gov",
    "on.aws.scloud",
    "on.aws.hci.ic.gov",
    "on.cloud-aws.adc-e.uk",
)
"""The domains of ECR's dual-stack (IPv4 and IPv6) registry names
(https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html; other partitions as in
amazon-ecr-credential-helper and the kubelet's credential provider for ECR)."""


def partition_of(region: str) -> str:
    """Return the partition of a Region; ``aws`` unless the name has the prefix of another one."""
    return _found(region)[0]


def domain_of(region: str) -> str:
    """Return the domain of a Region's services, such as ``amazonaws.com.cn``."""
    return _found(region)[1]


def ecr_endpoints_differ(region: str) -> bool:
    """Return whether the names of ECR's endpoint services start with the reversed domain.

    Of the services for which a stack can create endpoints, only ECR does this:
    ``cn.com.amazonaws.cn-north-1.ecr.api``, but ``com.amazonaws.cn-north-1.ecs``
    (``ec2:DescribeVpcEndpointServices``, as listed in
    https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts).
    """
    return domain_of(region) != COMMON_DOMAIN


def account_in(arn: str) -> str:
    """Return the account in an ARN, ``aws`` for a policy of AWS; empty if ``arn`` is no ARN.

    A typed or written ARN can be any text until it is corrected.
    """
    return _part(arn, 4)


def region_in(arn: str) -> str:
    """Return the Region in an ARN; empty for a service without Regions, and if it is no ARN."""
    return _part(arn, 3)


def _part(arn: str, index: int) -> str:
    # arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
    parts = arn.split(":", 5)
    return parts[index] if len(parts) == 6 else ""


def _found(region: str) -> tuple[str, str]:
    begins = (it for prefix, it in _OTHERS.items() if region.startswith(prefix))
    return next(begins, (AWS, COMMON_DOMAIN))
