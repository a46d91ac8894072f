"""The end of a stack: when it was destroyed, and what the state contains now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.base.liveness import identify
from gpuecs_tui.terraform.recovery.end_of_stack import end_of_stack
from gpuecs_tui.terraform.runs.journal import record
from gpuecs_tui.terraform.runs.run_list import runs_of
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state.stored_state import NOTHING, StoredResource
from tests.support.terraform.run_folders import stage


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    return tmp_path / "stack"


def test_a_destroy_that_is_stopping_began_when_terraform_did(stack: Path) -> None:
    run = stage(stack, RunStatus.APPLYING, operation="destroy")
    record(run.files, RunStatus.STOPPING, runner=identify())
    raw = read_json(run.files.state) or {}
    began = datetime.now(UTC) - timedelta(minutes=20)
    for step in raw["history"]:
        if step["state"] == RunStatus.APPLYING:
            step["at"] = began.isoformat()
    replace_json(run.files.state, raw)
    end = end_of_stack(runs_of(stack), None)
    assert end is not None and end.under_way and end.at == began


def test_an_apply_of_another_checkout_is_noticed(stack: Path) -> None:
    stage(stack, RunStatus.SUCCEEDED, operation="destroy")
    gone = end_of_stack(runs_of(stack), NOTHING)
    assert gone is not None and gone.is_gone
    held = replace(NOTHING, resources=(StoredResource("aws_lb.n", "", False, {}),))
    again = end_of_stack(runs_of(stack), held)
    assert again is not None and not again.is_gone
    assert "The state holds 1 resource: it was changed after the destroy." in again.sentences


def test_without_the_state_nothing_is_known_to_be_gone(stack: Path) -> None:
    stage(stack, RunStatus.SUCCEEDED, operation="destroy")
    end = end_of_stack(runs_of(stack), None)
    assert end is not None and not end.is_gone
    assert any("Could not read the state" in it for it in end.sentences)
