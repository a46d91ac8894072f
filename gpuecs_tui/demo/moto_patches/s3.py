"""Gaps of moto's S3."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

from gpuecs_tui.demo.moto_patches.patching import wrap


def secure_transport() -> None:
    """A policy that denies requests without TLS denies all requests: conditions are ignored.

    Requests to the demo account count as TLS requests, although loopback connections use none.
    """

    def get_permission(original: Any, self: FakeBucket, action: str, resource: str) -> Any:
        if self.policy is None:
            return original(self, action, resource)
        policy = json.loads(self.policy)
        statements = policy.get("Statement", [])
        statements = statements if isinstance(statements, list) else [statements]
        held = [it for it in statements if not _is_about_plain_http(it)]
        if not held:
            return PermissionResult.NEUTRAL
        rest = IAMPolicy(json.dumps({**policy, "Statement": held}))
        return rest.is_action_permitted(action, resource)

    wrap(FakeBucket, "get_permission", get_permission)


def _is_about_plain_http(statement: dict[str, Any]) -> bool:
    asked = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    return str(asked).lower() == "false"


GAPS = (secure_transport,)
