"""End to end: the installed wheel, the real Terraform, the demo account."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gpuecs_tui.aws.session import connect
from gpuecs_tui.aws.state_bucket.bucket_creation import NewBucket, create_bucket
from gpuecs_tui.demo.account import DemoAccount
from tests.support.repository import ROOT

SHIPPED = {
    "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "CHANGELOG.md",
    "gpuecs_tui", "screens", "templates",
}  # fmt: skip


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    # pytest-xdist gives each worker its own folder below that of the run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


def made_once(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Return ``folder / name``, created by the first worker that requests it; the others wait."""
    place, done = folder / name, folder / f"{name}.done"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            make(place)
            done.touch()
    return place


@pytest.fixture(scope="session")
def wheel(shared: Path) -> Path:
    """The wheel of this tree, built without the network."""
    (built,) = made_once(shared, "wheel", _build).glob("*.whl")
    return built


def _build(out: Path) -> None:
    # Built from a copy: setuptools packs everything that an earlier build left in build/.
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


@pytest.fixture(scope="session")
def installed(wheel: Path, shared: Path) -> Path:
    """The ``gpuecs-tui`` program of that wheel, in an environment without this tree.

    Dependencies are those of the running environment, through a path file that excludes the import
    hook of the editable installation.
    """

    def install(home: Path) -> None:
        venv.create(home, with_pip=False, symlinks=True)
        site = Path(_paths(home)["purelib"])
        (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
        python = Path(_paths(home)["scripts"]) / "python"
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps",
             "--no-index", wheel],
            check=True, capture_output=True,
        )  # fmt: skip

    return Path(_paths(made_once(shared, "installed", install))["scripts"]) / "gpuecs-tui"


def _paths(home: Path) -> dict[str, str]:
    return sysconfig.get_paths("venv", {"base": str(home), "platbase": str(home)})


@pytest.fixture
def gpuecs(
    installed: Path, scrubbed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The program of the wheel, with a separate demo account that ends with the test.

    No response of the account may differ from AWS's service models
    (gpuecs_tui/demo/answer_check.py).
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
    create_bucket(reader, NewBucket(name, "us-east-1", {}))
    reader.close()
    return name
