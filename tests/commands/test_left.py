"""``destroy --deregister``: which revisions it deregisters, and which it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.destroyed_stack import DETAILS
from tests.support.terraform.run_folders import stage

REGION = "us-west-2"


@pytest.fixture
def ecs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An account with the family ``llm``.

    llm:1 is another program's, llm:2 is in the plan, llm:3 has the stack's tags.
    """
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "123456789012")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client: Any = boto3.client("ecs", region_name=REGION)
        for tags in ([], [], [{"key": "team", "value": "ml"}]):
            client.register_task_definition(
                family="llm",
                containerDefinitions=[{"name": "x", "image": "x", "memory": 128}],
                tags=tags,
            )
        yield client


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a stack that is destroyed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = tmp_path / "llm"
    stage(found, RunStatus.SUCCEEDED, operation="destroy", details=DETAILS)
    return found


def active(ecs: Any) -> list[str]:
    found = ecs.list_task_definitions(familyPrefix="llm", status="ACTIVE")["taskDefinitionArns"]
    return [it.rpartition("/")[2] for it in found]


def test_the_stacks_own_unused_revisions_are_deregistered(
    ecs: Any, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["destroy", str(directory), "--deregister"]
    assert main(words) == EXIT_USAGE
    said = capsys.readouterr()
    assert "2 revisions that no service and no task uses become INACTIVE: llm:2–3." in said.out
    assert "llm:1 is not deregistered: neither a plan" in said.out
    assert "--yes is required" in said.err and len(active(ecs)) == 3
    assert main([*words, "--yes"]) == 0
    assert "Deregistered: llm:2–3." in capsys.readouterr().out
    assert active(ecs) == ["llm:1"]
    assert main([*words, "--yes"]) == 0
    assert "There is no revision to deregister." in capsys.readouterr().out


def test_a_revision_in_use_is_refused_with_its_user(
    ecs: Any, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ecs.create_cluster(clusterName="other")
    ecs.create_service(cluster="other", serviceName="chat", taskDefinition="llm:2", desiredCount=0)
    assert main(["destroy", str(directory), "--deregister", "--yes"]) == EXIT_FAILED
    out = capsys.readouterr().out
    assert "llm:2 is not deregistered: the service chat in the cluster other uses it." in out
    assert active(ecs) == ["llm:1", "llm:2"]


def test_another_account_is_refused(
    ecs: Any, directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "210987654321")
    sts: Any = boto3.client("sts", region_name=REGION)
    assert sts.get_caller_identity()["Account"] == "210987654321"
    assert main(["destroy", str(directory), "--deregister", "--yes"]) == EXIT_FAILED
    assert "the stack was in the account 123456789012" in capsys.readouterr().err


def test_without_a_recorded_destroy_no_family_is_guessed(
    ecs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "llm").mkdir()
    assert main(["destroy", str(tmp_path / "llm"), "--deregister", "--yes"]) == EXIT_FAILED
    assert "no recorded destroy of" in capsys.readouterr().err
    assert len(active(ecs)) == 3
