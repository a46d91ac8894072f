"""The bucket of a load balancer's access logs: its Region, and who its policy lets write.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
and, for the accounts, internal/service/elb/service_account_data_source.go of the AWS provider.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from gpuecs_tui.aws.bucket_region import bucket_region, encryption_of
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.stack.partitions import partition_of

DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"
"""The service that writes the logs, in every Region."""
WRITES = "s3:PutObject"
SSE_S3 = "AES256"
"""The only server-side encryption that the page above supports; also that of buckets without any
setting, by default (S3 user guide, "Setting default server-side encryption")."""
OWNERS: Mapping[str, str] = {
    "af-south-1": "098369216593",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ap-southeast-3": "589379963580",
    "ca-central-1": "985666609251",
    "cn-north-1": "638102146993",
    "cn-northwest-1": "037604701340",
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-south-1": "635631232127",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-gov-east-1": "190560391635",
    "us-gov-west-1": "048591011584",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
}
"""Region → the account of Elastic Load Balancing, which older bucket policies name instead of the
service. Regions that opened after August 2022 have none."""


def read_region(reader: AccountReader, bucket: str) -> Reading[str]:
    """Return the Region of a bucket; an empty text if it does not exist."""

    def read() -> str:
        try:
            return bucket_region(reader, bucket)
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return ""
            raise

    return reader.reading("s3:GetBucketLocation", read)


def read_policy(reader: AccountReader, bucket: str) -> Reading[str]:
    """Return the JSON of a bucket's policy; an empty text if it has none."""

    def read() -> str:
        try:
            return str(reader.call("s3", "GetBucketPolicy", Bucket=bucket).get("Policy", ""))
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return ""
            raise

    return reader.reading("s3:GetBucketPolicy", read)


def read_encryption(reader: AccountReader, bucket: str) -> Reading[str]:
    """Return the algorithm of a bucket's default encryption: ``AES256``, ``aws:kms``, …; an empty
    text if it has none."""

    return reader.reading("s3:GetEncryptionConfiguration", lambda: encryption_of(reader, bucket))


def objects(region: str, account: str, bucket: str, prefix: str) -> str:
    """Return the ARN of the objects that Elastic Load Balancing writes, with ``*`` at the end."""
    start = f"{prefix}/" if prefix else ""
    return f"arn:{partition_of(region)}:s3:::{bucket}/{start}AWSLogs/{account}/*"


def statement(region: str, account: str, bucket: str, prefix: str) -> str:
    """Return the statement that the policy of the bucket needs, as JSON in one line."""
    return json.dumps({
        "Effect": "Allow",
        "Principal": {"Service": DELIVERY},
        "Action": WRITES,
        "Resource": objects(region, account, bucket, prefix),
    })  # fmt: skip


def allows_delivery(policy: str, region: str, written: str) -> bool | None:
    """Tell whether a bucket policy lets Elastic Load Balancing write to ``written`` (``objects``).

    None if a statement with conditions decides. One that denies requests without TLS is left out:
    the delivery uses TLS.
    """
    try:
        listed = json.loads(policy).get("Statement", []) if policy else []
    except ValueError:
        return False
    found: bool | None = False
    may_deny = False
    for each in listed if isinstance(listed, list) else [listed]:
        if not _applies(each, region, written.removesuffix("*") + "ELBAccessLogTestFile"):
            continue
        conditional = bool(each.get("Condition"))
        if each.get("Effect") == "Deny" and not conditional:
            return False
        if each.get("Effect") == "Deny":
            may_deny |= not _denies_plain(each["Condition"])
        if each.get("Effect") == "Allow" and found is not True:
            found = None if conditional else True
    return None if found and may_deny else found


def _denies_plain(condition: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether a condition holds only for requests without TLS; all its parts must hold."""
    return any(
        operator.lower() in ("bool", "boolifexists")
        and key.lower() == "aws:securetransport"
        and {it.lower() for it in _texts(values)} == {"false"}
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def _applies(each: Mapping[str, Any], region: str, key: str) -> bool:
    return (
        _names_delivery(each.get("Principal"), region)
        and any(_matches(it, WRITES, re.IGNORECASE) for it in _texts(each.get("Action")))
        and any(_matches(it, key) for it in _texts(each.get("Resource")))
    )


def _names_delivery(principal: object, region: str) -> bool:
    if not isinstance(principal, dict):
        return principal == "*"
    owner = OWNERS.get(region, "")
    accounts = _texts(principal.get("AWS"))
    return (
        DELIVERY in _texts(principal.get("Service"))
        or "*" in accounts
        or bool(owner and any(owner in it.split(":") for it in accounts))
    )


def _texts(value: object) -> list[str]:
    listed = value if isinstance(value, list) else [] if value is None else [value]
    return [str(it) for it in listed]


def _matches(pattern: str, text: str, flags: int = 0) -> bool:
    """Match a pattern of IAM, whose wildcards are ``*`` and ``?``."""
    parts = ("." if it == "?" else ".*" if it == "*" else re.escape(it) for it in pattern)
    return re.fullmatch("".join(parts), text, flags) is not None
