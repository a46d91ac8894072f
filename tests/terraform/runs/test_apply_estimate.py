"""The estimated duration of an apply, from earlier runs of the directory."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.runs.apply_estimate import DEFAULTS, ApplyKind, expected, last_time
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.run_folders import stage

BEGIN = datetime.fromisoformat("2026-11-23T12:00:00+00:00")


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "stack"


def took(run: Run, seconds: int) -> None:
    raw = read_json(run.files.state) or {}
    times = {"applying": BEGIN, "succeeded": BEGIN + timedelta(seconds=seconds)}
    raw["history"] = [{"state": name, "at": at.isoformat()} for name, at in times.items()]
    replace_json(run.files.state, raw)


@pytest.mark.parametrize(
    ("operation", "changes", "kind"),
    [
        ("apply", (38, 0, 0), ApplyKind.CREATE),
        ("apply", (0, 2, 0), ApplyKind.CHANGE),
        ("apply", (1, 2, 1), ApplyKind.REPLACE),
        ("destroy", (0, 0, 38), ApplyKind.REPLACE),
    ],
)
def test_assumed(
    stack: Path, operation: str, changes: tuple[int, int, int], kind: ApplyKind
) -> None:
    run = stage(stack, RunStatus.PLANNED, operation=operation, changes=changes)
    found = expected(run)
    assert (found.time, found.measured) == (DEFAULTS[kind], False)


def test_the_longest_of_the_last_of_its_kind(stack: Path) -> None:
    for seconds in (9000, 100, 300, 200, 100, 100):
        took(stage(stack, RunStatus.SUCCEEDED), seconds)
    took(stage(stack, RunStatus.SUCCEEDED, changes=(0, 1, 0)), 5000)
    stage(stack, RunStatus.FAILED)
    found = expected(stage(stack, RunStatus.PLANNED))
    assert (found.time, found.measured) == (timedelta(seconds=300), True)


def walked(run: Run, **seconds: int) -> None:
    """Give ``run`` a history: how long it was in each state, then its end."""
    at, history = BEGIN, []
    for name, spent in seconds.items():
        history.append({"state": name, "at": at.isoformat()})
        at += timedelta(seconds=spent)
    raw = read_json(run.files.state) or {}
    replace_json(run.files.state, {**raw, "history": history})


def test_the_time_of_the_state_that_a_run_is_in(stack: Path) -> None:
    older = stage(stack, RunStatus.SUCCEEDED)
    walked(older, starting=3, planning=14, planned=500, approved=1, applying=185, succeeded=0)
    walked(stage(stack, RunStatus.FAILED), starting=4, planning=2, failed=0)
    walked(
        stage(stack, RunStatus.SUCCEEDED, operation="destroy"), starting=9, planning=9, planned=9
    )
    assert last_time(stage(stack, RunStatus.STARTING)) == 4
    assert last_time(stage(stack, RunStatus.PLANNING)) == 14
    assert last_time(stage(stack, RunStatus.APPLYING)) == 185
    assert last_time(stage(stack, RunStatus.APPLYING, changes=(0, 1, 0))) is None
    assert last_time(stage(stack, RunStatus.PLANNED)) is None
