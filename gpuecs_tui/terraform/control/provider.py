"""No run starts whose AWS provider is known to be unavailable on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.provider import before_six, lacking_words
from gpuecs_tui.stack.releases.strategy import PROVIDERS, provider_number
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.engine.mirror import mirrored
from gpuecs_tui.terraform.engine.provider_choice import locked_provider, provider_minimum


def refuse_missing_provider(
    directory: Path, environ: Mapping[str, str], plugin_dir: Path | None
) -> None:
    """Raise RunProblem if the only source of the provider has no release that the stack accepts.

    ``init`` or the plan would fail. Reads the files and folders; a registry is not asked. A lock
    file with a release that fits shows that it is installed already, or that ``init`` reports it.
    """
    minimum = provider_minimum(directory)
    locked = locked_provider(directory)
    if minimum == PROVIDERS[0] or (locked and provider_number(locked) >= provider_number(minimum)):
        return
    found = mirrored(environ, plugin_dir)
    if found.only and found.lacks(minimum):
        message, remedy = lacking_words(found, minimum, reversible=before_six(locked))
        raise RunProblem(_("Nothing was planned. {message}").format(message=message), remedy)
