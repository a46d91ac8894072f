"""Where the AWS provider can be installed from without the network.

Terraform's terms: a filesystem mirror is a folder tree
``HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/`` (unpacked) or
``HOST/NAMESPACE/TYPE/terraform-provider-TYPE_VERSION_OS_ARCH.zip`` (packed); *implied* mirrors are
the folders that Terraform searches automatically (Terraform docs, CLI configuration, "Implied Local
Mirror Directories").
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.provider import Mirrored, rolls_back
from gpuecs_tui.stack.releases.strategy import PROVIDERS
from gpuecs_tui.terraform.base.problems import MirrorProblem
from gpuecs_tui.terraform.engine.binary import REGISTRIES, Engine
from gpuecs_tui.user_folders import expand_home

PROVIDER = "hashicorp/aws"
"""The one provider that every stack needs."""
LOWEST, BELOW = (5, 100, 0), (7, 0, 0)
"""Provider versions that the generated configuration supports: from the first, below the second."""
USUAL_PLACES = ("/opt", "/srv", "/usr/local/share/terraform", "/usr/share/terraform", "/var/lib")
"""Folders in which administrators usually put a mirror; each is searched one level deep."""
_FOLDERS_LOOKED_AT = 300
"""Maximum number of folders searched, so that a crowded /opt costs only milliseconds."""
_PACKED = re.compile(r"terraform-provider-aws_(\d+\.\d+\.\d+)_(\w+_\w+)\.zip")
_PLAIN = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}
"""Go's names for the values of ``uname -m``."""


class ProviderSource(StrEnum):
    """What decides where providers are installed from."""

    NAMED = "named"
    """The user, by --plugin-dir."""
    CONFIGURED = "configured"
    """The user's CLI configuration has a provider_installation block: Terraform uses it."""
    IMPLIED = "implied"
    """An implied mirror: Terraform uses it automatically."""
    FOUND = "found"
    """A search of the usual folders."""
    REGISTRY = "registry"
    """Nothing was found: Terraform uses the registry, over the network."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """The source from which ``init`` installs providers."""

    source: ProviderSource
    """What decided the source."""
    path: Path | None
    """The mirror's folder or the CLI configuration's file; None for the registry."""
    versions: tuple[str, ...] = ()
    """Versions of the AWS provider there that fit, newest first."""

    @property
    def plugin_dir(self) -> Path | None:
        """Return the value of ``init -plugin-dir``, or None to use Terraform's default."""
        return self.path if self.source in (ProviderSource.NAMED, ProviderSource.FOUND) else None


def fits(version: str) -> bool:
    """Tell whether the AWS provider ``version`` (``5.100.0``) supports the generated
    configuration."""
    match = _PLAIN.fullmatch(version)
    if match is None:
        return False
    number = tuple(map(int, match.groups()))
    return LOWEST <= number < BELOW and not rolls_back(version)


def find_mirror(
    engine: Engine,
    *,
    named: Path | None = None,
    locked: str | None = None,
    minimum: str = PROVIDERS[0],
    environ: Mapping[str, str] | None = None,
) -> Mirror:
    """Return the source of the AWS provider; reads only folders, within 20 ms.

    ``named`` is the user's --plugin-dir; MirrorProblem is raised if it has no suitable version.
    ``locked`` is the version in the stack's dependency lock file, and ``minimum`` the lowest one
    that the stack accepts: a mirror from the search without such a version is ignored.
    """
    environment = os.environ if environ is None else environ
    if named is not None:
        return _named(engine, named)
    configuration = _cli_configuration(environment)
    if configuration is not None:
        return Mirror(ProviderSource.CONFIGURED, configuration)
    for source, folder in _candidates(environment):
        versions = versions_in(folder, engine.registry)
        if not versions or not (locked is None or locked in versions):
            continue
        if source is ProviderSource.FOUND and Mirrored(str(folder), versions).lacks(minimum):
            continue
        return Mirror(source, folder, versions)
    return Mirror(ProviderSource.REGISTRY, None)


def mirrored(environ: Mapping[str, str], named: Path | None = None) -> Mirrored:
    """Return the folder from which a run of either engine takes the provider, and its releases.

    An implied mirror is used in any case; of the folders that a search finds, the one with the
    newest release counts. Reads only folders. ``named`` is the user's --plugin-dir.
    """
    if named is None and _cli_configuration(environ) is not None:
        return Mirrored()
    if named is not None:
        candidates = iter([(ProviderSource.NAMED, expand_home(named).absolute())])
    else:
        candidates = _candidates(environ)
    best = Mirrored()
    for source, folder in candidates:
        versions = next(filter(None, (versions_in(folder, it) for it in REGISTRIES)), ())
        if versions and source is not ProviderSource.FOUND:
            return Mirrored(str(folder), versions)
        newer = not best.versions or best.lacks(versions[0]) if versions else False
        best = Mirrored(str(folder), versions, only=False) if newer else best
    return best


def versions_in(folder: Path, registry: str) -> tuple[str, ...]:
    """Return the suitable AWS provider versions for this platform in a mirror, newest first."""
    here = folder / registry / PROVIDER
    target = this_platform()
    found = set()
    try:
        with os.scandir(here) as entries:
            for entry in entries:
                packed = _PACKED.fullmatch(entry.name)
                if packed and packed[2] == target:
                    found.add(packed[1])
                elif _PLAIN.fullmatch(entry.name) and Path(entry.path, target).is_dir():
                    found.add(entry.name)
    except OSError:
        return ()
    order = sorted(filter(fits, found), key=lambda v: tuple(map(int, v.split("."))), reverse=True)
    return tuple(order)


def _named(engine: Engine, folder: Path) -> Mirror:
    absolute = expand_home(folder).absolute()
    versions = versions_in(absolute, engine.registry)
    if not versions:
        raise MirrorProblem(
            _("{folder} has no suitable AWS provider for this platform.").format(folder=absolute),
            _(
                "Use the directory that contains {path}, with a version from {low} up to, "
                "but not including, {high}."
            ).format(
                path=f"{engine.registry}/{PROVIDER}/VERSION/{this_platform()}",
                low=".".join(map(str, LOWEST)),
                high=".".join(map(str, BELOW)),
            ),
        )
    return Mirror(ProviderSource.NAMED, absolute, versions)


def _cli_configuration(environ: Mapping[str, str]) -> Path | None:
    named = environ.get("TF_CLI_CONFIG_FILE") or environ.get("TERRAFORM_CONFIG")
    home = Path(environ.get("HOME", "/nonexistent"))
    for path in (Path(named),) if named else (home / ".tofurc", home / ".terraformrc"):
        try:
            text = path.read_text("utf-8", "replace")
        except OSError:
            continue
        if re.search(r"^\s*provider_installation\s*\{", text, re.MULTILINE):
            return path
    return None


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[ProviderSource, Path]]:
    home = Path(environ.get("HOME", "/nonexistent"))
    data_home = environ.get("XDG_DATA_HOME") or str(home / ".local/share")
    data_dirs = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    yield ProviderSource.IMPLIED, home / ".terraform.d/plugins"
    for folder in (data_home, *data_dirs.split(":")):
        yield ProviderSource.IMPLIED, Path(folder, "terraform/plugins")
    left = _FOLDERS_LOOKED_AT
    for place in map(Path, USUAL_PLACES):
        for candidate in (place, *_subfolders(place)):
            if left == 0:
                return
            left -= 1
            yield ProviderSource.FOUND, candidate


def _subfolders(place: Path) -> list[Path]:
    try:
        with os.scandir(place) as entries:
            folders = sorted(entry.path for entry in entries if entry.is_dir())
    except OSError:
        return []
    # Mirrors inside a product's own folder are common: /opt/terraform/providers.
    inner = [Path(f, name) for f in folders for name in ("plugins", "providers", "mirror")]
    return [*map(Path, folders), *inner]


def this_platform() -> str:
    """Return this machine's platform as Terraform writes it, such as ``linux_amd64``."""
    machine = platform.machine().lower()
    return f"{sys.platform}_{_ARCHITECTURES.get(machine, machine)}"
