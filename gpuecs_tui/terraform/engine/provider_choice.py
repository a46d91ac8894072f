"""The version of the AWS provider that a directory requires, read without starting the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.stack.provider import lowest_required
from gpuecs_tui.stack.releases.strategy import BLUE_GREEN, needed_provider, provider_number
from gpuecs_tui.terraform.engine.init_needed import locked_providers
from gpuecs_tui.terraform.engine.mirror import PROVIDER

_REQUIRED = re.compile(r"^[ \t]*required_providers\s*\{", re.MULTILINE)
_AWS = re.compile(r"^[ \t]*aws\s*=\s*\{([^{}]*)\}", re.MULTILINE)
_VERSION = re.compile(r'^[ \t]*version\s*=\s*"([^"]*)"', re.MULTILINE)
_RELEASE = re.compile(r"^[ \t]*deployment_configuration\s*\{", re.MULTILINE)
_STRATEGY = re.compile(_RELEASE.pattern + r"[^{}]*?\bstrategy\s*=\s*\"(\w+)\"", re.MULTILINE)
_PINNED = re.compile(r"(?:=|~>)?\s*v?(\d+\.\d+)\.\d+")
"""Constraints that fix the minor release: ``6.53.0``, ``= 6.53.0``, ``~> 6.53.0``
(Terraform's language, "Version Constraints")."""


def provider_choice(directory: Path) -> str:
    """Return the AWS provider's version of the lock file (``6.53.0``), or else the minor release to
    which a constraint pins it (``6.53``); empty if neither fixes it. Never raises."""
    return locked_provider(directory) or next(_pinned(directory), "")


def provider_minimum(directory: Path) -> str:
    """Return the lowest release of the AWS provider that the constraints allow and that knows the
    deployment strategy in the files (one of ``PROVIDERS``). Never raises."""
    known = (needed_provider(it) for it in _strategies(directory))
    return max((lowest_required(_constraints(directory)), *known), key=provider_number)


def locked_provider(directory: Path) -> str:
    """Return the AWS provider's version in the lock file; empty without one. Never raises."""
    for name, version in locked_providers(directory).items():
        # The host differs by engine: registry.terraform.io, registry.opentofu.org.
        if name.endswith(f"/{PROVIDER}"):
            return version
    return ""


def needs_later(directory: Path) -> bool:
    """Return whether the lock file has a release that the stack doesn't accept. Never raises."""
    locked = locked_provider(directory)
    return bool(locked) and provider_number(locked) < provider_number(provider_minimum(directory))


def _pinned(directory: Path) -> Iterator[str]:
    for constraint in _constraints(directory):
        parts = (_PINNED.fullmatch(part.strip()) for part in constraint.split(","))
        yield from (part[1] for part in parts if part)


def _constraints(directory: Path) -> Iterator[str]:
    for text in _texts(directory):
        if _REQUIRED.search(text):
            for block in _AWS.findall(text):
                yield from _VERSION.findall(block)


def _strategies(directory: Path) -> Iterator[str]:
    for text in _texts(directory):
        yield from (strategy.lower() for strategy in _STRATEGY.findall(text))
        if _RELEASE.search(text):
            # Provider 5 doesn't know the block, whatever its strategy is.
            yield BLUE_GREEN


def _texts(directory: Path) -> Iterator[str]:
    for path in sorted((*directory.glob("*.tf"), *directory.glob("*.tofu"))):
        try:
            yield read_regular(path).decode("utf-8", "replace")
        except OSError:
            continue
