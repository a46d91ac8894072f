"""A small state, the record of a lock on it, and a backend block with a bucket."""

from __future__ import annotations

from typing import Any

S3 = """
terraform {
  backend "s3" {
    bucket  = "%s"
    key     = "a/b"
    encrypt = true
  }
}
"""
STATE: dict[str, Any] = {
    "version": 4,
    "serial": 3,
    "lineage": "l",
    "resources": [
        {
            "mode": "managed", "type": "aws_lb", "name": "this", "provider": "p",
            "instances": [{"attributes": {"id": "x"}}],
        }
    ],
}  # fmt: skip
INFO = {
    "ID": "1e9f5f7e-0ad5-8a5c-5d7e-0d1a5b0a1b2c",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "ana@bastion",
    "Version": "1.11.4",
    "Created": "2026-11-23T12:43:40.123456789Z",
    "Path": "terraform.tfstate",
}
