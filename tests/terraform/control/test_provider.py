"""A stack whose AWS provider is not in the mirror: no plan is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.control.provider import refuse_missing_provider
from gpuecs_tui.terraform.engine import mirror as mirror_module
from gpuecs_tui.terraform.engine.mirror import this_platform
from gpuecs_tui.terraform.engine.provider_choice import needs_later, provider_minimum
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


def found_by_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mirror: Path) -> None:
    places = tmp_path / "opt"
    places.mkdir()
    mirror.rename(places / "mirror")
    monkeypatch.setattr(mirror_module, "USUAL_PLACES", (str(places),))


def test_a_folder_that_a_search_found_is_not_the_only_source(
    tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "stack", render(made(CANARY)))
    found_by_search(tmp_path, monkeypatch, mirror)
    environ = {"HOME": str(tmp_path / "home"), "XDG_DATA_DIRS": str(tmp_path / "share")}
    refuse_missing_provider(tmp_path / "stack", environ, None)


def locked(directory: Path, version: str) -> None:
    (directory / ".terraform.lock.hcl").write_text(
        f'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{version}"\n}}\n'
    )


def test_a_lock_file_with_that_provider_passes(tmp_path: Path, mirror: Path) -> None:
    directory = tmp_path / "stack"
    put(directory, render(made(CANARY)))
    locked(directory, "6.21.0")
    refuse_missing_provider(directory, {}, mirror)
    locked(directory, "6.20.9")
    with pytest.raises(RunProblem) as refused:
        refuse_missing_provider(directory, {}, mirror)
    # Provider 5 can't use what 6.20.9 has written.
    assert "to rolling" not in refused.value.remedy


@pytest.mark.parametrize(
    ("answers", "needed"), [(CANARY, "6.21.0"), (BLUE_GREEN, "6.4.0"), ({}, "5.100.0")]
)
def test_the_strategy_in_the_files_counts_too(
    tmp_path: Path, answers: Mapping[str, Value], needed: str
) -> None:
    """The constraint alone allows a provider whose plan would fail on an unknown block."""
    directory = tmp_path / "stack"
    files = render(made(answers))
    wide = re.sub(r">= [\d.]+, <", ">= 5.100.0, <", files["versions.tf"])
    put(directory, {**files, "versions.tf": wide})
    assert provider_minimum(directory) == needed
    locked(directory, "5.100.0")
    assert needs_later(directory) is (needed != "5.100.0")
    old = tmp_path / "old" / "registry.terraform.io/hashicorp/aws/5.100.0" / this_platform()
    old.mkdir(parents=True)
    if needed == "5.100.0":
        refuse_missing_provider(directory, {}, tmp_path / "old")
    else:
        with pytest.raises(RunProblem, match=f"requires AWS provider {needed} or later"):
            refuse_missing_provider(directory, {}, tmp_path / "old")
