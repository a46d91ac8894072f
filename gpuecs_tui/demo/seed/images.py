"""The demo account's images: container images in ECR, machine images for ECS instances."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from moto.ec2.models.amis import Ami
from moto.ssm.models import Parameter

from gpuecs_tui.demo.account import REGION
from gpuecs_tui.demo.model.quotas import ACCOUNT_ID
from gpuecs_tui.demo.seed.seeding import moto_backend, same_ids_for
from gpuecs_tui.stack.capacity.ami import AL2023, BOTTLEROCKET

MIB = 1024 * 1024
NEWEST_PUSH = datetime(2026, 10, 28, 9, 30, tzinfo=UTC)

BOTTLEROCKET_NAME = "bottlerocket-aws-ecs-2-nvidia-{}"
REPOSITORIES: dict[str, tuple[tuple[str, ...], ...]] = {
    # Repository → images, the newest first, each as its tags; () is an untagged image.
    "llm-server": (("2.4.1", "latest"), ("2.4.0",), ("2.3.7-cu124",), (), ("2.3.6",)),
    "ml/whisper-asr": (("2026-10-02", "stable"), ("2026-09-15",)),
    "diffusion": (("v1.9.0",), ("v1.8.2",)),
    "sandbox/empty": (),
}

IMAGE_MIB = 6144
"""A GPU image's size in the registry: CUDA, a framework, and no model."""

AMIS = {
    "/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended/image_id": (
        "al2023-ami-ecs-gpu-hvm-2023.0.20260922-kernel-6.1-x86_64-ebs",
        "x86_64",
        "amazon",
    ),
    "/aws/service/ecs/optimized-ami/amazon-linux-2/gpu/recommended/image_id": (
        "amzn2-ami-ecs-gpu-hvm-2.0.20260612-x86_64-ebs",
        "x86_64",
        "amazon",
    ),
    "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id": (
        "al2023-ami-ecs-hvm-2023.0.20261012-kernel-6.1-x86_64",
        "x86_64",
        "amazon",
    ),
    "/aws/service/bottlerocket/aws-ecs-2-nvidia/x86_64/latest/image_id": (
        "bottlerocket-aws-ecs-2-nvidia-x86_64-v1.49.0-25b1f5a4",
        "x86_64",
        "amazon",
    ),
    "/aws/service/bottlerocket/aws-ecs-2-nvidia/arm64/latest/image_id": (
        "bottlerocket-aws-ecs-2-nvidia-aarch64-v1.49.0-25b1f5a4",
        "arm64",
        "amazon",
    ),
}
"""SSM parameter → name, architecture and owner of the image that it contains."""

RELEASES = {
    f"{BOTTLEROCKET.format(arch=arch)}/{version}/image_id": newest
    and f"{BOTTLEROCKET.format(arch=arch)}/latest/image_id"
    for arch in ("x86_64", "arm64")
    for version, newest in (("1.49.0", "newest"), ("1.48.0", ""))
}
"""SSM parameter of a release → the parameter that has the same image; empty: an image of its own.
moto has the releases of Amazon Linux 2023, as AWS published them, without their images."""

OWN_AMIS = {
    "gpu-golden [2026-09]": "x86_64",
    "build-agent-arm": "arm64",
    "al2023-ami-ecs-gpu-hvm-2023.0.20261012-kernel-6.1-x86_64-ebs [encrypted]": "x86_64",
}
"""The account's own images, the last one an encrypted copy of ECS's."""


def furnish() -> None:
    """Create ECR repositories, the images that the SSM parameters name, and two images of the
    account."""
    _repositories()
    ec2, ssm = moto_backend("ec2"), moto_backend("ssm")
    for parameter, (name, architecture, owner) in AMIS.items():
        same_ids_for(f"image {name}")
        _ami(ec2, _ami_id(ssm, parameter), name, architecture, owner)
    for parameter in [it for it in ssm._parameters if it.startswith(f"{AL2023}/al2023-")]:
        name, identity = parameter.split("/")[-2], str(ssm.get_parameter(parameter).value)
        if parameter.endswith("/image_id") and identity not in ec2.amis:
            same_ids_for(f"image {name}")
            _ami(ec2, identity, name, "x86_64", "amazon")
    for parameter, same in RELEASES.items():
        label = parameter.removesuffix("/image_id").rpartition("/")[2]
        architecture = "arm64" if "/arm64/" in parameter else "x86_64"
        same_ids_for(f"image {parameter}")
        identity = _ami_id(ssm, same) if same else _fresh_id(parameter)
        _put(ssm, parameter, identity)
        if not same:
            name = f"{BOTTLEROCKET_NAME}-v{label}-25b1f5a4".format(
                "aarch64" if architecture == "arm64" else architecture
            )
            _ami(ec2, identity, name, architecture, "amazon")
    for name, architecture in OWN_AMIS.items():
        same_ids_for(f"image {name}")
        _ami(ec2, _fresh_id(name), name, architecture, None)


def _repositories() -> None:
    ecr = moto_backend("ecr")
    for name, images in REPOSITORIES.items():
        same_ids_for(f"repository {name}")
        ecr.create_repository(name, None, None, None, "MUTABLE", [])
        for age, image_tags in enumerate(images):
            manifest = _manifest(f"{name}/{age}")
            for tag in image_tags or (None,):
                image = ecr.put_image(name, manifest, tag)
                image.image_pushed_at = int((NEWEST_PUSH - timedelta(days=9 * age)).timestamp())


def _manifest(label: str) -> str:
    digest = f"sha256:{hashlib.sha256(label.encode()).hexdigest()}"
    config = {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "digest": digest,
        # moto uses this as the size of the whole image.
        "size": IMAGE_MIB * MIB,
    }
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": config,
            "layers": [{"mediaType": "layer", "size": IMAGE_MIB * MIB, "digest": digest}],
        }
    )


def image_index(digest: str, architectures: Iterable[str]) -> str:
    """Return an OCI image index with one image for each of ``architectures``, as OCI names them."""
    one = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 1, "digest": digest}
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [
                {**one, "platform": {"architecture": it, "os": "linux"}} for it in architectures
            ],
        }
    )


def _ami_id(ssm: Any, parameter: str) -> str:
    known = ssm.get_parameter(parameter)
    if known is None:
        known = _put(ssm, parameter, _fresh_id(parameter))
    return str(known.value)


def _put(ssm: Any, parameter: str, value: str) -> Any:
    # PutParameter refuses names of AWS's own, which moto lacks for Bottlerocket.
    known = cast(Any, Parameter)(
        account_id="amazon",
        name=parameter,
        value=value,
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=NEWEST_PUSH,
        version=1,
        data_type="text",
    )
    ssm._parameters[parameter].append(known)
    return known


def _fresh_id(label: str) -> str:
    return f"ami-{hashlib.sha256(label.encode()).hexdigest()[:17]}"


def _ami(ec2: Any, identity: str, name: str, architecture: str, owner: str | None) -> None:
    ec2.amis[identity] = Ami(
        ec2,
        identity,
        name=name,
        description=name,
        owner_id=ACCOUNT_ID if owner is None else "591542846629",
        owner_alias=owner,
        public=owner is not None,
        virtualization_type="hvm",
        architecture=architecture,
        hypervisor="xen",
        root_device_type="ebs",
        root_device_name="/dev/xvda",
        region_name=REGION,
        creation_date=NEWEST_PUSH.replace(tzinfo=None),
    )
