"""Reads the newest image of ECR repositories and its architectures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gpuecs_tui.aws.discovery.lookups import read_architectures, read_images
from gpuecs_tui.aws.ecr import EcrImage
from gpuecs_tui.aws.facts import Image, Repository
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.aws.session import AccountReader

LATEST = "latest"
"""The tag that ``docker push`` uses if none is given."""


@dataclass(frozen=True, slots=True)
class NewestImage:
    """The newest tagged image of a repository."""

    repository: Repository
    tag: str
    """Empty if no image has a tag, or if the images could not be read."""
    architectures: tuple[str, ...] = ()
    """In EC2's names, such as ``x86_64``; empty if unknown."""
    is_read: bool = True
    """Whether the repository's images could be read."""


def newest_tag(images: Iterable[Image]) -> str:
    """Return a tag of the newest tagged image; ``images`` are sorted newest first.

    If the image also has another tag, that tag is preferred to ``latest``, because it identifies
    the image. Empty if no image has a tag.
    """
    tagged = [image for image in images if image.tag]
    tags = [image.tag for image in tagged if image.digest == tagged[0].digest]
    return min(tags, key=lambda tag: tag == LATEST, default="")


def read_newest(reader: AccountReader, repositories: Sequence[Repository]) -> list[NewestImage]:
    """Read the newest image of each of ``repositories``: two calls for each; blocks."""
    return [_read(reader, repository) for repository in repositories]


def _read(reader: AccountReader, repository: Repository) -> NewestImage:
    images = read_images(reader, repository.name)
    if not isinstance(images, Known):
        return NewestImage(repository, "", is_read=False)
    tag = newest_tag(images.value or ())
    if not tag:
        return NewestImage(repository, "")
    image = EcrImage("", reader.region, repository.name, tag, "")
    found = read_architectures(reader, image)
    return NewestImage(repository, tag, found.value if isinstance(found, Known) else ())
