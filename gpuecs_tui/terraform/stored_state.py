"""The stored state of a directory: a local file, or what the engine pulls from elsewhere."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.terraform.backend_block import BackendBlock, backend_block
from gpuecs_tui.terraform.diagnosis import diagnose
from gpuecs_tui.terraform.engine import find_engine
from gpuecs_tui.terraform.environment import child_environment
from gpuecs_tui.terraform.events import Diagnostic
from gpuecs_tui.terraform.hcl_tree import ReadProblem
from gpuecs_tui.terraform.initialise import data_folder
from gpuecs_tui.terraform.problems import TerraformProblem
from gpuecs_tui.terraform.process import capture
from gpuecs_tui.terraform.store import read_json
from gpuecs_tui.terraform.tflock import STATE_NAME

PULL_SECONDS = 60.0
"""For ``state pull`` over a slow link; measured 0.7 s on loopback."""
LOCAL, S3 = "local", "s3"
"""The backends that are read here; any other's state is pulled by the engine, once initialised."""

DEFAULT = "default"
"""The workspace in which everybody is who never heard of workspaces."""
WORKSPACES = "terraform.tfstate.d"
"""Where the local backend keeps the states of the other workspaces, a folder each."""
STATE_VERSION = 4
"""The version of the state format that Terraform writes since 0.12."""
_PARTS = frozenset({"version", "serial", "lineage", "resources"})
"""Values of a state, at least one of which each has."""
_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""Colours in what a command prints."""
_SELECTED = "environment"
"""File in Terraform's data folder that names the selected workspace."""
_NAME_MAX = 4096
"""Bytes; a workspace's name is part of a path."""
ENCRYPTED = "encrypted_data"
"""The member that holds all of a state that OpenTofu has encrypted (its
internal/encryption/state.go)."""


class StateProblem(TerraformProblem):
    """A state that can't be read, or that can't be written as asked."""


class NewerState(StateProblem):
    """A state in a version of the format that is not read here; it need not be damaged."""


class NotRead(StateProblem):
    """A state that exists, or may exist, and can't be read from here."""

    rule = "state-unread"
    """Id in docs/failure-modes.md of the rule that says so."""


class OpenBackend(NotRead):
    """A state whose place the backend block leaves open."""

    rule = "partial-backend"


class VariableBackend(NotRead):
    """A state whose place the backend block computes."""

    rule = "backend-variable"


class EncryptedState(NotRead):
    """A state that OpenTofu has encrypted."""

    rule = "encrypted-state"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("{name} is encrypted by OpenTofu and can't be read here.").format(name=name),
            _("Run `tofu state list` in the directory to read it."),
        )


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


@dataclass(frozen=True, slots=True)
class StoredResource:
    """One managed resource instance of a state."""

    address: str
    """Module path, type, name and key, as Terraform writes it."""
    type: str
    id: str
    """Its attribute ``id``; empty where it has none."""
    tainted: bool
    """Its creation was not finished: the next apply replaces it."""
    attributes: Mapping[str, Any]
    """As stored, secrets included: not to be shown as they are."""
    sensitive: tuple[str, ...] = ()
    """Names of attributes that are sensitive as a whole or in part."""


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state as it was read."""

    serial: int
    """Number of its last change; 0 for one that was never written."""
    lineage: str
    """Identity of the state over its life; empty where nothing was stored yet."""
    terraform_version: str
    resources: tuple[StoredResource, ...]

    def find(self, address: str) -> StoredResource | None:
        """Return the resource at ``address``, or None."""
        return next((it for it in self.resources if it.address == address), None)


NOTHING = StoredState(0, "", "", ())
"""What a directory has in which nothing was applied yet."""


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


def read_state(directory: Path, environ: Mapping[str, str] | None = None) -> StoredState:
    """Return the state of ``directory``. Raises StateProblem.

    A local one is read as a file; another backend's is pulled by the engine, which takes a second.
    Of a directory without an ``init``, such as a fresh clone, an S3 backend's object is read.
    Raises NotRead where that can't be done.
    """
    environment = dict(os.environ if environ is None else environ)
    where = backend(directory, environment)
    path = local_state(directory, environment)
    if path is not None:
        # Late: what refuses asks where the state is.
        from gpuecs_tui.terraform.other_state import refuse_other_state

        refuse_other_state(directory, environment)
        try:
            if path.exists():
                return parse_state(read_regular(path), str(path))
        except OSError as error:
            raise StateProblem(
                _("Could not read {path}: {reason}.").format(path=path, reason=error.strerror)
            ) from None
        _refuse_unread_configuration(directory, environment, where)
        return NOTHING
    if not where.noted:
        # Late: what reads a place knows of states.
        from gpuecs_tui.terraform.unprepared import read_unprepared

        return read_unprepared(directory, where, environment)
    variables = child_environment(environment).variables
    pulled = capture(
        [str(find_engine(variables, directory).path), "state", "pull", "-no-color"],
        cwd=directory,
        environment=variables,
        timeout=PULL_SECONDS,
    )
    if pulled.returncode != 0:
        raise engine_problem(pulled.stderr, _("Could not read the state: {reason}"))
    return parse_state(pulled.stdout.encode(), _("What the backend holds"))


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


def _refuse_unread_configuration(
    directory: Path, environ: Mapping[str, str], where: Backend
) -> None:
    """Raise NotRead where there is no state, but a file may name a backend and can't be parsed."""
    if where.noted:
        return
    try:
        backend_block(directory, environ)
    except ReadProblem as problem:
        raise NotRead(
            _("The state has not been read: {reason}").format(reason=problem.message),
            problem.remedy or _("Correct that file."),
        ) from None


def engine_problem(said: str, words: str) -> StateProblem:
    """Return what the engine ``said`` on stderr as a problem; ``words`` take its {reason}."""
    known = diagnose([Diagnostic(message="", severity="error", summary="", detail=said)])
    if known is not None and known.kind == "bucket-missing":
        return NotRead(known.message, known.remedy)
    return StateProblem(
        words.format(reason=first_error(said)),
        _("Check the credentials and the backend, then try again."),
    )


def is_encrypted(raw: Mapping[str, Any]) -> bool:
    """Tell whether a parsed state is one that OpenTofu has encrypted.

    It keeps serial and lineage readable (opentofu.org/docs/language/state/encryption).
    """
    return ENCRYPTED in raw


def parse_state(text: bytes, name: str) -> StoredState:
    """Return the state in ``text``; ``name`` is what an error calls it.

    Raises StateProblem, NewerState.
    """
    try:
        raw = json.loads(text.strip() or b"{}")
        fault = state_fault(raw)
    except ValueError:
        fault = _("it is not JSON")
    except RecursionError:
        fault = _("its values are nested too deeply")
    if not fault and is_encrypted(raw):
        raise EncryptedState(name)
    if fault:
        raise StateProblem(
            _("{name} is not a Terraform state: {fault}.").format(name=name, fault=fault),
            _("Keep it, and restore the last good copy."),
        )
    version = raw.get("version", STATE_VERSION)
    if version != STATE_VERSION:
        raise NewerState(
            _("{name} has version {version} of the state format, which is not known here.").format(
                name=name, version=version
            ),
            _("Update gpuecs-tui, or use the Terraform that wrote it."),
        )
    return StoredState(
        int(raw.get("serial") or 0),
        str(raw.get("lineage") or ""),
        str(raw.get("terraform_version") or ""),
        tuple(_resources(raw)),
    )


def state_fault(raw: object) -> str:
    """Return what is wrong with the form of a state, the end of a sentence; empty if nothing.

    Terraform's own reader is states/statefile/version4.go: whatever has other types there is
    refused by it as well.
    """
    wrong = _("the value of {name} is not valid")
    if not isinstance(raw, dict):
        return _("it is not a JSON object")
    if raw and not raw.keys() & _PARTS:
        return _("it has none of the values of a state")
    for name, kind in (("version", int), ("serial", int), ("lineage", str)):
        value = raw.get(name)
        if value is not None and type(value) is not kind:
            return wrong.format(name=name)
    if not isinstance(raw.get("outputs") or {}, dict):
        return wrong.format(name="outputs")
    if any(not isinstance(it, dict) for it in (raw.get("outputs") or {}).values()):
        return wrong.format(name="outputs")
    resources = raw.get("resources") or []
    if not isinstance(resources, list) or not all(map(_is_resource, resources)):
        return wrong.format(name="resources")
    return ""


def first_error(text: str) -> str:
    """Return the first error that a command without ``-json`` printed, as one line, no colours."""
    words = [line.strip(" │╷╵\t") for line in _ESCAPE.sub("", text).splitlines()]
    told = [line for line in words if line]
    start = next((n for n, line in enumerate(told) if line.startswith("Error:")), 0)
    return " ".join(told[start : start + 3]).removeprefix("Error:").strip()


def _resources(raw: Mapping[str, Any]) -> Iterator[StoredResource]:
    for resource in raw.get("resources") or ():
        if resource.get("mode") != "managed":
            continue
        module = f"{resource['module']}." if resource.get("module") else ""
        for instance in resource.get("instances") or ():
            # Deposed: the old one of a replacement, no longer at its address.
            if instance.get("deposed"):
                continue
            attributes = instance.get("attributes") or {}
            yield StoredResource(
                f"{module}{resource.get('type')}.{resource.get('name')}{_key(instance)}",
                str(resource.get("type", "")),
                str(attributes.get("id") or ""),
                instance.get("status") == "tainted",
                attributes,
                tuple(_sensitive(instance)),
            )


def _is_resource(resource: object) -> bool:
    if not isinstance(resource, dict):
        return False
    texts = (resource.get(name) for name in ("module", "mode", "type", "name"))
    instances = resource.get("instances") or []
    return (
        all(it is None or isinstance(it, str) for it in texts)
        and isinstance(instances, list)
        and all(map(_is_instance, instances))
    )


def _is_instance(instance: object) -> bool:
    if not isinstance(instance, dict):
        return False
    flat = (instance.get(name) or {} for name in ("attributes", "attributes_flat"))
    paths = instance.get("sensitive_attributes") or []
    return (
        all(isinstance(it, dict) for it in flat)
        and isinstance(paths, list)
        and all(isinstance(it, list) and all(isinstance(at, dict) for at in it) for it in paths)
    )


def _key(instance: Mapping[str, Any]) -> str:
    key = instance.get("index_key")
    return "" if key is None else f"[{json.dumps(key, ensure_ascii=False)}]"


def _sensitive(instance: Mapping[str, Any]) -> Iterator[str]:
    for path in instance.get("sensitive_attributes") or ():
        first = path[0] if isinstance(path, list) and path else {}
        if first.get("type") == "get_attr":
            yield str(first.get("value"))
