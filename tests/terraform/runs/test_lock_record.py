"""The owner of a lock is recognised by the lock's id, which is read while Terraform holds the
lock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.liveness import host_name
from gpuecs_tui.terraform.base.tflock import StateLock
from gpuecs_tui.terraform.engine.diagnosis import diagnose
from gpuecs_tui.terraform.engine.events import Diagnostic
from gpuecs_tui.terraform.runs.lock_record import (
    is_held_locally_by,
    is_lock_of,
    record_lock,
    recorded_locks,
)
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.run_folders import stage

BEGUN = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
INFO = {
    "ID": "5c1e",
    "Operation": "OperationTypeApply",
    "Who": f"eva@{host_name()}",
    "Created": "2031-05-04T12:00:03.123456789Z",
}


@pytest.mark.parametrize(
    ("changed", "is_ours"),
    [
        ({}, True),
        ({"Operation": "OperationTypePlan"}, False),
        ({"Who": "eva@elsewhere"}, False),
        ({"Who": ""}, False),
        ({"ID": ""}, False),
        ({"Created": "2031-05-04T11:59:40.5Z"}, False),
        ({"Created": "yesterday"}, False),
    ],
)
def test_which_lock_can_be_ours(changed: dict[str, str], is_ours: bool) -> None:
    assert is_lock_of({**INFO, **changed}, "apply", BEGUN) is is_ours


@pytest.mark.parametrize(("holder", "ours"), [(71, True), (72, False), (0, False), (None, True)])
def test_who_holds_a_file_lock_is_the_systems_word(holder: int | None, ours: bool) -> None:
    created = BEGUN + timedelta(seconds=2)
    note = StateLock(Path("n"), "5c1e", "OperationTypeApply", f"eva@{host_name()}", created, holder)
    assert is_held_locally_by(note, 71, "apply", BEGUN) is ours


def test_all_locks_of_a_run_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    files = stage(tmp_path / "stack", RunStatus.FAILED).files
    assert recorded_locks(files) == frozenset()
    record_lock(files, "plan")
    record_lock(files, "apply")
    assert recorded_locks(files) == {"plan", "apply"}
    assert files.locks.stat().st_mode & 0o777 == 0o600
    for text in ("", "[]", '{"ids": 5}', '{"ids": [1, {}]}'):
        files.locks.write_text(text)
        assert recorded_locks(files) == frozenset()


def test_a_lock_without_an_id_is_not_to_be_released() -> None:
    gone = "operation error S3: GetObject, StatusCode: 404, NoSuchKey"
    for detail in (gone, "dial tcp: connection refused"):
        event = Diagnostic(
            message="Error",
            severity="error",
            summary="Error releasing the state lock",
            detail=f"Error message: {detail}",
        )
        found = diagnose([event])
        assert found is not None and "?" not in found.remedy and "force-unlock" not in found.remedy
