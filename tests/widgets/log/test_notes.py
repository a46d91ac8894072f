"""Every warning that a run writes into its log is visible when only warnings are shown."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import gpuecs_tui.terraform
from gpuecs_tui.terraform.base.atomic_files import now, replace_json
from gpuecs_tui.terraform.base.liveness import identify
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.engine.log_line import Level
from gpuecs_tui.terraform.migration.moved_marker import Moved
from gpuecs_tui.terraform.recovery import errored_state
from gpuecs_tui.terraform.recovery.shared_run import created_elsewhere
from gpuecs_tui.terraform.runs import logout
from gpuecs_tui.terraform.runs.follower import Follower
from gpuecs_tui.terraform.runs.journal import JournalWriter, RunFiles, record
from gpuecs_tui.terraform.runs.run import Run, load_run
from gpuecs_tui.terraform.runs.run_facts import RecordProblem
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.runs.unread_run import unread_run
from gpuecs_tui.widgets.log.filter import FilteredLog, LineFilter
from gpuecs_tui.widgets.log.store import LogStore
from gpuecs_tui.widgets.log.text import plain_text
from tests.support.terraform import fake_engine
from tests.support.terraform.waiting import until_state

LITERAL_WARNINGS = 6
"""Minimum number of warnings whose text is in the call that adds them."""


def literal_notes() -> Iterator[tuple[str, str]]:
    """Yield (level, text) of the notes whose text is in the call in the product's code."""
    for path in Path(gpuecs_tui.terraform.__path__[0]).rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                yield from _notes_in(function)


def _notes_in(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    named: dict[str, list[str]] = defaultdict(list)
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id] += _translatable(node.value)
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name not in ("note", "_note"):
            continue
        if len(node.args) > 1 and not isinstance(node.args[1], ast.Constant):
            # It passes on the text and the level of another call.
            continue
        words = _translatable(node.args[0])
        for used in ast.walk(node.args[0]):
            words += named[used.id] if isinstance(used, ast.Name) else []
        level = ast.literal_eval(node.args[1]) if len(node.args) > 1 else "info"
        yield from ((level, text.format_map(defaultdict(lambda: "x"))) for text in words)


def _translatable(tree: ast.AST) -> list[str]:
    return [
        argument.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("_", "ngettext")
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def composed_warnings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield warnings that the product composes at run time."""
    yield created_elsewhere("ana@build-7", 2)
    moved = Moved("s3://b/k", "/srv/x", True, "ana", "build-7", datetime.now(UTC), 4, "l")
    yield f"{moved.sentence} {moved.remedy}"
    problem = RecordProblem(folder / "run.json", "it ends in mid-text")
    unread = unread_run(RunFiles(folder / "20260101-000000-aaaa"), problem, None)
    yield f"{unread.message} {unread.remedy}"
    (folder / "errored.tfstate").write_text("{ half")
    failed = errored_state.compare(folder)
    assert failed is not None
    yield f"{failed.sentence} {errored_state.restore_remedy(folder)}"
    monkeypatch.setattr(logout, "_ROOT", folder)
    (folder / "etc/systemd").mkdir(parents=True)
    (folder / "etc/systemd/logind.conf").write_text("[Login]\nKillUserProcesses=yes\n")
    yield logout.logout_warning("ana", ())
    with pytest.raises(OSError) as raised:
        (folder / "etc").read_text()
    yield str(raised.value)


def make_run(folder: Path) -> Run:
    folder.mkdir()
    files = RunFiles(folder)
    replace_json(files.facts, {"directory": str(folder), "operation": "apply", "started_at": now()})
    record(files, RunStatus.STARTING, runner=identify())
    run = load_run(folder)
    assert run is not None
    return run


def shown(run: Run, level: Level) -> list[str]:
    """Return the visible part of the run's journal at a level, without colours."""
    store = LogStore()
    store.add(Follower(run).poll().lines)
    log = FilteredLog(store, LineFilter(level))
    while not log.complete:
        log.scan(1)
    return [plain_text(log.store.line(n)) for n in range(log.store.first, log.store.end)]


def test_each_note_is_shown_at_its_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = [*literal_notes()]
    assert len([words for level, words in notes if level == "warn"]) >= LITERAL_WARNINGS
    assert any("Changed after the plan" in words for level, words in notes if level == "warn")
    notes += [("warn", words) for words in composed_warnings(tmp_path, monkeypatch)]
    run = make_run(tmp_path / "run")
    journal = JournalWriter(run.files)
    for level, words in notes:
        assert words and "\n" not in words
        journal.note(words, level)
    journal.close()
    assert shown(run, Level.WARNING) == [words for level, words in notes if level == "warn"]
    assert shown(run, Level.INFO) == [words for _level, words in notes]
    assert shown(run, Level.ERROR) == []


def test_a_run_that_fails_before_terraform_says_so_among_the_errors(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    journal = JournalWriter(run.files)
    words = TerraformProblem("The saved plan file is not the plan that was shown.", "").message
    journal.state(RunStatus.PLANNING, "Planning…")
    journal.state(RunStatus.FAILED, words)
    journal.close()
    assert shown(run, Level.WARNING) == [words]


def test_a_file_edited_before_the_apply_is_told_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, str(fake_engine.install(tmp_path / "engine")))
    stack = tmp_path / "stack"
    stack.mkdir()
    (stack / "main.tf").write_text("locals {\n}\n")
    run = until_state(runs.start(stack, "apply"), RunStatus.PLANNED)
    (stack / "main.tf").write_text("locals {\n  edited = true\n}\n")
    run = until_state(runs.approve(run), RunStatus.SUCCEEDED)
    (told,) = [line for line in shown(run, Level.WARNING) if "main.tf" in line]
    assert "after the plan was created" in told and told not in shown(run, Level.ERROR)
