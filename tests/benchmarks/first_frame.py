"""Time to the wizard's first useful screen, compared with a bare Textual app and three peers.

All programs are started alternately as processes in a pty. The time ends when the relevant text is
painted. The bare app's time is that of Textual's own imports, and so the minimum. The wizard is the
installed wheel, and the bare app runs in the same environment.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import statistics
import tempfile
import time
from math import nan

from tests.benchmarks.peers import HARLEQUIN, POSTING, TFTUI, wheel_python, why_missing
from tests.benchmarks.rows import Row

TURNS = 11
"""Starts of each program. The median counts; the first start only fills the disk cache and does not
count."""
LIMIT = 1.2
"""Limit, as a multiple of the bare app's time."""
PEER_LIMIT = 0.8
"""Limit, as a multiple of the fastest peer's time."""
PATIENCE = 30
"""Seconds to wait for a first frame."""
SIZE = (24, 80)

BARE = """
from textual.app import App
from textual.widgets import Label

class Bare(App):
    def compose(self):
        yield Label("it is here")

Bare().run()
"""
WIZARD = "import sys; from gpuecs_tui.cli import main; sys.exit(main([sys.argv[1]]))"


def measure() -> list[Row]:
    """Return the medians, and the wizard's ratio to the bare app and to the fastest peer."""
    missing = {peer.name: why_missing(peer) for peer in (POSTING, HARLEQUIN, TFTUI)}
    there = [peer for peer in (POSTING, HARLEQUIN, TFTUI) if not missing[peer.name]]
    python = str(wheel_python())
    with tempfile.TemporaryDirectory() as folder:
        starts = {
            "bare": ([python, "-c", BARE], b"it is here"),
            "wizard": ([python, "-c", WIZARD, f"{folder}/stack"], b"Begin a new stack"),
            **{peer.name: (peer.command, peer.first_text) for peer in there},
        }
        times: dict[str, list[float]] = {name: [] for name in starts}
        for turn in range(TURNS + 1):
            for name, (command, text) in starts.items():
                seconds = first_frame(command, text, folder)
                if turn:
                    times[name].append(seconds)
    medians = {name: statistics.median(taken) * 1000 for name, taken in times.items()}
    return _rows(medians, missing)


def _rows(medians: dict[str, float], missing: dict[str, str]) -> list[Row]:
    floor, ours = medians["bare"], medians["wizard"]
    useful = "first frame: wizard's first useful screen"
    rows = [
        Row("first frame: bare app of one label", floor, "ms"),
        Row(useful, ours, "ms", "bare app", ours / floor, LIMIT),
    ]
    peers = {name: medians[name] for name in missing if name in medians}
    if peers:
        fastest = min(peers, key=peers.__getitem__)
        rows.append(Row(useful, ours, "ms", f"{fastest}, the fastest peer", ours / peers[fastest],
                        PEER_LIMIT))  # fmt: skip
    for name, why in missing.items():
        words = f"first frame: {name}"
        rows.append(Row(words, peers[name], "ms") if name in peers else Row(words, nan, why))
    return rows


def first_frame(command: list[str], text: bytes, home: str) -> float:
    """Return the seconds from the start of ``command`` until it has painted ``text``."""
    child, terminal = pty.fork()
    if child == 0:
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "TF_", "XDG_", "TEXTUAL_", "SSH_"))
        }
        environ.update(
            HOME=home,
            TERM="xterm-256color",
            LANG="C.UTF-8",
            LINES=str(SIZE[0]),
            COLUMNS=str(SIZE[1]),
        )
        os.chdir(home)
        os.execvpe(command[0], command, environ)
    started = time.perf_counter()
    try:
        return _until_painted(terminal, text, started)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def _until_painted(terminal: int, text: bytes, started: float) -> float:
    seen = b""
    while (left := started + PATIENCE - time.perf_counter()) > 0:
        if not select.select([terminal], [], [], left)[0]:
            break
        seen += os.read(terminal, 1 << 16)
        if text in seen:
            return time.perf_counter() - started
    raise TimeoutError(f"{text!r} was not painted within {PATIENCE} s: {seen[-2000:]!r}")


if __name__ == "__main__":
    from tests.benchmarks.rows import table

    print(table(measure()))
