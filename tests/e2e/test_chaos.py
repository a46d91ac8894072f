"""A sample of ``make chaos``, of the wheel: a run, a fault, and all that must hold."""

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

SEED = "ci-1713"
"""Draws ``TRIALS`` faults in the midst of an apply or a destroy: each way to watch a run is struck,
the disk fills up, and a run keeps its state in a bucket."""
TRIALS = 5
"""The faults that take longest to come back from. ``test_runs_chaos`` kills each program alone,
``test_recovery`` both together, and ``make chaos`` has every fault."""
JOBS = 2
"""Trials at a time, beside the other tests."""
SECONDS = 3000
"""Far beyond what a quiet machine takes, for one that is busy with the other tests."""


@pytest.fixture(scope="module")
def results(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """What each trial came to, by the name of its fault."""
    folder = tmp_path_factory.mktemp("chaos")
    # Alone in a folder: beside the tree, the tree's package would be imported and not the wheel's.
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
