"""A sample of ``make chaos`` with the wheel: a run, a fault, and all checks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS, available
from tests.chaos.order import draw_order
from tests.chaos.report import read_results
from tests.chaos.trial import Result
from tests.support.demo_pace import DEMO_PACE
from tests.support.repository import ROOT

pytestmark = pytest.mark.e2e

SEED = "ci-20342"
"""A seed that draws ``TRIALS`` faults during an apply or a destroy: the wizard and a command lose
their terminal, the disk fills up, and a run has its state in a bucket."""
TRIALS = 3
"""The faults with the longest recovery. ``test_runs_chaos`` cancels a run and kills each program
alone, ``test_recovery`` both together, and ``make chaos`` has every fault."""
JOBS = 2
"""Number of parallel trials, together with the other tests."""
SECONDS = 3000
"""Timeout in seconds, far above the duration on an idle machine, because other tests run too."""


@pytest.fixture(scope="module")
def results(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """The result of each trial, by the name of its fault."""
    folder = tmp_path_factory.mktemp("chaos")
    # In a folder of its own: in the tree, the tree's package would be imported instead of the
    # wheel's.
    alone = folder / "alone"
    alone.mkdir()
    (alone / "tests").symlink_to(ROOT / "tests")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_", "XDG_"))}
    done = subprocess.run(
        [installed.with_name("python"), "-m", "tests.chaos", "--folder", folder, "--seed", SEED,
         "--full", "0", "--runs", str(TRIALS), "--jobs", str(JOBS)],
        cwd=alone, env={**environ, "GPUECS_TUI_DEMO_PACE": DEMO_PACE}, timeout=SECONDS, check=False,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    found = {it.fault: it for it in read_results(folder / SEED / "results.jsonl")}
    assert found, done.stdout + done.stderr
    return found


SAMPLE = [draw_order(SEED, number, FAULTS, 0).fault.name for number in range(TRIALS)]


@pytest.mark.parametrize("fault", SAMPLE)
def test_nothing_is_lost(results: dict[str, Result], tmp_path: Path, fault: str) -> None:
    _possible, missing = available(tmp_path)
    if fault in missing:
        pytest.skip(missing[fault])
    result = results[fault]
    assert result.problems == [], result
    assert result.struck, "it came too late to mean anything"
