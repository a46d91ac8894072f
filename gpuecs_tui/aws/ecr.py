"""Image references that lead to ECR, taken apart; no call is made here."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ECR_IMAGE = re.compile(
    r"(?P<account>[0-9]{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, slots=True)
class EcrImage:
    """An image reference that leads to ECR, taken apart."""

    account: str
    region: str
    repository: str
    tag: str
    """``latest`` where the reference has neither tag nor digest, as Docker takes it."""
    digest: str


def ecr_image(reference: str) -> EcrImage | None:
    """Take an image reference apart; None when it doesn't lead to a private ECR repository."""
    match = _ECR_IMAGE.fullmatch(reference)
    if match is None:
        return None
    parts = match.groupdict(default="")
    if not parts["tag"] and not parts["digest"]:
        parts["tag"] = "latest"
    return EcrImage(**parts)
