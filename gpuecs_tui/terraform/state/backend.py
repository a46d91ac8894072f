"""Where a directory keeps its state: the backend that is noted or configured, and the workspace."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.terraform.base.atomic_files import read_json
from gpuecs_tui.terraform.base.tflock import STATE_NAME
from gpuecs_tui.terraform.engine.init_needed import data_folder
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.state.backend_block import BackendBlock, backend_block
from gpuecs_tui.terraform.state.stored_state import ENCRYPTED, NotRead, StateProblem

LOCAL, S3 = "local", "s3"
"""The backends that are read here; any other's state is pulled by the engine, once initialised."""

DEFAULT = "default"
"""The workspace in which everybody is who never heard of workspaces."""
WORKSPACES = "terraform.tfstate.d"
"""Where the local backend keeps the states of the other workspaces, a folder each."""
_SELECTED = "environment"
"""File in Terraform's data folder that names the selected workspace."""
_NAME_MAX = 4096
"""Bytes; a workspace's name is part of a path."""


class OpenBackend(NotRead):
    """A state whose place the backend block leaves open."""

    rule = "partial-backend"


class VariableBackend(NotRead):
    """A state whose place the backend block computes."""

    rule = "backend-variable"


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a directory's state is kept."""

    type: str
    config: Mapping[str, Any]
    """Its settings; of a noted one also those given on init's command line. Secrets may be among
    them."""
    noted: bool = True
    """Whether an ``init`` noted it here; else it is what the configuration names."""
    unread: tuple[str, ...] = ()
    """Settings of the configuration that are variables or other expressions."""
    place: str = ""
    """File and line of the block, where the configuration names it."""


def noted_backend(directory: Path, environ: Mapping[str, str]) -> Backend | None:
    """Return where the last ``init`` noted that the state is; None where it noted nothing."""
    folder = data_folder(directory, environ)
    noted = (read_json(folder / STATE_NAME) or {}).get("backend")
    if not isinstance(noted, dict) or not noted.get("type"):
        return None
    config = noted.get("config")
    return Backend(str(noted["type"]), config if isinstance(config, dict) else {})


def backend(directory: Path, environ: Mapping[str, str] | None = None) -> Backend:
    """Return where the state of ``directory`` is kept now.

    What ``init`` noted counts. Where it noted nothing, as in a fresh clone, the configuration
    counts, unless a local state holds something that was not moved yet.
    """
    environment = os.environ if environ is None else environ
    noted = noted_backend(directory, environment)
    if noted is not None:
        return noted
    try:
        block = backend_block(directory, environment)
    except ReadProblem:
        # ``read_state`` says so; whatever else is asked for, it is asked of local files.
        block = None
    if block is None or (block.type != LOCAL and holds_local_state(directory)):
        return Backend(LOCAL, {}, noted=False)
    return _named(block)


def holds_local_state(directory: Path) -> bool:
    """Tell whether the local backend's default files hold anything, in any workspace."""
    paths = [directory / STATE_NAME, *(directory / WORKSPACES).glob(f"*/{STATE_NAME}")]
    return any(map(_holds_anything, paths))


def _holds_anything(path: Path) -> bool:
    try:
        text = read_regular(path).strip()
        raw = json.loads(text) if text else {}
    except OSError:
        return False
    except (ValueError, RecursionError):
        # Cut off, or not a state at all: something that must not be passed over.
        return True
    if not isinstance(raw, dict):
        return True
    return bool(raw.get("resources") or raw.get("outputs") or raw.get(ENCRYPTED))


def _named(block: BackendBlock) -> Backend:
    return Backend(block.type, block.settings, False, block.unread, block.place)


def workspace(directory: Path, environ: Mapping[str, str]) -> str:
    """Return the workspace that Terraform works in: TF_WORKSPACE, else the one selected here.

    Raises StateProblem for a file that can't be read or isn't the name of a workspace: which state
    is meant is then unknown. Terraform itself uses the default workspace then and doesn't say so.
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
        raise _no_workspace(path, _("it does not hold the name of a workspace"))
    return selected or DEFAULT


def _no_workspace(path: Path, reason: str) -> StateProblem:
    return StateProblem(
        _("Could not read the selected workspace from {path}: {reason}.").format(
            path=path, reason=reason
        ),
        _("Run `terraform workspace select default`, or select the workspace that you use."),
    )


def local_state(directory: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the file that holds the state, there or not yet; None where it is kept elsewhere.

    The local backend's ``path`` and ``workspace_dir`` count, and the selected workspace.
    """
    where = backend(directory, environ)
    if where.type != LOCAL:
        return None
    if (selected := workspace(directory, environ)) != DEFAULT:
        folder = str(where.config.get("workspace_dir") or WORKSPACES)
        return directory / folder / selected / STATE_NAME
    return directory / str(where.config.get("path") or STATE_NAME)
