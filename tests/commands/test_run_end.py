"""The output of a command at the end of an apply: the URL of the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.aws import session
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.cli import main
from gpuecs_tui.commands.run_end import outcome
from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.aws.deployment_answers import AnsweredReader
from tests.support.terraform.plan_json import resource, show
from tests.support.terraform.run_folders import PLAN, PLAN_ENDS, stage
from tests.support.terraform.written_files import CERTIFICATE, HTTPS, made, put

BALANCER = "llm-77.us-east-1.elb.amazonaws.com"
OUTPUTS = {
    "url": {"value": f"https://{BALANCER}:444"},
    "load_balancer_dns_name": {"value": BALANCER},
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A successful apply of a stack with a certificate."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "llm"
    put(directory, render(made(HTTPS, load_balancer__port=444)))
    made_run = stage(directory, RunStatus.SUCCEEDED, outputs=OUTPUTS)
    facts = read_json(made_run.files.facts) or {}
    replace_json(made_run.files.facts, {**facts, "profile": "ops"})
    return made_run.refresh()


def answering(monkeypatch: pytest.MonkeyPatch, answer: Any) -> AnsweredReader:
    """Let every reader respond with ``answer``."""
    reader = AnsweredReader({"acm:ListCertificates": answer})

    def connect(profile: str = "", region: str = "") -> AnsweredReader:
        assert (profile, region) == ("ops", "us-east-1"), "those of the run"
        return reader

    monkeypatch.setattr(session, "connect", connect)
    return reader


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("llm.example.org", "https://llm.example.org:444. This name needs a DNS record: llm.exa"),
        ("*.example.org", f"https://{BALANCER}:444. Clients reject the certificate"),
    ],
)
def test_an_apply_says_the_name_and_its_record(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    domain: str, said: str,
) -> None:  # fmt: skip
    others = {"CertificateArn": f"{CERTIFICATE}f", "DomainName": "other.example.org"}
    ours = {"CertificateArn": CERTIFICATE, "DomainName": domain}
    answering(monkeypatch, {"CertificateSummaryList": [others, ours]})
    assert outcome(run, reads_account=True) == 0
    shown = capsys.readouterr().out
    assert f"URL: {said}" in shown and f"CNAME {BALANCER}" in shown


def test_without_the_account_the_name_is_not_known(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = answering(monkeypatch, AwsProblem("denied", "Not allowed.", ""))
    assert outcome(run, reads_account=True) == 0
    assert f"the certificate covers: NAME CNAME {BALANCER}" in capsys.readouterr().out
    reader.asked.clear()
    # A user who only watches a run needs no account.
    assert main(["attach", str(run.directory)]) == 0
    assert f"NAME CNAME {BALANCER}" in capsys.readouterr().out
    assert not reader.asked


@pytest.mark.parametrize("count", [0, 2])
def test_an_apply_that_leaves_no_task_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    before, after = {"desired_count": 3}, {"desired_count": count}
    service = resource("aws_ecs_service.this", "update", before=before, after=after)
    ended = stage(tmp_path / "tts", RunStatus.SUCCEEDED, details=show(service))
    assert outcome(ended) == 0
    said = "No task runs because the desired count is 0. Requests to the service fail."
    assert (said in capsys.readouterr().out) == (not count)


@pytest.mark.parametrize("state", [RunStatus.PLANNED, RunStatus.SUCCEEDED])
def test_attach_says_what_a_plan_that_waits_does_to_the_service(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    state: RunStatus,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    before, after = {"desired_count": 4}, {"desired_count": 0}
    service = resource("aws_ecs_service.this", "update", before=before, after=after)
    run = stage(tmp_path / "tts", state, PLAN[:PLAN_ENDS], details=show(service))
    assert main(["attach", str(run.directory)]) == 0
    said = capsys.readouterr().out
    noticed = "!  All tasks stop: the desired count changes from 4 to 0."
    assert (noticed in said) == (state is RunStatus.PLANNED), "before the approval"
    if noticed in said:
        assert said.index(noticed) < said.index("Plan: ")
