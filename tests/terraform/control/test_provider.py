"""A stack whose AWS provider is not in the mirror: no plan is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.control.provider import refuse_missing_provider
from gpuecs_tui.terraform.engine.mirror import this_platform
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs import run_list
from tests.support.terraform.written_files import BLUE_GREEN, CANARY, made, put


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    for version in ("5.100.0", "6.20.9"):
        here = folder / "registry.terraform.io/hashicorp/aws" / version / this_platform()
        here.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("operation", ["plan", "apply", "destroy"])
def test_a_run_that_could_not_install_the_provider_is_refused(
    tmp_path: Path, mirror: Path, operation: str
) -> None:
    directory = tmp_path / "stack"
    put(directory, render(made(CANARY)))
    with pytest.raises(RunProblem) as refused:
        runs.start(directory, operation, plugin_dir=mirror)
    assert f"requires AWS provider 6.21.0 or later, and {mirror} has 6.20.9" in (
        refused.value.message
    )
    assert "service.deployment_strategy to rolling" in refused.value.remedy
    assert not run_list.runs_of(directory)


def test_a_provider_that_fits_passes(tmp_path: Path, mirror: Path) -> None:
    for stack in (made(), made(BLUE_GREEN)):
        directory = tmp_path / stack.service.deployment_strategy
        put(directory, render(stack))
        refuse_missing_provider(directory, {}, mirror)


def test_a_registry_may_have_every_release(tmp_path: Path) -> None:
    put(tmp_path / "stack", render(made(CANARY)))
    (tmp_path / "cli.tfrc").write_text("provider_installation {\n  direct {}\n}\n")
    environ = {"TF_CLI_CONFIG_FILE": str(tmp_path / "cli.tfrc")}
    refuse_missing_provider(tmp_path / "stack", environ, None)
