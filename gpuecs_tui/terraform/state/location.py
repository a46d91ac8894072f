"""The present location of a directory's state, and the location in its Terraform.

``init`` records the backend in Terraform's data folder. If the configuration then changes to
another backend, every command fails until the state is moved or the change is undone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.tflock import STATE_NAME
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.state.backend import (
    DEFAULT,
    LOCAL,
    S3,
    WORKSPACES,
    Backend,
    holds_local_state,
    noted_backend,
)
from gpuecs_tui.terraform.state.backend_block import (
    CLOUD,
    BackendBlock,
    backend_block,
    has_configuration,
)

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
"""Environment variables that set another S3 endpoint; the first that is set applies."""
_PATH_STYLE = "use_path_style"
_SECRET = frozenset({"access_key", "secret_key", "token", "sse_customer_key"})
"""Settings that must not be on a command line, which other users of the machine can read."""


@dataclass(frozen=True, slots=True)
class StateLocation:
    """The location of a state: a file or an object."""

    type: str
    """The backend: ``local``, ``s3``, or another that isn't moved here."""
    path: Path = Path()
    """The file, for ``local``."""
    bucket: str = ""
    key: str = ""
    region: str = ""
    """Empty: the value in the environment."""
    profile: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The backend's settings with literal values."""
    others: str = ""
    """Location of the states of other workspaces: a folder, or the prefix of their keys."""
    unread: tuple[str, ...] = ()
    """Settings that are variables or other expressions."""

    def __str__(self) -> str:
        """Return it as text: a path, ``s3://bucket/key``, or the backend's name."""
        if self.type == S3:
            return f"s3://{self.bucket or '?'}/{self.key or '?'}"
        if self.type == LOCAL:
            return str(self.path)
        if self.type == CLOUD:
            return _("HCP Terraform (a cloud block)")
        return _("the backend {type}").format(type=self.type)

    @property
    def is_understood(self) -> bool:
        """Tell whether gpuecs-tui reads and moves states of this kind, and the location is
        known."""
        if self.type == S3:
            return bool(self.bucket and self.key) and not self.unread
        return self.type == LOCAL and not self.unread

    def is_at(self, other: StateLocation) -> bool:
        """Tell whether both are the same files or objects, including those of other workspaces."""
        if self.type != other.type:
            return False
        if self.type == S3:
            return (self.bucket, self.key, self.others, _server(self)) == (
                other.bucket,
                other.key,
                other.others,
                _server(other),
            )
        return self.type != LOCAL or (
            self.path.resolve() == other.path.resolve()
            and Path(self.others).resolve() == Path(other.others).resolve()
        )

    def at(self, workspace: str) -> StateLocation:
        """Return the location of a workspace's state."""
        if workspace == DEFAULT:
            return self
        if self.type == S3:
            # Late: most places are files.
            from gpuecs_tui.aws.state_bucket.state_objects import state_key

            return replace(self, key=state_key(self.settings, workspace))
        return replace(self, path=Path(self.others) / workspace / STATE_NAME)


@dataclass(frozen=True, slots=True)
class BackendChange:
    """A change of the backend that Terraform has not carried out."""

    source: StateLocation
    target: StateLocation

    @property
    def moves(self) -> bool:
        """Tell whether a state must be moved; else only changed settings must be recorded."""
        return not self.source.is_at(self.target)

    @property
    def is_understood(self) -> bool:
        """Tell whether gpuecs-tui can carry it out; otherwise only Terraform can."""
        return self.source.is_understood and self.target.is_understood


def backend_change(directory: Path, environ: Mapping[str, str]) -> BackendChange | None:
    """Return the backend change that ``init`` would report for ``directory``, or None.

    Reads files only. Also None if the configuration can't be read.
    """
    if not has_configuration(directory):
        return None
    noted = noted_backend(directory, environ)
    try:
        block = backend_block(directory, environ)
    except ReadProblem:
        return None
    target = _target(directory, block, noted)
    if noted is None:
        # No ``init`` recorded a backend: a state, if there is one, is in Terraform's default file.
        source = _place(directory, LOCAL, {})
        moves = not source.is_at(target) and holds_local_state(directory)
        return BackendChange(source, target) if moves else None
    source = location_of(directory, noted)
    if not source.is_understood and source.type == target.type:
        # Terraform itself compares the settings of such a backend.
        return None
    asked = block.settings if block is not None else {}
    same = source.is_at(target) and all(
        _alike(source.settings.get(name), value) for name, value in asked.items()
    )
    return None if same else BackendChange(source, target)


def pending_change(directory: Path, environ: Mapping[str, str]) -> BackendChange | None:
    """Return the change of the backend that can be carried out here, or None.

    Like ``change_of``, but also None for unsupported backends.
    """
    change = backend_change(directory, environ)
    return change if change is not None and change.is_understood else None


def initialised_backend(directory: Path, environ: Mapping[str, str]) -> StateLocation:
    """Return the location that the last ``init`` recorded; the default file without a record."""
    noted = noted_backend(directory, environ)
    return _place(directory, LOCAL, {}) if noted is None else location_of(directory, noted)


def configured_backend(directory: Path, environ: Mapping[str, str]) -> StateLocation:
    """Return the location of the state in the Terraform of ``directory``. Raises ReadProblem.

    For a partial backend it includes the settings from init's command line.
    """
    block = backend_block(directory, environ)
    return _target(directory, block, noted_backend(directory, environ))


def location_of(directory: Path, where: Backend) -> StateLocation:
    """Return the location in a backend's settings."""
    return _place(directory, where.type, where.config, where.unread)


def backend_options(directory: Path, environ: Mapping[str, str]) -> list[str]:
    """Return the backend options that ``init`` needs in addition to the configuration.

    A numeric endpoint address can't have the bucket as a host name, so path-style URLs are used, as
    botocore does automatically. Terraform compares these options with its record, so the recorded
    settings of a partial backend are included.
    """
    noted = noted_backend(directory, environ)
    try:
        block = backend_block(directory, environ)
    except ReadProblem:
        return []
    if block is None or block.type != S3:
        return []
    noted_settings: Mapping[str, Any] = {}
    if noted is not None and noted.type == S3:
        noted_settings = _filled_in(block, noted)
        if _SECRET & noted_settings.keys():
            # Without any option, Terraform uses its record.
            return []
    options = {**noted_settings, **({_PATH_STYLE: True} if _is_numeric(environ) else {})}
    return [
        f"-backend-config={name}={_as_text(value)}"
        for name, value in options.items()
        if isinstance(value, str | int | float | bool)
    ]


def init_options(directory: Path, environ: Mapping[str, str]) -> list[str]:
    """Return ``backend_options``, and ``-reconfigure`` if only they differ from the record.

    They only change how the same location is reached: nothing is moved.
    """
    options = backend_options(directory, environ)
    noted = noted_backend(directory, environ)
    if not options or noted is None or noted.type != S3:
        return options
    given = (option.removeprefix("-backend-config=").partition("=") for option in options)
    same = all(_alike(noted.config.get(name), value) for name, _equals, value in given)
    return options if same else [*options, "-reconfigure"]


def _is_numeric(environ: Mapping[str, str]) -> bool:
    endpoint = next((environ[name] for name in ENDPOINTS if environ.get(name)), "")
    try:
        ipaddress.ip_address(urlsplit(endpoint).hostname or "")
    except ValueError:
        return False
    return True


def _target(directory: Path, block: BackendBlock | None, noted: Backend | None) -> StateLocation:
    if block is None:
        return _place(directory, LOCAL, {})
    settings, unread = dict(block.settings), block.unread
    if noted is not None and noted.type == block.type:
        settings = {**_filled_in(block, noted), **settings}
        unread = tuple(name for name in unread if settings.get(name) is None)
    return _place(directory, block.type, settings, unread)


def _filled_in(block: BackendBlock, noted: Backend) -> dict[str, Any]:
    """Return the settings that ``init`` was given and a partial block does not set.

    Empty for a block with a complete location: its missing settings are missing on purpose.
    """
    if all(block.settings.get(name) for name in ("bucket", "key")) and not block.unread:
        return {}
    return {
        name: value
        for name, value in noted.config.items()
        if value is not None and name not in block.settings
    }


def _place(
    directory: Path, type_: str, config: Mapping[str, Any], unread: tuple[str, ...] = ()
) -> StateLocation:
    def text(name: str) -> str:
        return str(config.get(name) or "")

    settings = dict(config)
    if type_ == S3:
        # Late: most places are files.
        from gpuecs_tui.aws.state_bucket.state_objects import workspace_prefix

        return StateLocation(
            S3,
            bucket=text("bucket"),
            key=text("key").removeprefix("/"),
            region=text("region"),
            profile=text("profile"),
            settings=settings,
            others=workspace_prefix(config),
            unread=unread,
        )
    if type_ == LOCAL:
        path = directory / (text("path") or STATE_NAME)
        others = str(directory / (text("workspace_dir") or WORKSPACES))
        return StateLocation(LOCAL, path=path, settings=settings, others=others, unread=unread)
    return StateLocation(type_, settings=settings, unread=unread)


def _server(place: StateLocation) -> str:
    from gpuecs_tui.aws.state_bucket.backend_reader import backend_endpoints

    return backend_endpoints(place.settings).get("s3", "")


def _as_text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _alike(noted: object, wanted: object) -> bool:
    # A backend treats unset and empty alike; a number or bool may be recorded as text.
    if isinstance(noted, Mapping) or isinstance(wanted, Mapping):
        return _without_unset(noted) == _without_unset(wanted)
    return (noted or "") == (wanted or "") or str(noted).lower() == str(wanted).lower()


def _without_unset(value: object) -> dict[str, Any]:
    return {k: v for k, v in value.items() if v is not None} if isinstance(value, Mapping) else {}
