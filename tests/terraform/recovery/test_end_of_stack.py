"""The end of a stack: when it was destroyed, and what the state contains now."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.base.liveness import identify
from gpuecs_tui.terraform.recovery import end_of_stack as module
from gpuecs_tui.terraform.recovery.end_of_stack import STATE_SECONDS, end_of_stack
from gpuecs_tui.terraform.runs.journal import record
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
    end = end_of_stack(stack, {})
    assert end is not None and end.under_way and end.at == began


def test_an_apply_of_another_checkout_is_noticed(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(stack, RunStatus.SUCCEEDED, operation="destroy")
    # A state next to the Terraform is read each time.
    state = {"version": 4, "serial": 9, "lineage": "l", "resources": []}
    (stack / "terraform.tfstate").write_text(json.dumps(state))
    gone = end_of_stack(stack, {})
    assert gone is not None and gone.is_gone
    balancer = {"mode": "managed", "type": "aws_lb", "name": "n", "instances": [{}]}
    (stack / "terraform.tfstate").write_text(json.dumps({**state, "resources": [balancer]}))
    again = end_of_stack(stack, {}, gone)
    assert again is not None and not again.is_gone
    assert "The state holds 1 resource: it was changed after the destroy." in again.sentences

    # A state in another place is not read immediately; after that its content is known.
    held = replace(NOTHING, resources=(StoredResource("aws_lb.n", "", False, {}),))
    monkeypatch.setattr(module, "local_state", lambda *_: None)
    monkeypatch.setattr(module, "read_state", lambda *_: held)
    assert end_of_stack(stack, {}, gone) is gone
    old = replace(gone, read_at=gone.read_at - STATE_SECONDS)
    later = end_of_stack(stack, {}, old)
    assert later is not None and later.left == 1
