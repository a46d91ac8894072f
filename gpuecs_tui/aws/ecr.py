"""Parses image references to ECR and manifests from ECR. Makes no calls."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gpuecs_tui.stack.partitions import DOMAINS, ECR_DUAL_STACK_DOMAINS, domain_of


def _host(service: str, domains: tuple[str, ...]) -> str:
    return (
        rf"\.{service}(?P<fips>-fips)?\.(?P<region>[a-z0-9-]+)\."
        rf"(?:{'|'.join(re.escape(it) for it in domains)})"
    )


_REST = r"/(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
_IPV4 = re.compile(r"(?P<account>[0-9]{12})" + _host(r"dkr\.ecr", DOMAINS) + _REST)
_DUAL_STACK = re.compile(
    r"(?P<account>[0-9]{12})" + _host("dkr-ecr", ECR_DUAL_STACK_DOMAINS) + _REST
)

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""Media types of OCI and Docker; ECR converts a manifest whose type isn't in the list."""
ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}
"""OCI architecture names (Go's GOARCH) → EC2's names."""


@dataclass(frozen=True, slots=True)
class EcrImage:
    """A parsed image reference to ECR."""

    account: str
    region: str
    repository: str
    tag: str
    """``latest`` if the reference has neither tag nor digest, as in Docker."""
    digest: str


def ecr_image(reference: str) -> EcrImage | None:
    """Parse an image reference; None if it isn't in a private ECR repository."""
    match = _IPV4.fullmatch(reference) or _DUAL_STACK.fullmatch(reference)
    if match is None:
        return None
    parts = match.groupdict(default="")
    del parts["fips"]
    if not parts["tag"] and not parts["digest"]:
        parts["tag"] = "latest"
    return EcrImage(**parts)


def is_served_by_endpoints(reference: str) -> bool:
    """Return whether the VPC endpoints of ECR reach the registry of an image.

    ECR has no PrivateLink for the dual-stack names of its registries
    (https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html).
    """
    return _IPV4.fullmatch(reference) is not None


def ipv4_reference(reference: str) -> str:
    """Return ``reference`` with the IPv4 name of its registry if it has the dual-stack name."""
    match = _DUAL_STACK.fullmatch(reference)
    if match is None:
        return reference
    service = f"dkr.ecr{match['fips'] or ''}"
    host = f"{match['account']}.{service}.{match['region']}.{domain_of(match['region'])}"
    return host + reference[reference.index("/") :]


def architectures_of(manifest: str) -> tuple[str, ...]:
    """Return the architectures of Linux that a manifest names, as EC2 does, sorted.

    An image index names the platform of each image in it (OCI image index specification;
    attestations are of platform ``unknown``). The manifest of a single image doesn't: the platform
    is in its configuration, which would have to be downloaded, so that nothing is returned.
    """
    try:
        tree = json.loads(manifest)
    except ValueError:
        return ()
    return tuple(sorted(set(_architectures(tree)))) if isinstance(tree, dict) else ()


def _architectures(tree: dict[str, Any]) -> Iterator[str]:
    listed = tree.get("manifests")
    for it in listed if isinstance(listed, list) else ():
        platform = it.get("platform") if isinstance(it, dict) else None
        # Any user who may push images writes the manifest, so its structure is not reliable.
        if isinstance(platform, dict) and platform.get("os") == "linux":
            name = str(platform.get("architecture", ""))
            yield ARCHITECTURES.get(name, name)
