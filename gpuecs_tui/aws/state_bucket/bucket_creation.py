"""Creates an S3 bucket for Terraform states; the bucket itself is in no Terraform state.

Every step can be repeated: after a lost connection, the same request continues where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gpuecs_tui.aws.bucket_region import bucket_region
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.partitions import partition_of

PURPOSE = {"Purpose": "terraform-state"}
"""The tag of each bucket that is created here."""
TAGS_MAX = 50
"""Maximum tags of a bucket (S3 user guide, "Using cost allocation S3 bucket tags")."""
_UNLOCATED = "us-east-1"
"""The one region that CreateBucket refuses as a location constraint."""


@dataclass(frozen=True, slots=True)
class NewBucket:
    """The bucket to create."""

    name: str
    region: str
    tags: Mapping[str, str]
    """The stack's tags; the tag ``Purpose`` is added."""


@dataclass(frozen=True, slots=True)
class _Step:
    words: str
    operation: str
    parameters: Callable[[NewBucket], dict[str, Any]]


def suggested_bucket_name(account: str, region: str) -> str:
    """Return a bucket name that describes its purpose and is unique through the account id."""
    return f"tfstate-{account}-{region}"


def what_is_made(wanted: NewBucket) -> list[str]:
    """Return exactly what ``create_bucket`` does, one text for each step."""
    first = _("bucket {name} in {region}").format(name=wanted.name, region=wanted.region)
    return [first, *(_(step.words).format(tags=_tags_in_words(wanted)) for step in _STEPS)]


def create_bucket(
    reader: AccountReader, wanted: NewBucket, progress: Callable[[int, int], None] | None = None
) -> None:
    """Create the bucket, or finish an interrupted creation. Blocks for some seconds.

    ``reader`` is in the bucket's Region; ``progress`` is called with (steps done, total steps).
    Raises AwsProblem. A bucket of another account or for another purpose is not changed.
    """
    tell = progress or (lambda _done, _of: None)
    total = len(_STEPS) + 1
    if _exists(reader, wanted):
        _refuse_a_used_one(reader, wanted.name)
    else:
        _create(reader, wanted)
    for done, step in enumerate(_STEPS, start=1):
        tell(done, total)
        reader.call("s3", step.operation, Bucket=wanted.name, **step.parameters(wanted))
    tell(total, total)


def _exists(reader: AccountReader, wanted: NewBucket) -> bool:
    try:
        region = bucket_region(reader, wanted.name)
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return False
        if problem.kind == "denied":
            raise _taken(wanted.name) from None
        raise
    if region != wanted.region:
        raise AwsProblem(
            "other",
            _("The bucket {name} already exists in {region}.").format(
                name=wanted.name, region=region
            ),
            _("Choose it from the list, or use another name."),
        )
    return True


def _create(reader: AccountReader, wanted: NewBucket) -> None:
    place: dict[str, Any] = {}
    if wanted.region != _UNLOCATED:
        place = {"CreateBucketConfiguration": {"LocationConstraint": wanted.region}}
    try:
        reader.call(
            "s3", "CreateBucket", Bucket=wanted.name, ObjectOwnership="BucketOwnerEnforced", **place
        )
    except AwsProblem as problem:
        if "BucketAlreadyExists" in str(problem) or "not available" in problem.sentence:
            raise _taken(wanted.name) from None
        raise


def _taken(name: str) -> AwsProblem:
    return AwsProblem(
        "other",
        _("The bucket name {name} is already taken, or you have no access to that bucket.").format(
            name=name
        ),
        _("Use another name: bucket names are unique across all AWS accounts."),
    )


def _refuse_a_used_one(reader: AccountReader, name: str) -> None:
    """Raise AwsProblem unless the bucket was created here or is empty and unconfigured."""
    tags = _or_nothing(reader, "GetBucketTagging", name).get("TagSet", [])
    if {"Key": "Purpose", "Value": PURPOSE["Purpose"]} in tags:
        return
    holds = reader.call("s3", "ListObjectsV2", Bucket=name, MaxKeys=1).get("KeyCount", 0)
    versioned = reader.call("s3", "GetBucketVersioning", Bucket=name).get("Status")
    policy = _or_nothing(reader, "GetBucketPolicy", name).get("Policy")
    if tags or holds or versioned or policy:
        raise AwsProblem(
            "other",
            _(
                "The bucket {name} already exists and is in use. Its settings were not changed."
            ).format(name=name),
            _("Choose it from the list as it is, or use another name."),
        )


def _or_nothing(reader: AccountReader, operation: str, name: str) -> dict[str, Any]:
    try:
        return reader.call("s3", operation, Bucket=name)
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return {}
        raise


def _tags(wanted: NewBucket) -> dict[str, str]:
    kept = [(key, value) for key, value in wanted.tags.items() if key not in PURPOSE]
    return {**PURPOSE, **dict(kept[: TAGS_MAX - len(PURPOSE)])}


def _tags_in_words(wanted: NewBucket) -> str:
    return ", ".join(f"{key}={value}" for key, value in _tags(wanted).items())


def _policy(wanted: NewBucket) -> str:
    arn = f"arn:{partition_of(wanted.region)}:s3:::{wanted.name}"
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "DenyInsecureTransport",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    )


_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_STEPS = (
    # The tag comes first: it allows an interrupted creation to continue.
    _Step(
        N_("tags: {tags}"),
        "PutBucketTagging",
        lambda wanted: {
            "Tagging": {
                "TagSet": [{"Key": key, "Value": value} for key, value in _tags(wanted).items()]
            }
        },
    ),
    _Step(
        N_("all public access blocked"),
        "PutPublicAccessBlock",
        lambda _wanted: {"PublicAccessBlockConfiguration": dict.fromkeys(_BLOCKS, True)},
    ),
    _Step(
        N_("Object Ownership: bucket owner enforced (ACLs disabled)"),
        "PutBucketOwnershipControls",
        lambda _wanted: {
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        },
    ),
    _Step(
        N_("default encryption with Amazon S3 managed keys (SSE-S3)"),
        "PutBucketEncryption",
        lambda _wanted: {
            "ServerSideEncryptionConfiguration": {
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            }
        },
    ),
    _Step(
        N_("versioning enabled: every earlier state can be restored"),
        "PutBucketVersioning",
        lambda _wanted: {"VersioningConfiguration": {"Status": "Enabled"}},
    ),
    _Step(
        N_("bucket policy that denies requests without TLS"),
        "PutBucketPolicy",
        lambda wanted: {"Policy": _policy(wanted)},
    ),
)
