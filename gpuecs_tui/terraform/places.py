"""Where a directory's state is kept, and where its Terraform says that it should be.

``init`` notes the backend in Terraform's data folder; a configuration that names another one since
makes every command fail until the state is moved or the change is taken back.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.terraform.hcl_tree import Block, Literal, ReadProblem
from gpuecs_tui.terraform.stored_state import LOCAL, S3, backend
from gpuecs_tui.terraform.tflock import STATE_NAME

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
"""Environment variables that lead S3's calls elsewhere, the first that is set counts."""
_ENDINGS = ("*.tf", "*.tofu", "*.tf.json", "*.tofu.json")
Setting = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a state is kept: a file or an object."""

    type: str
    """The backend: ``local``, ``s3``, or another that isn't moved here."""
    path: Path = Path()
    """The file, for ``local``."""
    bucket: str = ""
    key: str = ""
    region: str = ""
    """Empty: what the environment says."""
    profile: str = ""
    settings: Mapping[str, Setting] = field(default_factory=dict, compare=False)
    """The backend's settings, as far as they are plain values."""

    def __str__(self) -> str:
        """Return it as people write it: a path, ``s3://bucket/key``, or the backend's name."""
        if self.type == S3:
            return f"s3://{self.bucket}/{self.key}"
        return str(self.path) if self.type == LOCAL else self.type

    @property
    def can_be_moved(self) -> bool:
        """Tell whether states of this kind are moved here."""
        return self.type in (LOCAL, S3)

    def is_at(self, other: Place) -> bool:
        """Tell whether both name the same file or object."""
        if self.type != other.type:
            return False
        if self.type == S3:
            return (self.bucket, self.key) == (other.bucket, other.key)
        return self.type != LOCAL or self.path.resolve() == other.path.resolve()


@dataclass(frozen=True, slots=True)
class Pending:
    """A change of the backend that Terraform has not carried out."""

    source: Place
    target: Place

    @property
    def moves(self) -> bool:
        """Tell whether a state must be moved, or only other settings of its place be noted."""
        return not self.source.is_at(self.target)


def pending(directory: Path, environ: Mapping[str, str]) -> Pending | None:
    """Return what ``init`` would have to be told about the state of ``directory``, or None.

    Reads files only. None also where that isn't for us to tell: other backends, workspaces, a
    configuration that can't be read.
    """
    if environ.get("TF_WORKSPACE", "default") != "default":
        return None
    if not _has_configuration(directory):
        return None
    noted = backend(directory, environ)
    try:
        target = configured_place(directory)
    except ReadProblem:
        return None
    source = _place(directory, noted.type, noted.config)
    if not (source.can_be_moved and target.can_be_moved):
        return None
    if source.type == LOCAL and not noted.config:
        # Nothing was noted: the state lies where Terraform puts it by default, if there is one.
        return Pending(source, target) if target.type == S3 and _holds_anything(source) else None
    same = source.is_at(target) and all(
        _alike(source.settings.get(name), value) for name, value in target.settings.items()
    )
    return None if same else Pending(source, target)


def noted_place(directory: Path, environ: Mapping[str, str]) -> Place:
    """Return where the last ``init`` noted that the state is."""
    noted = backend(directory, environ)
    return _place(directory, noted.type, noted.config)


def configured_place(directory: Path) -> Place:
    """Return where the Terraform in ``directory`` says that the state is. Raises ReadProblem."""
    block = _backend_block(directory)
    if block is None:
        return _place(directory, LOCAL, {})
    settings = {
        name: attribute.value.value
        for name, attribute in block.body.attributes.items()
        if isinstance(attribute.value, Literal)
    }
    return _place(directory, block.labels[0] if block.labels else block.kind, settings)


def backend_options(directory: Path, environ: Mapping[str, str]) -> list[str]:
    """Return what ``init`` must be told beside the configuration.

    A bucket can't be a host's name under an address of numbers: with such an endpoint the path
    carries it, as botocore does by itself.
    """
    try:
        if configured_place(directory).type != S3:
            return []
    except ReadProblem:
        return []
    endpoint = next((environ[name] for name in ENDPOINTS if environ.get(name)), "")
    try:
        ipaddress.ip_address(urlsplit(endpoint).hostname or "")
    except ValueError:
        return []
    return ["-backend-config=use_path_style=true"]


def _has_configuration(directory: Path) -> bool:
    return any(next(directory.glob(ending), None) for ending in _ENDINGS)


def _backend_block(directory: Path) -> Block | None:
    for path in sorted(path for ending in _ENDINGS for path in directory.glob(ending)):
        try:
            text = read_regular(path).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if "backend" not in text and "cloud" not in text:
            continue
        if path.suffix == ".json":
            raise ReadProblem(
                _("{file} may name a backend in JSON, which is not read here.").format(
                    file=path.name
                ),
                path.name,
            )
        # Late: the parser takes 0.15 s to import, and most directories have no backend block.
        from gpuecs_tui.terraform.hcl_parse import parse

        for block in parse(text, path.name).named("terraform"):
            for kind in ("backend", "cloud"):
                if (inner := next(block.body.named(kind), None)) is not None:
                    return inner
    return None


def _place(directory: Path, type_: str, config: Mapping[str, object]) -> Place:
    def text(name: str) -> str:
        return str(config.get(name) or "")

    settings = {
        name: value
        for name, value in config.items()
        if value is None or isinstance(value, str | int | float | bool)
    }
    if type_ == S3:
        key = text("key").removeprefix("/")
        return Place(
            S3,
            bucket=text("bucket"),
            key=key,
            region=text("region"),
            profile=text("profile"),
            settings=settings,
        )
    path = directory / (text("path") or STATE_NAME) if type_ == LOCAL else Path()
    return Place(type_, path=path, settings=settings)


def _holds_anything(place: Place) -> bool:
    # Late: what reads states knows of places.
    from gpuecs_tui.terraform.state_content import content, read_local

    return bool(content(read_local(place.path)))


def _alike(noted: object, wanted: Setting) -> bool:
    # Unset and empty are the same to a backend; a number may be noted as text.
    return (noted or "") == (wanted or "") or str(noted) == str(wanted)
