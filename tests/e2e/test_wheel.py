"""The wheel contains all files of the tree's package, and works without the tree."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

from gpuecs_tui import __version__
from tests.support.repository import ROOT

SUFFIXES = {".py", ".tcss", ".j2", ".json", ".mo", ".typed"}


def in_the_tree() -> set[str]:
    """The files to ship; the two linked folders belong to the package."""
    package = ROOT / "gpuecs_tui"
    folders = [package, package / "screens", package / "templates"]
    return {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in SUFFIXES and "__pycache__" not in path.parts
    }


def test_the_wheel_has_every_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == in_the_tree()


def test_the_installed_program_is_the_wheels(installed: Path) -> None:
    python = installed.with_name("python")
    script = "import gpuecs_tui, gpuecs_tui.screens; print(gpuecs_tui.screens.__file__)"
    found = subprocess.run(
        [python, "-c", script], check=True, capture_output=True, text=True, cwd="/"
    )
    assert str(ROOT) not in found.stdout
    version = subprocess.run(
        [installed, "--version"], check=True, capture_output=True, text=True, cwd="/"
    )
    assert version.stdout == f"gpuecs-tui {__version__}\n"
