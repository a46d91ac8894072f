"""A bucket for Terraform's state, made properly and outside any state.

Every step may be repeated: after a lost connection the same request goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.aws.state_bucket.buckets import bucket_region
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.partitions import partition_of

PURPOSE = {"Purpose": "terraform-state"}
"""The tag that a bucket made here bears."""
TAGS_MAX = 50
"""Tags that S3 takes on a bucket (S3 user guide, "Using cost allocation S3 bucket tags")."""
_UNLOCATED = "us-east-1"
"""The one region that CreateBucket refuses as a location constraint."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bucket to make."""

    name: str
    region: str
    tags: Mapping[str, str]
    """The stack's; the purpose is added."""


@dataclass(frozen=True, slots=True)
class _Step:
    words: str
    operation: str
    parameters: Callable[[Wanted], dict[str, Any]]


def suggested_name(account: str, region: str) -> str:
    """Return a name that says what the bucket is and, by the account, is nobody else's."""
    return f"tfstate-{account}-{region}"


def what_is_made(wanted: Wanted) -> list[str]:
    """Return in words, a line each, exactly what ``create_bucket`` does."""
    first = _("the bucket {name} in {region}").format(name=wanted.name, region=wanted.region)
    return [first, *(_(step.words).format(tags=_tags_in_words(wanted)) for step in _STEPS)]


def create_bucket(
    reader: AccountReader, wanted: Wanted, progress: Callable[[int, int], None] | None = None
) -> None:
    """Make the bucket, or finish one whose making was cut off. Blocks for some seconds.

    ``reader`` is one of the bucket's region; ``progress`` is told (steps done, of how many). Raises
    AwsProblem: where the bucket is somebody else's or used for something else nothing is changed.
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


def _exists(reader: AccountReader, wanted: Wanted) -> bool:
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
            _("The bucket {name} exists, in {region}.").format(name=wanted.name, region=region),
            _("Choose it from the list, or another name."),
        )
    return True


def _create(reader: AccountReader, wanted: Wanted) -> None:
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
        _("The bucket name {name} is taken, or you may not look at that bucket.").format(name=name),
        _("Bucket names are shared by all AWS accounts: choose another."),
    )


def _refuse_a_used_one(reader: AccountReader, name: str) -> None:
    """Let only a bucket that was begun here, or one in which nothing was ever set, be finished."""
    tags = _or_nothing(reader, "GetBucketTagging", name).get("TagSet", [])
    if {"Key": "Purpose", "Value": PURPOSE["Purpose"]} in tags:
        return
    holds = reader.call("s3", "ListObjectsV2", Bucket=name, MaxKeys=1).get("KeyCount", 0)
    versioned = reader.call("s3", "GetBucketVersioning", Bucket=name).get("Status")
    policy = _or_nothing(reader, "GetBucketPolicy", name).get("Policy")
    if tags or holds or versioned or policy:
        raise AwsProblem(
            "other",
            _("The bucket {name} exists and is used; its settings are left alone.").format(
                name=name
            ),
            _("Choose it from the list as it is, or another name."),
        )


def _or_nothing(reader: AccountReader, operation: str, name: str) -> dict[str, Any]:
    try:
        return reader.call("s3", operation, Bucket=name)
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return {}
        raise


def _tags(wanted: Wanted) -> dict[str, str]:
    kept = [(key, value) for key, value in wanted.tags.items() if key not in PURPOSE]
    return {**PURPOSE, **dict(kept[: TAGS_MAX - len(PURPOSE)])}


def _tags_in_words(wanted: Wanted) -> str:
    return ", ".join(f"{key}={value}" for key, value in _tags(wanted).items())


def _policy(wanted: Wanted) -> str:
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
    # The tag first: it is what lets a making that was cut off go on.
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
        N_("its objects owned by the account, access lists off"),
        "PutBucketOwnershipControls",
        lambda _wanted: {
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        },
    ),
    _Step(
        N_("encrypted at rest with S3's own keys (SSE-S3)"),
        "PutBucketEncryption",
        lambda _wanted: {
            "ServerSideEncryptionConfiguration": {
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            }
        },
    ),
    _Step(
        N_("versioned: every earlier state can be brought back"),
        "PutBucketVersioning",
        lambda _wanted: {"VersioningConfiguration": {"Status": "Enabled"}},
    ),
    _Step(
        N_("a bucket policy that refuses whatever doesn't come by TLS"),
        "PutBucketPolicy",
        lambda wanted: {"Policy": _policy(wanted)},
    ),
)
