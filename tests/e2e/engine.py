"""The real Terraform, as the product finds it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.terraform.engine.binary import find_engine
from gpuecs_tui.terraform.engine.mirror import find_mirror


def terraform(
    directory: Path, *arguments: str, environ: Mapping[str, str] | None = None, check: bool = True
) -> str:
    """Run Terraform and return its output; without a check, preceded by its exit code and a line
    feed."""
    environment = {**os.environ, **(environ or {})}
    engine = find_engine(environment)
    done = subprocess.run(
        [engine.path, *arguments], check=False, cwd=directory, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0 or not check, said
    return done.stdout if check else f"{done.returncode}\n{said}"


def initialise(directory: Path, *options: str, environ: Mapping[str, str] | None = None) -> None:
    """Initialise a directory with the provider that the product would use."""
    environment = {**os.environ, **(environ or {})}
    mirror = find_mirror(find_engine(environment), environ=environment)
    if mirror.plugin_dir:
        options = (*options, f"-plugin-dir={mirror.plugin_dir}")
    terraform(directory, "init", "-input=false", *options, environ=environ)
