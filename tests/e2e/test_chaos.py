"""A few of ``make chaos``'s trials, of the wheel: a run, a fault, and all that must hold after."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from chaos.report import read_results
from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.e2e

SEED = "ci-65"
"""Draws for each an apply and a moment in its midst; one of the states lies in a bucket."""
FAULTS = ("Terraform SIGKILL", "TUI pty closed", "account vanishes for 5 s")
SECONDS = 600
"""A quiet machine takes 60."""


def test_nothing_is_lost(installed: Path, tmp_path: Path) -> None:
    words = [it for name in FAULTS for it in ("--fault", name)]
    # Alone in a folder: beside the tree, the tree's package would be imported and not the wheel's.
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "chaos").symlink_to(ROOT / "chaos")
    done = subprocess.run(
        [installed.with_name("python"), "-m", "chaos", "--folder", tmp_path, "--seed", SEED,
         "--full", "0", "--runs", str(len(FAULTS)), *words],
        cwd=alone, env={**os.environ, "GPUECS_TUI_DEMO_PACE": "0.1"}, timeout=SECONDS, check=False,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    results = read_results(tmp_path / SEED / "results.jsonl")
    assert {it.fault for it in results if it.struck} == set(FAULTS), done.stdout
    assert done.stdout.count("1/1") == len(FAULTS)
    assert f"{len(FAULTS)}/{len(FAULTS)}" in done.stdout
