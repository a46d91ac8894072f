"""The Region of an S3 bucket."""

from __future__ import annotations

from gpuecs_tui.aws.session import AccountReader

_FIRST_REGION = "us-east-1"
"""S3 returns no location for this Region."""
_OLD_LOCATIONS = {"EU": "eu-west-1"}
"""S3 API reference, GetBucketLocation."""


def bucket_region(reader: AccountReader, name: str) -> str:
    """Return the Region of a bucket. Raises AwsProblem, ``not_found`` if it does not exist."""
    place = reader.call("s3", "GetBucketLocation", Bucket=name).get("LocationConstraint")
    return _OLD_LOCATIONS.get(place or "", place or _FIRST_REGION)
