"""A stack that is not read completely, in the wizard: opened, checked, planned, not written."""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.aws import catalogue
from gpuecs_tui.stack.unread import by_key
from gpuecs_tui.widgets.form.decision_rows import not_read_hint
from gpuecs_tui.widgets.review.words import plans_as_it_is, why_not_written
from gpuecs_tui.wizard.decisions import decide, placeholder
from gpuecs_tui.wizard.directory_status import inspect
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.options import Options
from gpuecs_tui.wizard.session import WizardSession
from tests.support.screens.written_stack import write_stack


def opened(directory: Path) -> WizardSession:
    write_stack(directory)
    path = directory / "load_balancer.tf"
    text = path.read_text()
    start = text.index("  health_check {")
    inner = text[start : text.index("  }\n", start) + 4]
    dynamic = '  dynamic "health_check" {\n    for_each = [1]\n    content {\n    }\n  }\n'
    path.write_text(text.replace(inner, dynamic))
    found = inspect(directory)
    assert found.terraform
    wizard = WizardSession(Options(directory), DraftSaver(directory, lambda _problem: None))
    wizard.replace_texts(found.texts)
    wizard.found_unread(found.texts, found.unread)
    return wizard


def test_an_answer_that_is_not_read_has_no_default_and_is_not_required(tmp_path: Path) -> None:
    wizard = opened(tmp_path / "stack")
    key = "health_check.path"
    unread = wizard.decisions.unknown[key]
    assert not_read_hint(unread) == f"not read: load_balancer.tf, line {unread.line}"
    assert placeholder(key, wizard.decisions) == wizard.text(key) == ""
    assert not wizard.decisions.missing and not wizard.decisions.problems
    wizard.check()
    assert [it.severity for it in wizard.findings if it.rule == "not-read"] == ["unknown"]
    assert not wizard.is_error(key)


def test_it_is_planned_as_it_is_and_written_only_when_all_is_known(tmp_path: Path) -> None:
    wizard = opened(tmp_path / "stack")
    assert plans_as_it_is(wizard)
    wizard.put("service.maximum_percent", "150")
    assert not plans_as_it_is(wizard)
    assert why_not_written(wizard).startswith(
        "Could not write: the value of health_check.path was not read"
    )
    values = decide({}, catalogue.find).resolved.stack.flat()
    for key in list(by_key(wizard.unread)):
        wizard.put(key, str(values[key] or "/"))
    assert not wizard.decisions.unknown
    wizard.check()
    assert "not-read" not in {it.rule for it in wizard.findings}
    assert "is not read" not in why_not_written(wizard)
    wizard.close()
