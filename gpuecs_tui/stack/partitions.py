"""AWS partitions: which one a region is in, and the domain of its services.

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
"""Beginning of a region's name → its partition and its domain."""
DOMAINS = tuple(dict.fromkeys((COMMON_DOMAIN, *(domain for _, domain in _OTHERS.values()))))
"""Every domain below which AWS services are."""

ECR_DUAL_STACK_DOMAINS = (
    "on.aws",
    "on.amazonwebservices.com.cn",
    "on.aws.ic.gov",
    "on.aws.scloud",
    "on.aws.hci.ic.gov",
    "on.cloud-aws.adc-e.uk",
)
"""Every domain below which the registries of ECR have names with IPv6 addresses, too
(https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html; those of other partitions
as amazon-ecr-credential-helper and the kubelet's credential provider for ECR know them)."""


def partition_of(region: str) -> str:
    """Return the partition of a region; ``aws`` where the name has no prefix of another one."""
    return _found(region)[0]


def domain_of(region: str) -> str:
    """Return the domain of a region's services, such as ``amazonaws.com.cn``."""
    return _found(region)[1]


def ecr_endpoints_differ(region: str) -> bool:
    """Return True where the endpoint services of ECR have the reversed domain as their prefix.

    Of the services for which a stack can create endpoints only ECR's do so:
    ``cn.com.amazonaws.cn-north-1.ecr.api``, but ``com.amazonaws.cn-north-1.ecs``
    (``ec2:DescribeVpcEndpointServices``, as listed in
    https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts).
    """
    return domain_of(region) != COMMON_DOMAIN


def _found(region: str) -> tuple[str, str]:
    begins = (it for prefix, it in _OTHERS.items() if region.startswith(prefix))
    return next(begins, (AWS, COMMON_DOMAIN))
