"""The wizard, ``check`` and the check before an apply have the same findings about a directory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest
from textual.message import Message

from gpuecs_tui.assessment.apply_gate import ApplyCheck, Checked
from gpuecs_tui.assessment.own import Own, read_own
from gpuecs_tui.aws import prices
from gpuecs_tui.aws.discovery import account, lookups
from gpuecs_tui.aws.facts import AccountFacts, Named
from gpuecs_tui.aws.prices_facts import Prices
from gpuecs_tui.aws.session import connect
from gpuecs_tui.checks.finding import Finding
from gpuecs_tui.cli import main
from gpuecs_tui.demo.account import DemoAccount
from gpuecs_tui.stack.answers import dump_answers
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.wizard.account_feed import AccountFeed, AccountRead, LookedUp
from gpuecs_tui.wizard.decisions import texts_of
from gpuecs_tui.wizard.directory_status import inspect
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.options import Options
from gpuecs_tui.wizard.session import WizardSession
from tests.support import fakes
from tests.support.terraform.written_files import ANSWERS, made, put

NAME = "whisper"
HERE: Mapping[str, Value] = {
    "stack.name": NAME,
    "network.vpc_id": fakes.VPC,
    "network.instance_subnet_ids": fakes.SUBNETS[0:4:2],
    "network.load_balancer_subnet_ids": fakes.SUBNETS[1:5:2],
    "task.image": fakes.IMAGE,
}
LOCK = 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "6.54.1"\n}\n'
ANSWER_SECONDS = 60.0
"""Seconds until the demo account must have responded, for a slow machine."""

Files = dict[str, str]
Edit = Callable[[Files], None]
Said = list[tuple[str, str, str, str, str]]


def replaced(name: str, old: str, new: str) -> Edit:
    def edit(files: Files) -> None:
        assert old in files[name], (name, old)
        files[name] = files[name].replace(old, new, 1)

    return edit


def added(name: str, text: str) -> Edit:
    return lambda files: files.update({name: files.get(name, "") + text})


def said(findings: Iterable[Finding]) -> Said:
    return [(it.rule, it.severity.value, it.field, it.message, it.remedy) for it in findings]


def by_command(directory: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    main(["check", str(directory), "--json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    return [(it["rule"], it["severity"], it["field"], it["message"], it["remedy"]) for it in found]


def by_gate(directory: Path) -> Checked:
    return ApplyCheck(directory, lambda region: connect(region=region)).run()


def opened(directory: Path) -> WizardSession:
    found = inspect(directory)
    wizard = WizardSession(Options(directory), DraftSaver(directory, lambda _problem: None))
    wizard.open_directory(found.texts, found.opened)
    wizard.found_unread(found.texts, found.unread)
    wizard.own = read_own(directory, os.environ)
    return wizard


def by_wizard(directory: Path, facts: AccountFacts) -> Said:
    wizard = opened(directory)
    wizard.account.facts = facts
    wizard.account_changed()
    wizard.check()
    wizard.close()
    return said((*wizard.wrong, *wizard.findings))


FAULTS: dict[str, tuple[tuple[Edit, ...], set[str]]] = {
    "rules, files beside it, names taken": (
        (
            replaced("terraform.tfvars", "memory = 15155", "memory = 15999"),
            added(".terraform.lock.hcl", LOCK),
            replaced(
                "service.tf",
                "  propagate_tags ",
                "  sigint_rollback = true\n  wait_for_steady_state = true\n  propagate_tags ",
            ),
            replaced("user_data.sh", "\n", "\r\n"),
        ),
        {"memory-fit", "provider-version", "user-data", "name-taken"},
    ),
    "values outside their limits, and what contradicts another": (
        (
            replaced("load_balancer.tf", "idle_timeout               = 60", "idle_timeout = 5000"),
            replaced("terraform.tfvars", "min_size      = 0", "min_size      = 3"),
        ),
        {"value", "not-read"},
    ),
    "what isn't read": (
        (
            replaced(
                "service.tf",
                "  deployment_circuit_breaker {",
                '  dynamic "deployment_circuit_breaker" {\n    for_each = [1]\n'
                "    content {}\n  }\n  timeouts {\n  }\n  other {",
            ),
            replaced("terraform.tfvars", "memory = 15155", "memory = 15999"),
        ),
        {"not-read", "memory-fit"},
    ),
    "another account": (
        (
            replaced(
                "providers.tf",
                'provider "aws" {\n',
                'provider "aws" {\n  assume_role {\n'
                '    role_arn = "arn:aws:iam::210987654321:role/deploy"\n  }\n',
            ),
        ),
        {"not-read"},
    ),
    "a backend whose settings are given to init": (
        (added("backend.tf", 'terraform {\n  backend "s3" {\n    use_lockfile = true\n  }\n}\n'),),
        {"partial-backend"},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_same_in_three_places(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edits, rules = FAULTS[name]
    files = dict(render(made(HERE)))
    for edit in edits:
        edit(files)
    put(tmp_path, files)
    taken = fakes.known((Named(NAME, f"arn:{NAME}"),))
    facts = fakes.facts(clusters=taken)
    monkeypatch.setattr(account, "read_account", lambda *_any: facts)
    monkeypatch.setattr(lookups, "read_references", lambda _reader, _stack, facts: facts)
    monkeypatch.setattr(prices, "read_prices", lambda *_any: Prices())
    found = by_command(tmp_path, capsys)
    assert rules <= {it[0] for it in found}, found
    assert said(by_gate(tmp_path).findings) == found
    assert by_wizard(tmp_path, facts) == found


def test_the_same_on_an_account_that_is_read(
    on_demo_account: DemoAccount, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """This test fakes nothing: each of the three reads the demo account itself."""
    files = dict(render(made(task__image="123456789012.dkr.ecr.us-east-1.amazonaws.com/none:1")))
    replaced("user_data.sh", "\n", "\r\n")(files)
    put(tmp_path, files)
    found = by_command(tmp_path, capsys)
    assert {"image-exists", "user-data", "free-addresses"} & {it[0] for it in found}
    assert said(by_gate(tmp_path).findings) == found

    posted: SimpleQueue[Message] = SimpleQueue()
    feed, wizard = AccountFeed(posted.put), opened(tmp_path)
    feed.start("", wizard.region)
    try:
        while not isinstance(message := posted.get(timeout=ANSWER_SECONDS), AccountRead):
            pass
        feed.look_up(wizard.decisions.resolved.stack, message.facts)
        while not isinstance(looked_up := posted.get(timeout=ANSWER_SECONDS), LookedUp):
            pass
    finally:
        feed.stop()
    wizard.account.facts = replace(message.facts, lookups=looked_up.lookups)
    wizard.account_changed()
    wizard.check()
    wizard.close()
    assert said((*wizard.wrong, *wizard.findings)) == found


def test_the_same_of_answers_that_are_no_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A value outside its limits is judged in the form as in a file."""
    answers: dict[str, Value] = {
        **ANSWERS,
        **HERE,
        "network.ingress_cidrs": ("10.1.2.3/8",),
        "load_balancer.idle_timeout_seconds": 5000,
        "health_check.timeout_seconds": 9,
        "task.memory": 15999,
    }
    file = tmp_path / "answers.toml"
    file.write_text(dump_answers(answers))
    facts = fakes.facts()
    monkeypatch.setattr(account, "read_account", lambda *_any: facts)
    monkeypatch.setattr(lookups, "read_references", lambda _reader, _stack, facts: facts)
    monkeypatch.setattr(prices, "read_prices", lambda *_any: Prices())
    found = by_command(file, capsys)
    assert {"cidr-bits", "value", "health-timing", "memory-fit"} <= {it[0] for it in found}
    wizard = WizardSession(Options(tmp_path), DraftSaver(tmp_path, lambda _problem: None))
    wizard.replace_texts(texts_of(answers))
    wizard.account.facts, wizard.own = facts, Own()
    wizard.check()
    assert said((*wizard.wrong, *wizard.findings)) == found
    # A text of the wrong type is not an answer, and no other answer replaces it.
    wizard.put("task.memory", "much")
    wizard.check()
    wizard.close()
    assert ("task.memory", "task.memory must be a whole number.") in {
        (it.field, it.message) for it in wizard.wrong
    }
    assert "memory-fit" not in {it.rule for it in wizard.findings}
