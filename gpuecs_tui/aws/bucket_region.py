"""The Region and the default encryption of an S3 bucket."""

from __future__ import annotations

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader

_FIRST_REGION = "us-east-1"
"""S3 returns no location for this Region."""
_OLD_LOCATIONS = {"EU": "eu-west-1"}
"""S3 API reference, GetBucketLocation."""


def bucket_region(reader: AccountReader, name: str) -> str:
    """Return the Region of a bucket. Raises AwsProblem, ``not_found`` if it does not exist."""
    place = reader.call("s3", "GetBucketLocation", Bucket=name).get("LocationConstraint")
    return _OLD_LOCATIONS.get(place or "", place or _FIRST_REGION)


def encryption_of(reader: AccountReader, name: str) -> str:
    """Return the algorithm of a bucket's default encryption; an empty text if it has none.

    Raises AwsProblem.
    """
    try:
        answer = reader.call("s3", "GetBucketEncryption", Bucket=name)
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return ""
        raise
    rules = answer["ServerSideEncryptionConfiguration"].get("Rules") or [{}]
    return str(rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", ""))
