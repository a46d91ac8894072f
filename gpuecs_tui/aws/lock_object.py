"""The lock that Terraform's S3 backend keeps as an object beside the state (``use_lockfile``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gpuecs_tui.aws.errors import AwsProblem, problem_of
from gpuecs_tui.aws.session import AccountReader

SUFFIX = ".tflock"
"""What the backend appends to the state's key (backend/remote-state/s3, lockFileSuffix)."""
WORKSPACE_PREFIX = "env:"
"""The default folder of states of workspaces other than ``default``."""


def lock_key(config: Mapping[str, Any], workspace: str = "default") -> str:
    """Return the key of the lock object for a backend's settings."""
    key = str(config.get("key", ""))
    if workspace != "default":
        prefix = str(config.get("workspace_key_prefix") or WORKSPACE_PREFIX)
        key = f"{prefix}/{workspace}/{key}"
    return key + SUFFIX


def read_lock_object(reader: AccountReader, bucket: str, key: str) -> dict[str, Any] | None:
    """Return what the lock object says (ID, Operation, Who, Version, Created), None if none.

    Blocks for one call. Raises AwsProblem.
    """
    text = read_object(reader, bucket, key)
    if text is None:
        return None
    try:
        told = json.loads(text)
    except ValueError:
        # Something lies there: Terraform takes that for a lock as well.
        told = {}
    return told if isinstance(told, dict) else {}


def delete_lock_object(reader: AccountReader, bucket: str, key: str) -> None:
    """Take the lock object away, as ``force-unlock`` does. Raises AwsProblem."""
    reader.call("s3", "DeleteObject", Bucket=bucket, Key=key)


def read_object(reader: AccountReader, bucket: str, key: str) -> bytes | None:
    """Return an object's bytes, None where there is no such object. Raises AwsProblem.

    A bucket that doesn't exist is an AwsProblem: an object can be put into none.
    """
    try:
        answer = reader.call("s3", "GetObject", Bucket=bucket, Key=key)
    except AwsProblem as problem:
        if problem.kind == "not_found" and "bucket" not in problem.sentence.lower():
            return None
        raise
    from botocore.exceptions import BotoCoreError

    try:
        return bytes(answer["Body"].read())
    except (BotoCoreError, OSError) as error:
        # The connection ended within the object: half a state must not be taken for one.
        raise problem_of(error, call="s3:GetObject", region=reader.region) from None
