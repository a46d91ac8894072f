"""The Terraform or OpenTofu program that is used, and its minimum version."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import make_private
from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.base.problems import EngineProblem
from gpuecs_tui.terraform.base.process import ProcessProblem, capture
from gpuecs_tui.user_folders import NoHome, cache_folder

ENGINE_VARIABLE = "GPUECS_TUI_ENGINE"
"""Environment variable with the program to use: a path, or a name on PATH."""
MINIMUM_VERSION = (1, 10, 0)
"""First release of Terraform and of OpenTofu whose S3 backend supports ``use_lockfile`` (both
changelogs, 1.10.0); ``init -json`` exists since 1.9."""
PROGRAMS = ("terraform", "tofu")
"""Names looked for on PATH, in this order."""
_VERSION_TIMEOUT = 15.0
"""Timeout in seconds for ``version -json``. It takes 0.05 s, but longer on a sleeping network
mount."""
_MAGIC = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
"""First bytes of programs on Linux and macOS (elf(5); mach-o/loader.h and fat.h)."""
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
"""Hosts of the provider registries of Terraform and OpenTofu."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A program that can run our configurations."""

    path: Path
    """Absolute path."""
    product: str
    """``terraform`` or ``tofu``."""
    version: str
    """Its version as it reports it, such as ``1.11.4``."""

    @property
    def name(self) -> str:
        """Return its product name."""
        return "OpenTofu" if self.product == "tofu" else "Terraform"

    @property
    def registry(self) -> str:
        """Return the host of its provider registry."""
        return REGISTRIES[self.product == "tofu"]


def find_engine(environ: Mapping[str, str] | None = None, directory: Path | None = None) -> Engine:
    """Return the engine in ``GPUECS_TUI_ENGINE``, else the first on PATH.

    A version manager's script is run in ``directory`` (default: the current one), because its files
    (.tool-versions, .terraform-version) choose the version. Runs the program for its version
    (0.05 s) unless the version of the same program is remembered. Raises EngineProblem if there is
    no engine, it doesn't run, or it is older than ``MINIMUM_VERSION``.
    """
    environment = os.environ if environ is None else environ
    path = _locate(environment)
    known = _identity(path)
    answer = _recall(known)
    if answer is None:
        answer = _ask_version(path, environment, _asked_in(known, directory))
        _remember(known, answer)
    product, version = answer
    match = _VERSION.match(version)
    if match is None or tuple(map(int, match.groups())) < MINIMUM_VERSION:
        raise EngineProblem(
            _("{path} is version {version}. gpuecs-tui requires {minimum} or later.").format(
                path=path, version=version or "?", minimum=".".join(map(str, MINIMUM_VERSION))
            ),
            _("Install a later version, or set {variable} to another program.").format(
                variable=ENGINE_VARIABLE
            ),
        )
    return Engine(path, product, version)


def _locate(environ: Mapping[str, str]) -> Path:
    search = environ.get("PATH", os.defpath)
    wanted = environ.get(ENGINE_VARIABLE, "")
    for name in (wanted,) if wanted else PROGRAMS:
        found = shutil.which(name, path=search)
        if found:
            # Links are not resolved: version managers install a link or a script deliberately.
            return Path(found).absolute()
    if wanted:
        raise EngineProblem(
            _("{variable} is set to {program}, which is not an executable program.").format(
                variable=ENGINE_VARIABLE, program=wanted
            ),
            _("Correct it, or unset it to use the terraform or tofu program on PATH."),
        )
    raise EngineProblem(
        _("Could not find terraform or tofu on PATH."),
        _(
            "Install Terraform or OpenTofu {minimum} or later, or set {variable} to its path."
        ).format(minimum=".".join(map(str, MINIMUM_VERSION)), variable=ENGINE_VARIABLE),
    )


def _identity(path: Path) -> dict[str, Any] | None:
    """Return what distinguishes this program from a later one at the same path.

    None for a script: scripts of version managers can start different versions.
    """
    try:
        with path.open("rb") as program:
            is_binary = program.read(len(_MAGIC[0])) in _MAGIC
        status = path.stat()
    except OSError:
        return None
    if not is_binary:
        return None
    return {"path": str(path), "size": status.st_size, "mtime": status.st_mtime_ns}


def _recall(known: dict[str, Any] | None) -> tuple[str, str] | None:
    try:
        told = read_json(_memory()) if known else None
    except NoHome:
        return None
    if told is None or told.get("program") != known:
        return None
    return str(told.get("product")), str(told.get("version"))


def _remember(known: dict[str, Any] | None, answer: tuple[str, str]) -> None:
    if known is None:
        return
    # The record only saves time: if it can't be written, the version is read again.
    with contextlib.suppress(OSError):
        memory = _memory()
        make_private(memory.parent)
        replace_json(memory, {"program": known, "product": answer[0], "version": answer[1]})


def _memory() -> Path:
    return cache_folder() / "engine.json"


def _asked_in(known: dict[str, Any] | None, directory: Path | None) -> Path:
    """Return the folder to read the version in: a program's answer is the same everywhere."""
    if known is not None:
        # In a stack directory it would also read the providers there.
        return Path("/")
    folder = Path.cwd() if directory is None else directory.absolute()
    while not folder.is_dir():
        # The directory does not exist yet: its parent's files apply.
        folder = folder.parent
    return folder


def _ask_version(path: Path, environ: Mapping[str, str], folder: Path) -> tuple[str, str]:
    # Remove what could change its output: log levels, arguments, a missing CLI configuration.
    quiet = {k: v for k, v in environ.items() if not k.startswith("TF_")}
    quiet["CHECKPOINT_DISABLE"] = "1"
    remedy = _("Run it yourself to see why, or set {variable} to another program.").format(
        variable=ENGINE_VARIABLE
    )
    try:
        done = capture(
            [str(path), "version", "-json"],
            cwd=folder,
            environment=quiet,
            timeout=_VERSION_TIMEOUT,
        )
    except ProcessProblem as problem:
        raise EngineProblem(problem.message, remedy) from problem
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    if done.returncode != 0 or not isinstance(answer, dict):
        # Releases before 0.13 have no -json; another program prints something else.
        first = next(iter((done.stdout + done.stderr).strip().splitlines()), "")
        message = _("`{path} version -json` failed (exit code {code}): {line}")
        raise EngineProblem(
            message.format(path=path, code=done.returncode, line=first[:200]), remedy
        )
    # OpenTofu uses Terraform's key too; its name is only in the plain `version` output.
    version = str(answer.get("terraform_version", ""))
    return _product(path, quiet, folder), version


def _product(path: Path, environ: Mapping[str, str], folder: Path) -> str:
    if path.name in PROGRAMS:
        return path.name
    done = capture(
        [str(path), "version"], cwd=folder, environment=environ, timeout=_VERSION_TIMEOUT
    )
    return "tofu" if done.stdout.startswith("OpenTofu") else "terraform"
