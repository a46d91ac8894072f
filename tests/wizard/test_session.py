"""What prevents a write of the stack, and what a confirmation of the user overrides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuecs_tui.assessment.own import Own
from gpuecs_tui.aws.facts import Named
from gpuecs_tui.widgets.review.words import why_not_written
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.drafts import Draft
from gpuecs_tui.wizard.options import Options
from gpuecs_tui.wizard.session import WizardSession
from tests.support import fakes
from tests.support.screens.whole_texts import WHOLE


@pytest.fixture
def wizard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WizardSession]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = WizardSession(Options(tmp_path), DraftSaver(tmp_path, lambda _problem: None))
    yield found
    found.close()


def gate(wizard: WizardSession, **texts: str) -> tuple[str, str]:
    """Return why the stack isn't written, without and with the confirmation of the user."""
    given = {**WHOLE, **{key.replace("__", "."): text for key, text in texts.items()}}
    wizard.adopt(Draft(given, "review", ("start", "account", "network", "fleet", "task")))
    wizard.check()
    return why_not_written(wizard), why_not_written(wizard, despite_findings=True)


def test_errors_of_rules_may_be_passed(wizard: WizardSession) -> None:
    refused, passed = gate(wizard, task__memory="15742")
    assert "15742" in refused and passed == ""
    assert gate(wizard) == ("", "")


def test_answers_that_make_no_stack_may_not(wizard: WizardSession) -> None:
    refused, passed = gate(wizard, task__memory="15742", load_balancer__internal="false")
    assert refused and "network.ingress_cidrs" in passed
    assert all(gate(wizard, network__ingress_cidrs="10.0.0.7/8"))
    assert all(gate(wizard, task__image=""))


def test_which_findings_hold_their_step(wizard: WizardSession) -> None:
    gate(wizard, task__memory="15742", health_check__timeout_seconds="9")
    assert {it.rule for it in wizard.findings if it.holds_step} == {"health-timing"}
    assert wizard.holds("health_check.timeout_seconds") and not wizard.holds("task.memory")


@pytest.mark.parametrize(
    ("key", "texts", "holds"),
    [
        ("fleet.extra_user_data", {"task__network_mode": "awsvpc"}, False),
        ("fleet.extra_user_data", {"task__network_mode": "bridge"}, False),
        ("fleet.extra_user_data", {"fleet__extra_user_data": "awsvpc-block-imds ="}, True),
        ("network.ingress_cidrs", {"load_balancer__internal": "false"}, False),
        (
            "network.ingress_cidrs",
            {"load_balancer__internal": "false", "network__ingress_cidrs": "10.1.2.3/8"},
            True,
        ),
    ],
)
def test_what_a_later_step_s_answer_settles_holds_no_step(
    wizard: WizardSession, key: str, texts: dict[str, str], holds: bool
) -> None:
    own = {"fleet__ami": "bottlerocket", "fleet__extra_user_data": "awsvpc-block-imds = true"}
    gate(wizard, **{**own, **texts})
    assert wizard.is_error(key) == (texts.get("task__network_mode") != "bridge")
    assert wizard.holds(key) is holds


def test_no_name_is_taken_before_it_is_known_what_is_the_stack_s_own(wizard: WizardSession) -> None:
    wizard.account.facts = fakes.facts(clusters=fakes.known((Named("llama", "arn:llama"),)))
    gate(wizard)
    (said,) = (it for it in wizard.findings if it.rule == "name-taken")
    assert said.severity == "unknown" and "still loading" in said.message
    wizard.own = Own()
    wizard.check()
    (said,) = (it for it in wizard.findings if it.rule == "name-taken")
    assert said.severity == "error"
