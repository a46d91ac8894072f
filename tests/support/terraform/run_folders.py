"""Creates run folders as a runner leaves them, from recorded streams and without a runner."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.base.liveness import identify
from gpuecs_tui.terraform.engine.events import STATE
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.fingerprint import configuration_files, files_below
from gpuecs_tui.terraform.runs.journal import RunFiles, record
from gpuecs_tui.terraform.runs.run import Run, load_run
from gpuecs_tui.terraform.runs.run_status import WORKING, RunStatus
from tests.support.terraform.fake_engine import event, stream

BEGUN = datetime.fromisoformat("2026-11-23T12:43:00+00:00")
"""The start time of every staged run: before the first event of the recorded streams."""
WAY: dict[RunStatus, tuple[RunStatus, ...]] = {
    RunStatus.STARTING: (RunStatus.STARTING,),
    RunStatus.PLANNING: (RunStatus.STARTING, RunStatus.PLANNING),
    RunStatus.PLANNED: (RunStatus.STARTING, RunStatus.PLANNING, RunStatus.PLANNED),
    RunStatus.APPLYING: (
        RunStatus.STARTING,
        RunStatus.PLANNING,
        RunStatus.PLANNED,
        RunStatus.APPROVED,
        RunStatus.APPLYING,
    ),
}
"""The states that a run passes through before others."""
PLAN = stream("apply-signal-INT")
"""A recorded plan of 38 resources, and its apply up to an interrupt."""
PLAN_ENDS = next(n for n, line in enumerate(PLAN) if "change_summary" in line) + 1
DETAILS: dict[str, Any] = {
    "format_version": "1.2",
    "resource_changes": [
        {
            "address": "aws_lb.this",
            "type": "aws_lb",
            "change": {
                "actions": ["delete", "create"],
                "before": {"name": "old", "arn": "x"},
                "after": {"name": "[b]new"},
                "replace_paths": [["name"]],
            },
            "action_reason": "replace_because_cannot_update",
        },
        {
            "address": "aws_ecs_cluster.this",
            "type": "aws_ecs_cluster",
            "change": {"actions": ["create"], "before": None, "after": {"name": "llama"}},
        },
    ],
}
"""The output of ``show -json`` for a plan that replaces the load balancer."""


def journal_state(state: RunStatus, after: float) -> str:
    """Return a runner's journal line about a transition, seconds after the start of the run."""
    at = (BEGUN + timedelta(seconds=after)).isoformat()
    return event(type=STATE, state=state, **{"@message": f"It is {state} now.", "@timestamp": at})


def stage(
    directory: Path,
    state: RunStatus,
    lines: Sequence[str] = (),
    *,
    operation: str = "apply",
    changes: tuple[int, int, int] = (38, 0, 0),
    after: float = 90,
    details: dict[str, Any] | None = None,
    outputs: dict[str, Any] | None = None,
    **ending: str,
) -> Run:
    """Create a run of ``directory`` in ``state`` that began ``after`` seconds after BEGUN.

    ``ending``: message and remedy. This process counts as the runner of a live run.
    """
    directory.mkdir(parents=True, exist_ok=True)
    folder = run_list.runs_root() / f"20261123T124300000000-{len(list_runs()):06x}"
    folder.mkdir(parents=True)
    files = RunFiles(folder)
    status = directory.stat()
    facts = {
        "directory": str(directory.resolve()),
        "inode": [status.st_dev, status.st_ino],
        "operation": operation,
        "started_at": BEGUN.isoformat(),
        "user": "ada",
        "host": "bastion",
    }
    replace_json(files.facts, facts)
    way = WAY.get(state) or (*WAY[RunStatus.APPLYING], state)
    add, change, destroy = changes
    values: dict[str, Any] = {
        "changes": {"add": add, "change": change, "destroy": destroy, "imported": 0}
    }
    if ending:
        values["exit"] = ending
    for step in way:
        last = step is way[-1]
        # A live runner after a plan or an end means that details are still to come: it is asked to
        # exit.
        runner = identify() if step in WORKING else None
        record(files, step, runner=runner, **(values if last else {}))
        if step is RunStatus.PLANNING:
            names = configuration_files(directory)
            below = files_below(directory)
            record(files, step, runner=runner, configuration=names, below=below)
    raw = read_json(files.state) or {}
    raw["at"] = (BEGUN + timedelta(seconds=after)).isoformat()
    replace_json(files.state, raw)
    files.journal.write_text("".join(f"{line}\n" for line in lines))
    if state is RunStatus.PLANNED:
        files.plan.write_bytes(b"a saved plan")
    if details is not None:
        replace_json(files.plan_details, details)
    if outputs is not None:
        files.outputs.write_text(json.dumps(outputs))
    run = load_run(folder)
    assert run is not None and run.state is state, run
    return run


def list_runs() -> list[Path]:
    """Return the folder of all runs."""
    root = run_list.runs_root()
    return list(root.iterdir()) if root.exists() else []


def applied(directory: Path) -> Run:
    """Create a run that was applied, with outputs."""
    lines = [
        *stream("plan-change"),
        journal_state(RunStatus.APPLYING, 20),
        *stream("apply-change"),
        journal_state(RunStatus.SUCCEEDED, 90),
    ]
    return stage(
        directory,
        RunStatus.SUCCEEDED,
        lines,
        changes=(1, 3, 1),
        message="Applied.",
        outputs={
            "url": {"value": "http://llama-1.elb.amazonaws.com", "sensitive": False},
            "cluster_name": {"value": "llama", "sensitive": False},
            "token": {"sensitive": True},
        },
    )
