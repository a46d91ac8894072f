"""Reads the account's S3 buckets and the settings that matter for Terraform states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gpuecs_tui.aws.bucket_region import bucket_region, encryption_of
from gpuecs_tui.aws.discovery.account import as_they_come
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Known, Reading, Unknown, not_read
from gpuecs_tui.aws.session import AccountReader

BUCKET_PAGE = {"PageSize": 1000}
"""With a page size, S3 also returns each bucket's Region (API reference, ListBuckets)."""
DETAILED = 100
"""Buckets whose settings are read, three calls each; an account can have 10,000 buckets."""
_LIKELY = ("tfstate", "terraform", "state")
"""Words in the names of state buckets: buckets with such a name are read first."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket; each setting may be unknown."""

    name: str
    region: Reading[str] = field(default_factory=not_read)
    versioned: Reading[bool] = field(default_factory=not_read)
    """Whether an overwritten state can be restored."""
    encryption: Reading[str] = field(default_factory=not_read)
    """``AES256``, ``aws:kms``, …; empty if no default is set."""
    private: Reading[bool] = field(default_factory=not_read)
    """Whether all four kinds of public access are blocked on it."""


def read_buckets(reader: AccountReader) -> Reading[tuple[Bucket, ...]]:
    """Return the account's buckets of all Regions by name, likely state buckets first.

    Makes one list call, then up to three calls for each bucket in parallel. Raises Closed once the
    reader is closed.
    """
    listed = reader.reading("s3:ListBuckets", lambda: _list(reader))
    if isinstance(listed, Unknown):
        return listed
    jobs: dict[tuple[str, str], Callable[[], Reading[Any]]] = {}
    for bucket in listed.value[:DETAILED]:
        for setting, source, read in _SETTINGS:
            if isinstance(getattr(bucket, setting), Unknown):
                job = partial(reader.reading, source, partial(read, reader, bucket.name))
                jobs[bucket.name, setting] = job
    found: dict[str, dict[str, Any]] = {}
    for (name, setting), reading in as_they_come(reader, jobs):
        found.setdefault(name, {})[setting] = reading
    buckets = tuple(
        Bucket(it.name, **{"region": it.region, **found.get(it.name, {})}) for it in listed.value
    )
    return Known(buckets, listed.source, listed.read_at)


def _list(reader: AccountReader) -> tuple[Bucket, ...]:
    items = reader.items("s3", "ListBuckets", "Buckets", PaginationConfig=BUCKET_PAGE)
    buckets = []
    for item in items:
        region = item.get("BucketRegion")
        said = reader.reading("s3:ListBuckets", partial(str, region)) if region else not_read()
        buckets.append(Bucket(item["Name"], said))
    return tuple(sorted(buckets, key=lambda it: (not _is_likely(it.name), it.name)))


def _is_likely(name: str) -> bool:
    return any(word in name for word in _LIKELY)


def _versioned(reader: AccountReader, name: str) -> bool:
    return bool(reader.call("s3", "GetBucketVersioning", Bucket=name).get("Status") == "Enabled")


def _private(reader: AccountReader, name: str) -> bool:
    try:
        answer = reader.call("s3", "GetPublicAccessBlock", Bucket=name)
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return False
        raise
    blocked = answer["PublicAccessBlockConfiguration"]
    return len(blocked) > 0 and all(blocked.values())


_SETTINGS: tuple[tuple[str, str, Callable[[AccountReader, str], Any]], ...] = (
    ("region", "s3:GetBucketLocation", bucket_region),
    ("versioned", "s3:GetBucketVersioning", _versioned),
    ("encryption", "s3:GetEncryptionConfiguration", encryption_of),
    ("private", "s3:GetBucketPublicAccessBlock", _private),
)
"""Field, the permission as IAM names it, and the function that reads it."""
