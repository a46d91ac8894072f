"""The backend of a directory's state, recorded or configured, and the selected workspace."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.terraform.base.atomic_files import read_json
from gpuecs_tui.terraform.base.tflock import STATE_NAME
from gpuecs_tui.terraform.engine.init_needed import data_folder
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.state.backend_block import BackendBlock, backend_block
from gpuecs_tui.terraform.state.stored_state import ENCRYPTED, NotRead, StateProblem

LOCAL, S3 = "local", "s3"
"""The backends that are read here; the engine pulls the state of any other, once initialized."""

DEFAULT = "default"
"""The workspace that Terraform uses unless another one is selected."""
WORKSPACES = "terraform.tfstate.d"
"""Folder in which the local backend keeps the states of other workspaces, one folder each."""
_SELECTED = "environment"
"""File in Terraform's data folder with the name of the selected workspace."""
_NAME_MAX = 4096
"""Bytes; a workspace's name is part of a path."""


class OpenBackend(NotRead):
    """A state whose location is not set in the backend block."""

    rule = "partial-backend"


class VariableBackend(NotRead):
    """A state whose location in the backend block is an expression."""

    rule = "backend-variable"


@dataclass(frozen=True, slots=True)
class Backend:
    """The backend of a directory's state."""

    type: str
    config: Mapping[str, Any]
    """Its settings; for a recorded backend also those from init's command line. They may contain
    secrets."""
    noted: bool = True
    """Whether an ``init`` recorded it here; else it comes from the configuration."""
    unread: tuple[str, ...] = ()
    """Settings of the configuration that are variables or other expressions."""
    place: str = ""
    """File and line of the block, if the configuration contains one."""


def noted_backend(directory: Path, environ: Mapping[str, str]) -> Backend | None:
    """Return the backend that the last ``init`` recorded; None if it recorded nothing.

    Also None for a damaged record, which ``refuse_damaged_record`` reports.
    """
    folder = data_folder(directory, environ)
    noted = (read_json(folder / STATE_NAME) or {}).get("backend")
    if not _is_backend(noted) or not noted["type"]:
        return None
    return Backend(noted["type"], noted.get("config") or {})


def refuse_damaged_record(directory: Path, environ: Mapping[str, str]) -> None:
    """Raise StateProblem if Terraform's record of the backend is damaged: no command then works.

    Terraform writes it in ``init`` (internal/command/workdir, ``ParseBackendStateFile``).
    """
    path = data_folder(directory, environ) / STATE_NAME
    remedy = _("Move {path} aside and run a plan: it runs `init` again.").format(path=path)
    try:
        path.lstat()
    except OSError:
        # There is none, or the folder is closed, which the selected workspace reports.
        return
    try:
        reason = _damage(read_regular(path))
    except PermissionError as error:
        reason, remedy = (
            str(error.strerror),
            _("Check the permissions of {path}.").format(path=path),
        )
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise StateProblem(
            _(
                "Could not read {path}: {reason}. Terraform records the backend in this file; the "
                "state itself is elsewhere."
            ).format(path=path, reason=reason),
            remedy,
        )


def _damage(text: bytes) -> str:
    """Return what is wrong with a record of the backend; empty if it is usable."""
    if not text.strip(b"\0 \t\r\n"):
        return _("the file is empty")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return _("it is not JSON")
    if not isinstance(raw, dict):
        return _("it is not a JSON object")
    backend, version = raw.get("backend"), raw.get("version")
    if backend is None and "version" not in raw:
        return _("it contains no backend")
    if "version" in raw and type(version) is not int:
        return _("the value of {name} is not valid").format(name="version")
    if backend is not None and not _is_backend(backend):
        return _("the value of {name} is not valid").format(name="backend")
    return ""


def _is_backend(value: object) -> TypeGuard[dict[str, Any]]:
    return (
        isinstance(value, dict)
        and isinstance(value.get("type"), str)
        and isinstance(value.get("config"), dict | None)
    )


def present_backend(directory: Path, environ: Mapping[str, str] | None = None) -> Backend:
    """Return the present backend of ``directory``.

    It is the backend that ``init`` recorded. Without a record, as in a fresh clone, it is the
    configured one, unless a local state contains something that was not moved yet.
    """
    environment = os.environ if environ is None else environ
    noted = noted_backend(directory, environment)
    if noted is not None:
        return noted
    try:
        block = backend_block(directory, environment)
    except ReadProblem:
        # ``read_state`` reports the error; everything else uses local files.
        block = None
    if block is None or (block.type != LOCAL and holds_local_state(directory)):
        return Backend(LOCAL, {}, noted=False)
    return _named(block)


def holds_local_state(directory: Path) -> bool:
    """Tell whether the default files of the local backend have content, in any workspace."""
    paths = [directory / STATE_NAME, *(directory / WORKSPACES).glob(f"*/{STATE_NAME}")]
    return any(map(_holds_anything, paths))


def _holds_anything(path: Path) -> bool:
    try:
        text = read_regular(path).strip()
        raw = json.loads(text) if text else {}
    except OSError:
        return False
    except (ValueError, RecursionError):
        # A truncated state or another file: it must not be ignored.
        return True
    if not isinstance(raw, dict):
        return True
    return bool(raw.get("resources") or raw.get("outputs") or raw.get(ENCRYPTED))


def _named(block: BackendBlock) -> Backend:
    return Backend(block.type, block.settings, False, block.unread, block.place)


def workspace(directory: Path, environ: Mapping[str, str]) -> str:
    """Return the workspace that Terraform uses: TF_WORKSPACE, else the one selected here.

    Raises StateProblem for a file that can't be read or has no workspace name: the state to use is
    then unknown. Terraform itself silently uses the default workspace in that case.
    """
    if named := environ.get("TF_WORKSPACE"):
        return named
    path = data_folder(directory, environ) / _SELECTED
    try:
        selected = read_regular(path, limit=_NAME_MAX).decode("utf-8").strip()
    except UnicodeDecodeError:
        selected = "\0"
    except (FileNotFoundError, NotADirectoryError):
        return DEFAULT
    except OSError as error:
        raise _no_workspace(path, error.strerror or str(error)) from None
    if not selected.isprintable():
        raise _no_workspace(path, _("it does not contain a workspace name"))
    return selected or DEFAULT


def _no_workspace(path: Path, reason: str) -> StateProblem:
    return StateProblem(
        _("Could not read the selected workspace from {path}: {reason}.").format(
            path=path, reason=reason
        ),
        _("Run `terraform workspace select default`, or select the workspace that you use."),
    )


def local_state(directory: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the path of the state file, existing or not; None for a remote state.

    It depends on the local backend's ``path`` and ``workspace_dir`` and on the selected workspace.
    """
    where = present_backend(directory, environ)
    if where.type != LOCAL:
        return None
    if (selected := workspace(directory, environ)) != DEFAULT:
        folder = str(where.config.get("workspace_dir") or WORKSPACES)
        return directory / folder / selected / STATE_NAME
    return directory / str(where.config.get("path") or STATE_NAME)
