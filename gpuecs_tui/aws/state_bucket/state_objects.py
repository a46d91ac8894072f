"""Read, list, write and delete objects of Terraform's S3 backend: the states of all workspaces."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from gpuecs_tui.aws.errors import AwsProblem, problem_of
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _

DEFAULT = "default"
"""The workspace whose state has the key of the backend itself."""
WORKSPACE_PREFIX = "env:"
"""The default folder of states of workspaces other than ``default``."""


def workspace_prefix(settings: Mapping[str, Any]) -> str:
    """Return the key prefix of the other workspaces' states; it may be set to an empty text."""
    prefix = settings.get("workspace_key_prefix")
    return WORKSPACE_PREFIX if prefix is None else str(prefix)


def state_key(settings: Mapping[str, Any], workspace: str = DEFAULT) -> str:
    """Return the key of a workspace's state for a backend's settings."""
    key = str(settings.get("key") or "").removeprefix("/")
    if workspace == DEFAULT:
        return key
    return posixpath.join(workspace_prefix(settings), workspace, key)


def list_workspaces(
    reader: AccountReader, bucket: str, settings: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the names of the workspaces that have a state, ``default`` among them, sorted.

    Blocks for one call per 1,000 objects below the prefix. Raises AwsProblem.
    """
    key, prefix = state_key(settings), workspace_prefix(settings)
    folder = f"{prefix}/" if prefix else ""
    found = set()
    try:
        items = reader.items("s3", "ListObjectsV2", "Contents", Bucket=bucket, Prefix=folder)
        # The default state is not below that prefix.
        items += reader.items("s3", "ListObjectsV2", "Contents", Bucket=bucket, Prefix=key)
    except AwsProblem as problem:
        raise bucket_problem(problem, bucket) from None
    for item in items:
        if item["Key"] == key:
            found.add(DEFAULT)
            continue
        name, slash, rest = item["Key"].removeprefix(folder).partition("/")
        if slash and rest == key and item["Key"].startswith(folder):
            found.add(name)
    return tuple(sorted(found))


def read_object(reader: AccountReader, bucket: str, key: str) -> bytes | None:
    """Return an object's bytes, None if the object does not exist. Raises AwsProblem.

    A missing bucket raises AwsProblem, because no object can be stored in it.
    """
    try:
        answer = reader.call("s3", "GetObject", Bucket=bucket, Key=key)
    except AwsProblem as problem:
        if problem.kind == "not_found" and "bucket" not in problem.sentence.lower():
            return None
        raise bucket_problem(problem, bucket) from None
    from botocore.exceptions import BotoCoreError

    try:
        return bytes(answer["Body"].read())
    except (BotoCoreError, OSError) as error:
        # The connection ended early: part of a state must not be used as a state.
        raise problem_of(error, call="s3:GetObject", region=reader.region) from None


def put_object(reader: AccountReader, bucket: str, key: str, text: bytes) -> None:
    """Write a JSON object, encrypted by the bucket's default. Raises AwsProblem."""
    reader.call(
        "s3", "PutObject", Bucket=bucket, Key=key, Body=text, ContentType="application/json"
    )


def delete_object(reader: AccountReader, bucket: str, key: str) -> None:
    """Delete an object if it exists. Raises AwsProblem."""
    reader.call("s3", "DeleteObject", Bucket=bucket, Key=key)


def bucket_problem(problem: AwsProblem, bucket: str) -> AwsProblem:
    """Return ``problem``, reworded if it means that the bucket does not exist."""
    if problem.kind != "not_found":
        return problem
    return AwsProblem(
        "not_found", bucket_missing(bucket), missing_bucket_remedy(), call=problem.call
    )


def bucket_missing(bucket: str) -> str:
    """Return the sentence about a bucket that does not exist."""
    return _("The bucket {name} does not exist.").format(name=bucket)


def missing_bucket_remedy() -> str:
    """Return the action to take for a missing bucket."""
    return _("Check the bucket name in the backend block, and the account that you use.")
