"""Other Textual programs, and this checkout as users install it; each in .venv-bench/NAME.

If a peer can't be installed, the tables report that instead of a measurement.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
FOLDER = CHECKOUT / ".venv-bench"
_WHEEL = ("gpuecs_tui", "screens", "templates", "pyproject.toml")
"""The files from which the wheel is built."""
INSTALL_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Peer:
    """A program from PyPI."""

    name: str
    program: str
    requirements: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    first_text: bytes = b""
    """Text that is in its first frame and in no output before."""

    @property
    def command(self) -> list[str]:
        """Return the command line that starts it."""
        return [str(FOLDER / self.name / "bin" / self.program), *self.arguments]


POSTING = Peer(
    "posting",
    "posting",
    # With 0.26, its syntax highlighting ends in a segmentation fault; with 0.24, it isn't found.
    ("posting", "tree-sitter>=0.25,<0.26"),
    first_text=b"Posting",
)
HARLEQUIN = Peer("harlequin", "harlequin", ("harlequin",), first_text=b"Data Catalog")
# Without init, update checks and telemetry.
TFTUI = Peer("tftui", "tftui", ("tftui",), ("-n", "-o", "-d"), b"Working folder")
TOOLONG = Peer("toolong", "tl", ("toolong",))


def why_missing(peer: Peer) -> str:
    """Install ``peer`` unless it is installed; return the reason if that fails, else nothing."""
    return _install(peer.name, peer.requirements, "\n".join(peer.requirements))


def wheel_python() -> Path:
    """Return the Python of an environment that has this checkout's wheel and nothing else.

    An editable install, which development uses, finds modules more slowly than users' installs.

    Raises:
        RuntimeError: the wheel could not be installed.
    """
    if why := _install("wheel", (str(CHECKOUT),), _digest()):
        raise RuntimeError(f"the wheel of {CHECKOUT} {why}")
    return FOLDER / "wheel" / "bin" / "python"


def _digest() -> str:
    digest = hashlib.sha256()
    for name in _WHEEL:
        root = CHECKOUT / name
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _install(name: str, requirements: tuple[str, ...], wanted: str) -> str:
    home = FOLDER / name
    stamp = home / "installed"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return ""
    steps = (
        [sys.executable, "-m", "venv", "--clear", str(home)],
        [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet",
         "--disable-pip-version-check", *requirements],
    )  # fmt: skip
    for step in steps:
        try:
            subprocess.run(
                step, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS
            )
        except subprocess.CalledProcessError as error:
            lines = error.stderr.strip().splitlines() or [str(error)]
            return f"could not be installed: {lines[-1]}"
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"could not be installed: {error}"
    stamp.write_text(wanted, "utf-8")
    return ""
