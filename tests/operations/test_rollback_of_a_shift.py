"""What a rollback says about a deployment that shifts requests: it depends on the stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.aws.deployment.facts import (
    DeployedNames,
    DeployedService,
    Deployment,
    ServiceDeployment,
)
from gpuecs_tui.operations import reading, rollback
from gpuecs_tui.operations.replacement import ServiceNow
from gpuecs_tui.operations.rollback import Subject, plan_rollback
from gpuecs_tui.stack.resolve import resolve
from tests.deployment.scene import ANSWERS
from tests.support.aws.deployment_answers import AnsweredReader


def said(
    monkeypatch: pytest.MonkeyPatch, stage: str, *, old: int = 3, strategy: str = "canary"
) -> str:
    """Return the effects of a rollback from llm:2 in ``stage``, with so many ``old`` tasks."""
    new = Deployment("PRIMARY", "IN_PROGRESS", "", "llm:2", 3, 3, 0, 0)
    before = Deployment("ACTIVE", "COMPLETED", "", "llm:1", 3, old, 0, 0)
    service = DeployedService(
        "llm", "ACTIVE", 3, 3 + old, 0, (new, before), (), "llm:2", strategy=strategy
    )
    history = (
        ServiceDeployment("2", "IN_PROGRESS", task_definition="llm:2", stage=stage),
        ServiceDeployment("1", "SUCCESSFUL", task_definition="llm:1"),
    )
    monkeypatch.setattr(reading, "read_now", lambda *_given: ServiceNow(service))
    monkeypatch.setattr(rollback, "history_of", lambda *_given: history)
    monkeypatch.setattr(rollback, "deployment_under_way", lambda *_given: "arn:2")
    found = plan_rollback(
        Subject(
            reader=AnsweredReader({}),
            names=DeployedNames("c", "llm", "", "asg"),
            directory=Path("llm"),
            stack=resolve(ANSWERS, None).stack,
            answers=ANSWERS,
            applied="llm:2",
            is_ignored=False,
        )
    )
    assert found.way == "stop" and "ECS stops 3 tasks of this deployment." in found.effects
    return " ".join(found.effects)


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("SCALE_UP", "The tasks of the revision before keep serving all requests."),
        ("POST_TEST_TRAFFIC_SHIFT", "The tasks of the revision before keep serving all requests."),
        ("PRODUCTION_TRAFFIC_SHIFT", "The tasks of the revision before serve all requests again."),
        ("BAKE_TIME", "The tasks of the revision before serve all requests again."),
        ("", "Then the tasks of the revision before serve all requests."),
    ],
)
def test_who_serves_after_the_rollback(
    monkeypatch: pytest.MonkeyPatch, stage: str, words: str
) -> None:
    found = said(monkeypatch, stage)
    assert words in found and "must start" not in found


def test_old_tasks_that_have_stopped_must_start_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(monkeypatch, "CLEAN_UP", old=1, strategy="blue_green")
    assert "2 tasks of the revision before must start." in found
    assert "Whether instances start for the new tasks is unknown." in found
    gone = said(monkeypatch, "CLEAN_UP", old=0)
    assert "3 tasks of the revision before must start." in gone and "serve" not in gone
