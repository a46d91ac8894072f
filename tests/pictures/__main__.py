"""``make pictures``, ``python -m tests.pictures [FOLDER]``: writes every picture."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

from gpuecs_tui.demo import account
from gpuecs_tui.demo.protocol import PACE_VARIABLE
from tests.pictures.walk import walk

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PACE = "0.1"
"""Pace of the demo account: its waits take a tenth of their time."""
FOREIGN = ("AWS_", "TF_", "XDG_", "GPUECS_TUI_", "MOTO_", "LC_", "LANG", "NO_COLOR", "SSH_")
"""Settings of the caller that would be visible in a picture."""


def main(words: list[str]) -> int:
    """Write the pictures into ``docs/pictures``, or into the given folder."""
    folder = Path(words[0]).resolve() if words else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    # This also stops the demo account.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="gpuecs-tui-pictures-") as name:
        home = Path(name)
        _settle_environment(home)
        demo = account.start_or_find(home / "demo")
        os.environ.update(demo.environ)
        # The header shows the directory of the stack: a relative path is the same everywhere.
        os.chdir(home)
        try:
            pictures = asyncio.run(walk(Path("llm")))
        finally:
            account.stop(home / "demo")
    for picture, text in pictures.items():
        (folder / f"{picture}.svg").write_text(text, encoding="utf-8")
        print(f"{picture}.svg  {len(text) // 1000} kB")
    return 0


def _settle_environment(home: Path) -> None:
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            del os.environ[name]
    os.environ.update(
        HOME=str(home),
        LANG="C.UTF-8",
        TERM="xterm-256color",
        COLORTERM="truecolor",
        TZ="UTC",
        AWS_EC2_METADATA_DISABLED="true",
    )
    os.environ[PACE_VARIABLE] = PACE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
