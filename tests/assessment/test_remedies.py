"""The remedies of a broken state: the command and the screen offer the same."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from gpuecs_tui.assessment.remedies import RemedyKind, look, remedies
from gpuecs_tui.cli import main
from gpuecs_tui.terraform.base.tflock import STATE_NAME, lock_note
from gpuecs_tui.terraform.recovery.held_lock import HolderStatus
from gpuecs_tui.terraform.recovery.remedies import Recovery
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.run.state_rows import actions
from tests.support.terraform.apply_events import hook
from tests.support.terraform.run_folders import stage
from tests.support.terraform.states import INFO

WHOLE = {"version": 4, "serial": 5, "lineage": "of-tts", "resources": []}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "tts"
    made.mkdir()
    (made / STATE_NAME).write_text(json.dumps(WHOLE))
    return made


def cut_off(stack: Path) -> None:
    (stack / STATE_NAME).write_text(json.dumps(WHOLE)[:20])


def errored_cut_off(stack: Path) -> None:
    (stack / "errored.tfstate").write_text('{"version": 4, "ser')


def errored_newer(stack: Path) -> None:
    (stack / "errored.tfstate").write_text(json.dumps({**WHOLE, "serial": 6}))


def created_more(stack: Path) -> None:
    ended = [hook("aws_lb.c", "start"), hook("aws_lb.c", "complete", id_="arn:c")]
    stage(stack, RunStatus.FAILED, ended)


def stale_note(stack: Path) -> None:
    lock_note(stack / STATE_NAME).write_text(json.dumps(INFO))


@pytest.mark.parametrize(
    ("faults", "kinds"),
    [
        ((), []),
        ((cut_off,), [RemedyKind.RESTORE]),
        ((errored_cut_off,), [RemedyKind.RESTORE]),
        ((errored_newer, created_more), [RemedyKind.PUSH, RemedyKind.RECOVER, RemedyKind.FORGET]),
        ((created_more, stale_note), [RemedyKind.RECOVER, RemedyKind.UNLOCK, RemedyKind.FORGET]),
    ],
)
def test_the_screen_and_the_command_offer_the_same(
    stack: Path,
    capsys: pytest.CaptureFixture[str],
    faults: tuple[object, ...],
    kinds: list[RemedyKind],
) -> None:
    for fault in faults:
        assert callable(fault)
        fault(stack)
    found = look(stack, os.environ).recovery
    assert [it.kind for it in remedies(found)] == kinds
    assert [it.kind for it in actions(found).values()] == kinds
    main(["state", str(stack)])
    lines = [it for it in capsys.readouterr().out.splitlines() if it.startswith("→")]
    # A lock record that blocks nothing needs no remedy.
    needed = [kind for kind in kinds if kind is not RemedyKind.UNLOCK]
    assert [line.split("--")[1].split()[0] for line in lines] == [it.value for it in needed]


def test_only_a_lock_that_blocks_something_is_a_failure(stack: Path) -> None:
    stale_note(stack)
    found = look(stack, os.environ).recovery
    assert found.lock is not None and found.has_problems
    assert not found.needs_action and main(["state", str(stack)]) == 0
    assert replace(found, lock=replace(found.lock, stops=True)).needs_action
    created_more(stack)
    assert main(["state", str(stack)]) == 1


def test_a_lock_that_keeps_others_out_comes_first_but_not_under_the_cursor(stack: Path) -> None:
    created_more(stack)
    stale_note(stack)
    found = look(stack, os.environ).recovery
    assert found.lock is not None
    held = replace(found, lock=replace(found.lock, stops=True))
    assert [it.kind for it in remedies(held)] == [
        RemedyKind.UNLOCK,
        RemedyKind.RECOVER,
        RemedyKind.FORGET,
    ]
    assert next(iter(actions(held).values())).kind is RemedyKind.UNLOCK
    assert held.lock is not None
    unsure = replace(held, lock=replace(held.lock, holder=HolderStatus.UNKNOWN))
    first = remedies(unsure)[0]
    assert first.kind is RemedyKind.UNLOCK and first.why_not and first.advice
    assert [it.kind for it in actions(unsure).values()] == [
        RemedyKind.RECOVER,
        RemedyKind.UNLOCK,
        RemedyKind.FORGET,
    ]


def test_there_is_nothing_to_do_while_a_run_is_at_work(stack: Path) -> None:
    stale_note(stack)
    found = look(stack, os.environ).recovery
    assert remedies(Recovery(found.lock, at_work=True)) == []


def test_only_the_damaged_file_is_moved_aside(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    errored_cut_off(stack)
    assert main(["state", str(stack), "--restore", "--yes"]) == 0
    assert capsys.readouterr().out.startswith("The damaged file is kept as errored.tfstate.broken-")
    assert json.loads((stack / STATE_NAME).read_text()) == WHOLE
