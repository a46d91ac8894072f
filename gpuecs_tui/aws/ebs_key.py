"""The KMS key with which EBS encrypts volumes by default, and whether Auto Scaling may use it."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.session import AccountReader

AWS_MANAGED = "alias/aws/ebs"
"""The AWS managed key of EBS, which every caller in the account may use through EBS."""
AUTO_SCALING_ROLE = "AWSServiceRoleForAutoScaling"


@dataclass(frozen=True, slots=True)
class EbsKey:
    """The default key of a region."""

    id: str
    """An alias, an id or an ARN, as EC2 returns it."""
    for_auto_scaling: bool | None
    """Whether a grant or the key policy names the role of Auto Scaling; None if neither could be
    read."""


def read_ebs_key(reader: AccountReader) -> Reading[EbsKey]:
    """Return the default key; for a customer managed key also read its grants and its policy."""

    def read() -> EbsKey:
        key = str(reader.call("ec2", "GetEbsDefaultKmsKeyId").get("KmsKeyId", AWS_MANAGED))
        if _is_managed(reader, key):
            return EbsKey(key, True)
        return EbsKey(key, _for_auto_scaling(reader, key))

    return reader.reading("ec2:GetEbsDefaultKmsKeyId", read)


def _is_managed(reader: AccountReader, key: str) -> bool:
    if key.endswith(AWS_MANAGED):
        return True
    try:
        found = reader.call("kms", "DescribeKey", KeyId=key)
    except AwsProblem:
        return False
    return bool(found.get("KeyMetadata", {}).get("KeyManager") == "AWS")


def _for_auto_scaling(reader: AccountReader, key: str) -> bool | None:
    unread = 0
    try:
        grants = reader.items("kms", "ListGrants", "Grants", KeyId=key)
        if any(AUTO_SCALING_ROLE in str(it.get("GranteePrincipal", "")) for it in grants):
            return True
    except AwsProblem:
        unread += 1
    try:
        answer = reader.call("kms", "GetKeyPolicy", KeyId=key, PolicyName="default")
        if AUTO_SCALING_ROLE in answer.get("Policy", ""):
            return True
    except AwsProblem:
        unread += 1
    return None if unread else False
