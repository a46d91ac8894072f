"""Releases of Terraform's AWS provider that roll back healthy deployments of some services."""

from __future__ import annotations

import re

EXCLUDED = ((6, 53), (6, 54))
"""Minor releases for which the bug was reported (rule provider-version); 6.52.0 works. It affects
services with ``sigint_rollback`` and ``wait_for_steady_state``, which generated Terraform doesn't
set (https://github.com/hashicorp/terraform-provider-aws/issues/49031)."""
_MINOR = re.compile(r"(\d+)\.(\d+)(?:\.|$)")


def rolls_back(version: str) -> bool:
    """Return whether AWS provider ``version`` (``6.53.0``, or ``6.53`` for any) has the bug."""
    match = _MINOR.match(version)
    return match is not None and (int(match[1]), int(match[2])) in EXCLUDED
