"""The imports of the first frame: textual and the start screen, and nothing else of significant
size."""

from __future__ import annotations

import subprocess
import sys

LATER = ("aws", "checks", "stack", "demo", "commands")
"""Rooms of the product that the first frame does not need."""
HEAVY = ("boto3", "botocore", "jinja2", "moto", "regex", "pygments")
PROGRAM = """
import os, sys
from gpuecs_tui import terminal
terminal.prepare(os.environ)
import gpuecs_tui.app, gpuecs_tui.screens.start
print(*sys.modules)
"""


def test_nothing_is_imported_for_the_first_frame_that_it_does_not_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "gpuecs_tui.screens.start" in loaded
    assert not loaded & {*HEAVY, *(f"gpuecs_tui.{room}" for room in LATER)}
