"""Where a directory's state is kept, and where its Terraform says that it should be.

``init`` notes the backend in Terraform's data folder; a configuration that names another one since
makes every command fail until the state is moved or the change is taken back.
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
"""Environment variables that lead S3's calls elsewhere, the first that is set counts."""
_PATH_STYLE = "use_path_style"
_SECRET = frozenset({"access_key", "secret_key", "token", "sse_customer_key"})
"""Settings that must not stand on a command line, which other users of the machine can read."""


@dataclass(frozen=True, slots=True)
class StateLocation:
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
    settings: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The backend's settings, as far as they are plain values."""
    others: str = ""
    """Where the states of other workspaces are kept: a folder, or the prefix of their keys."""
    unread: tuple[str, ...] = ()
    """Settings that are variables or other expressions."""

    def __str__(self) -> str:
        """Return it as people write it: a path, ``s3://bucket/key``, or the backend's name."""
        if self.type == S3:
            return f"s3://{self.bucket or '?'}/{self.key or '?'}"
        if self.type == LOCAL:
            return str(self.path)
        if self.type == CLOUD:
            return _("HCP Terraform (a cloud block)")
        return _("the backend {type}").format(type=self.type)

    @property
    def is_understood(self) -> bool:
        """Tell whether states of this kind are read and moved here, and the place is known."""
        if self.type == S3:
            return bool(self.bucket and self.key) and not self.unread
        return self.type == LOCAL and not self.unread

    def is_at(self, other: StateLocation) -> bool:
        """Tell whether both name the same files or objects, those of other workspaces included."""
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
        """Return where the state of a workspace is kept."""
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
        """Tell whether a state must be moved, or only other settings of its place be noted."""
        return not self.source.is_at(self.target)

    @property
    def is_understood(self) -> bool:
        """Tell whether gpuecs-tui can carry it out; else only Terraform itself can."""
        return self.source.is_understood and self.target.is_understood


def backend_change(directory: Path, environ: Mapping[str, str]) -> BackendChange | None:
    """Return what ``init`` would have to be asked about the state of ``directory``, or None.

    Reads files only. None also for a configuration that can't be read.
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
        # Nothing was noted: the state lies where Terraform puts it by default, if there is one.
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

    As ``change_of``, but None also for backends that aren't understood.
    """
    change = backend_change(directory, environ)
    return change if change is not None and change.is_understood else None


def initialised_backend(directory: Path, environ: Mapping[str, str]) -> StateLocation:
    """Return where the last ``init`` noted that the state is; the default file without one."""
    noted = noted_backend(directory, environ)
    return _place(directory, LOCAL, {}) if noted is None else location_of(directory, noted)


def configured_backend(directory: Path, environ: Mapping[str, str]) -> StateLocation:
    """Return where the Terraform in ``directory`` says that the state is. Raises ReadProblem.

    Of a partial backend, what ``init`` was given on its command line counts as well.
    """
    block = backend_block(directory, environ)
    return _target(directory, block, noted_backend(directory, environ))


def location_of(directory: Path, where: Backend) -> StateLocation:
    """Return the place that a backend's settings name."""
    return _place(directory, where.type, where.config, where.unread)


def backend_options(directory: Path, environ: Mapping[str, str]) -> list[str]:
    """Return what ``init`` must be told beside the configuration.

    A bucket can't be a host's name under an address of numbers: with such an endpoint the path
    carries it, as botocore does by itself. Terraform compares whatever is given here with what it
    noted: so the noted settings of a partial backend are given as well.
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
            # Without any option Terraform takes what it noted.
            return []
    options = {**noted_settings, **({_PATH_STYLE: True} if _is_numeric(environ) else {})}
    return [
        f"-backend-config={name}={_as_text(value)}"
        for name, value in options.items()
        if isinstance(value, str | int | float | bool)
    ]


def init_options(directory: Path, environ: Mapping[str, str]) -> list[str]:
    """Return ``backend_options``, and ``-reconfigure`` where they alone differ from what was noted.

    They only say how the same place is reached: nothing is moved and nothing is left behind.
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
    """Return what ``init`` was given for the settings that a partial block leaves open.

    Empty for a block that names its place by itself: what it leaves out is left out on purpose.
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
    # Unset and empty are the same to a backend; a number or a bool may be noted as text.
    if isinstance(noted, Mapping) or isinstance(wanted, Mapping):
        return _without_unset(noted) == _without_unset(wanted)
    return (noted or "") == (wanted or "") or str(noted).lower() == str(wanted).lower()


def _without_unset(value: object) -> dict[str, Any]:
    return {k: v for k, v in value.items() if v is not None} if isinstance(value, Mapping) else {}
