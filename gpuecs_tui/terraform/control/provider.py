"""No run starts whose AWS provider is known to be unavailable on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.provider import lacking_words
from gpuecs_tui.stack.releases.strategy import PROVIDERS
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.engine.mirror import mirrored
from gpuecs_tui.terraform.engine.provider_choice import provider_minimum


def refuse_missing_provider(
    directory: Path, environ: Mapping[str, str], plugin_dir: Path | None
) -> None:
    """Raise RunProblem if the folder that has the provider has no release that the stack accepts.

    ``init`` would fail. Reads the files and folders; a registry is not asked.
    """
    minimum = provider_minimum(directory)
    if minimum == PROVIDERS[0]:
        return
    found = mirrored(environ, plugin_dir)
    if found.lacks(minimum):
        message, remedy = lacking_words(found, minimum)
        raise RunProblem(_("Nothing was planned. {message}").format(message=message), remedy)
