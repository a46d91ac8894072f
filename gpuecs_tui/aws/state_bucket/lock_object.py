"""The locks of Terraform's S3 backend: an object next to the state, a DynamoDB item, or both.

``use_lockfile`` puts the object; ``dynamodb_table``, deprecated since Terraform 1.11, puts the item
(internal/backend/remote-state/s3/client.go).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.aws.state_bucket.state_objects import DEFAULT, delete_object, read_object, state_key
from gpuecs_tui.i18n import _

SUFFIX = ".tflock"
"""The suffix of the lock object: the backend appends it to the state's key
(backend/remote-state/s3, lockFileSuffix)."""


def lock_key(config: Mapping[str, Any], workspace: str = DEFAULT) -> str:
    """Return the key of the lock object for a backend's settings."""
    return state_key(config, workspace) + SUFFIX


def lock_table(config: Mapping[str, Any]) -> str:
    """Return the DynamoDB lock table of a backend; empty if it uses none."""
    return str(config.get("dynamodb_table") or "")


def read_lock_object(reader: AccountReader, bucket: str, key: str) -> dict[str, Any] | None:
    """Return the content of the lock object (ID, Operation, Who, Version, Created), or None.

    Blocks for one call. Raises AwsProblem.
    """
    text = read_object(reader, bucket, key)
    return None if text is None else _told(text)


def read_lock_item(
    reader: AccountReader, table: str, bucket: str, state: str
) -> dict[str, Any] | None:
    """Return the content of the lock item of the state with key ``state``, or None.

    Blocks for one call. Raises AwsProblem.
    """
    # The backend writes the lock item with bucket and key as its id. The item whose id also ends in
    # "-md5" has a digest of the state and is not a lock.
    wanted = {"LockID": {"S": f"{bucket}/{state}"}}
    try:
        answer = reader.call(
            "dynamodb", "GetItem", TableName=table, Key=wanted, ConsistentRead=True
        )
    except AwsProblem as problem:
        if problem.kind != "not_found":
            raise
        raise AwsProblem(
            "not_found",
            _("The DynamoDB table {name} does not exist.").format(name=table),
            _("Check dynamodb_table in the backend block, and the account that you use."),
            call=problem.call,
        ) from None
    item = answer.get("Item")
    return None if item is None else _told(item.get("Info", {}).get("S", "").encode())


def delete_lock_object(reader: AccountReader, bucket: str, key: str) -> None:
    """Delete the lock object, as ``force-unlock`` does. Raises AwsProblem."""
    delete_object(reader, bucket, key)


def _told(text: bytes) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        # Another object is stored under this key; Terraform treats it as a lock as well.
        told = {}
    return told if isinstance(told, dict) else {}
