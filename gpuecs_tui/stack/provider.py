"""Which releases of Terraform's AWS provider no stack may be applied with."""

from __future__ import annotations

import re

EXCLUDED = ((6, 53), (6, 54))
"""Minor releases, whole, that roll back every service update (rule provider-version)."""
_MINOR = re.compile(r"(\d+)\.(\d+)(?:\.|$)")


def rolls_back(version: str) -> bool:
    """Tell whether the AWS provider ``version`` (``6.53.0``, or ``6.53`` for all of it) is such."""
    match = _MINOR.match(version)
    return match is not None and (int(match[1]), int(match[2])) in EXCLUDED
