"""The records of runs: objects next to a state in S3."""

from __future__ import annotations

from typing import Any

from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.aws.state_bucket.state_objects import delete_object, read_object


def put_record(
    reader: AccountReader, bucket: str, key: str, text: bytes, settings: dict[str, Any]
) -> None:
    """Write a record, encrypted as the backend encrypts the state. Raises AwsProblem."""
    reader.call(
        "s3",
        "PutObject",
        Bucket=bucket,
        Key=key,
        Body=text,
        ContentType="application/json",
        **_encryption(settings),
    )


def list_records(reader: AccountReader, bucket: str, folder: str, most: int) -> list[str]:
    """Return the keys of at most ``most`` records in ``folder``, the first ones by name.

    Blocks for one call. Raises AwsProblem.
    """
    answer = reader.call("s3", "ListObjectsV2", Bucket=bucket, Prefix=folder, MaxKeys=most)
    keys = (str(item["Key"]) for item in answer.get("Contents", ()))
    return [key for key in keys if key.endswith(".json")]


def read_record(reader: AccountReader, bucket: str, key: str) -> bytes:
    """Return a record's bytes; empty if it does not exist. Raises AwsProblem."""
    return read_object(reader, bucket, key) or b""


def delete_record(reader: AccountReader, bucket: str, key: str) -> None:
    """Delete a record if it exists. Raises AwsProblem."""
    delete_object(reader, bucket, key)


def _encryption(settings: dict[str, Any]) -> dict[str, str]:
    """Return the encryption settings of the backend (``encrypt`` and ``kms_key_id``).

    They follow Terraform's backend/remote-state/s3/client.go, because a bucket policy may require
    them.
    """
    if not settings.get("encrypt") or settings.get("sse_customer_key"):
        return {}
    if settings.get("kms_key_id"):
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": str(settings["kms_key_id"])}
    return {"ServerSideEncryption": "AES256"}
