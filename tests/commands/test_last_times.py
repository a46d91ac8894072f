"""The duration of a wait, together with its duration the last time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpuecs_tui.commands import follow as module
from gpuecs_tui.commands import waiting
from gpuecs_tui.commands.follow import follow
from gpuecs_tui.private_folder import make_private
from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.migration.record import (
    RECORD,
    Phase,
    last_migration_time,
    migrations_root,
    note,
)
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.run_folders import stage

NOW = datetime.now(UTC)


def walked(run: Run, *steps: tuple[str, int]) -> Run:
    """Give ``run`` a history of states, each with its age in seconds."""
    raw = read_json(run.files.state) or {}
    # The time is that of the test: the module is imported minutes earlier.
    now = datetime.now(UTC)
    raw["history"] = [
        {"state": name, "at": (now - timedelta(seconds=ago)).isoformat()} for name, ago in steps
    ]
    raw["at"] = raw["history"][-1]["at"]
    replace_json(run.files.state, raw)
    return run.refresh()


@pytest.mark.parametrize(
    ("state", "earlier", "said"),
    [
        (
            RunStatus.APPLYING,
            ("applying", "succeeded"),
            "Still applying after 1 min (last time 5 min)",
        ),
        (
            RunStatus.PLANNING,
            ("planning", "planned"),
            "Still planning after 1 min (last time 5 min)",
        ),
        (
            RunStatus.STARTING,
            ("starting", "planning"),
            "Still starting after 1 min (last time 5 min)",
        ),
        (
            RunStatus.PLANNING,
            ("planning", "failed"),
            "Still planning after 1 min; no new output for",
        ),
    ],
)
def test_a_quiet_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    state: RunStatus,
    earlier: tuple[str, str],
    said: str,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(waiting, "LINE_SECONDS", 1e-9)
    monkeypatch.setattr(module, "SECOND", 1e-9)
    first, second = earlier
    walked(stage(tmp_path / "s", RunStatus.SUCCEEDED), (first, 1000), (second, 700))
    run = walked(stage(tmp_path / "s", state), (state.value, 61))
    looks = iter(range(100))
    follow(run, lambda _run: next(looks) > 1)
    assert said in capsys.readouterr().err


def test_a_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert last_migration_time(tmp_path) is None
    for name, phase, seconds in (
        ("a", Phase.DONE, 40),
        ("b", Phase.FAILED, 7),
        ("c", Phase.DONE, 0),
    ):
        folder = migrations_root() / name
        make_private(folder)
        ended = {"ended_at": (NOW + timedelta(seconds=seconds)).isoformat()} if seconds else {}
        replace_json(folder / RECORD, {"directory": str(tmp_path.resolve())})
        note(folder, phase=phase, begun_at=NOW.isoformat(), **ended)
    assert last_migration_time(tmp_path) == 40
