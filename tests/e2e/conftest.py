"""End to end: the installed wheel, the real Terraform, the emulated account."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuecs_tui.aws.session import connect
from gpuecs_tui.aws.state_bucket.bucket_creation import Wanted, create_bucket
from gpuecs_tui.demo.account import DemoAccount
from tests.support.repository import ROOT

SHIPPED = {
    "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "CHANGELOG.md",
    "gpuecs_tui", "screens", "templates",
}  # fmt: skip


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built without touching the network."""
    out = tmp_path_factory.mktemp("wheel")
    # From a copy: setuptools packs whatever an earlier build left in build/.
    copy = shutil.copytree(
        ROOT,
        out / "tree",
        symlinks=True,
        ignore=lambda folder, names: (
            {name for name in names if name not in SHIPPED}
            if Path(folder) == ROOT
            else {"__pycache__"}
        ),
    )
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, copy],
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``gpuecs-tui`` program of that wheel, in an environment without this tree.

    Dependencies come from the running environment by a path file, which leaves the editable
    installation's import hook behind.
    """
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False, symlinks=True)
    paths = sysconfig.get_paths("venv", {"base": str(home), "platbase": str(home)})
    site = Path(paths["purelib"])
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    python = Path(paths["scripts"]) / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps",
         "--no-index", wheel],
        check=True, capture_output=True,
    )  # fmt: skip
    return python.with_name("gpuecs-tui")


@pytest.fixture
def gpuecs(
    installed: Path, scrubbed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The program of the wheel, with a demo account of its own that ends with the test.

    No answer of the account may differ from AWS's service models (gpuecs_tui/demo/answer_check.py).
    """
    differences = tmp_path / "differences"
    monkeypatch.setenv("GPUECS_TUI_DEMO_ANSWERS", str(differences))
    yield installed
    subprocess.run([installed, "demo", "stop"], check=True, capture_output=True)
    assert not differences.exists(), differences.read_text("utf-8")


@pytest.fixture
def bucket(on_demo_account: DemoAccount, request: pytest.FixtureRequest) -> str:
    name: str = (
        "tfstate-" + request.node.name.translate(str.maketrans("_[]", "-..")).strip(".")[:50]
    )
    reader = connect("", "us-east-1")
    create_bucket(reader, Wanted(name, "us-east-1", {}))
    reader.close()
    return name
