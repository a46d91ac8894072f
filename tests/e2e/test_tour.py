"""The demo tour of the installed wheel, like ``make demo`` without a terminal."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.demo_pace import DEMO_PACE

pytestmark = pytest.mark.e2e


def test_from_answers_to_a_destroyed_stack(gpuecs: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [gpuecs, "demo", "tour", "my stack"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GPUECS_TUI_DEMO_PACE": DEMO_PACE},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    order = [line for line in done.stdout.splitlines() if line.startswith("[")]
    commands = [line.split()[3] for line in order]
    once = ["plan", "apply", "plan", "destroy"]
    assert commands == ["render", "check", *once, "check", "apply", "destroy"]
    assert "\x1b" not in done.stdout
    state = json.loads((tmp_path / "my stack" / "terraform.tfstate").read_text())
    assert state["resources"] == []
    listed = subprocess.run(
        [gpuecs, "runs", "my stack", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    runs = json.loads(listed.stdout)
    assert [run["operation"] for run in runs] == ["destroy", "apply", *reversed(once)]
    assert {run["state"] for run in runs} == {"succeeded"}
    assert runs[3]["changes"] == {"add": 0, "change": 0, "destroy": 0, "import": 0}
    made = [run["changes"] for run in runs if run["operation"] == "apply"]
    gone = [run["changes"] for run in runs if run["operation"] == "destroy"]
    assert (
        {it["add"] for it in made} == {it["destroy"] for it in gone} == {runs[1]["changes"]["add"]}
    )
    assert runs[1]["changes"]["add"] > 20
    kept = subprocess.run(
        [gpuecs, "show", "my stack", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(kept.stdout)["stack"]["name"] == "demo-llm"
