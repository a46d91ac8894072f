from __future__ import annotations

import subprocess
import sys
import time

import pytest

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.checks import Severity, check, findings_from_problems
from gpuecs_tui.checks.registry import RULES
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import resolve
from tests.support.fixes import apply_fix
from tests.support.small_account import ANSWERS, ARTICLE, NOW, account, findings, of_rule, stack

KEY_PRESS_SECONDS = 0.05
"""Maximum duration of a check while the user types."""


def test_nothing_to_say_about_a_right_stack_in_a_right_account() -> None:
    assert findings(account()) == []


def test_the_article_is_never_placed_and_the_fix_places_it() -> None:
    facts = account()
    found = [it for it in findings(facts, ARTICLE) if it.rule == "memory-fit"]
    assert [(it.severity, it.field) for it in found] == [(Severity.ERROR, "task.memory")]
    assert found[0].remedy.startswith("set task.memory to 15155")
    assert "15684" in found[0].message
    mended = apply_fix(found[0], ARTICLE)
    assert mended["task.memory"] == mended["task.container_memory"] == 15155
    assert findings(facts, mended) == []


def test_errors_come_first_then_the_order_of_the_keys() -> None:
    found = findings(None, ARTICLE, health_check__timeout_seconds=9, task__gpus=2)
    ranks = [(list(Severity).index(it.severity), list(KEYS).index(it.field)) for it in found]
    assert ranks == sorted(ranks)
    assert {it.severity for it in found} == {Severity.ERROR, Severity.UNKNOWN}


def test_as_json() -> None:
    found = findings(account(), ARTICLE)[0].as_json()
    assert list(found) == ["rule", "severity", "field", "message", "remedy"]
    assert found["rule"] == "memory-fit"
    assert found["severity"] == "error"


def test_what_was_not_read_is_unknown_never_fine() -> None:
    everything = stack(
        load_balancer__protocol="HTTPS",
        load_balancer__certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/x",
        fleet__key_name="mine",
        fleet__ami="ami-0123456789abcdef0",
        network__instance_security_group_ids=("sg-01234567",),
        task__image="123456789012.dkr.ecr.us-east-1.amazonaws.com/llm:1",
        task__secrets={"TOKEN": "arn:aws:ssm:us-east-1:123456789012:parameter/token"},
    )
    unknown = {it.rule for it in check(everything, None) if it.severity is Severity.UNKNOWN}
    assert unknown == {
        "ami-type",
        "certificate",
        "image-exists",
        "lb-zones",
        "name-taken",
        "quota",
        "region",
        "role-missing",
        "secret-exists",
        "security-path",
        "zone-offering",
    }


def test_a_stack_without_answers_is_passed_over() -> None:
    empty = resolve({}, None).stack
    for facts in (None, account(), AccountFacts(region="")):
        assert [it for it in check(empty, facts) if it.severity is not Severity.UNKNOWN] == []


def test_every_rule_has_an_id_of_its_own_and_uses_it() -> None:
    assert {it.rule for it in findings(None, ARTICLE)} <= set(RULES)
    assert of_rule("memory-fit", task__memory=15685) == [("error", "task.memory")]


def test_problems_of_answers_become_errors() -> None:
    answers = {**ANSWERS, "names.load_balancer": "x" * 33, "task.gpus": 99}
    found = findings_from_problems(problems(answers, resolve(answers, None)))
    assert {(it.rule, it.field) for it in found} >= {
        ("name-limit", "names.load_balancer"),
        ("value", "task.gpus"),
    }
    assert all(it.severity is Severity.ERROR for it in found)


def test_a_check_is_fast_enough_for_every_key_press() -> None:
    of, facts = stack(), account()
    check(of, facts, now=NOW)
    best = min(_seconds(lambda: check(of, facts, now=NOW)) for _try in range(5))
    assert best < KEY_PRESS_SECONDS


def _seconds(run: object) -> float:
    assert callable(run)
    begin = time.process_time()
    run()
    return time.process_time() - begin


@pytest.mark.parametrize("room", ["checks", "stack"])
def test_purity(room: str) -> None:
    program = (
        "import sys, pkgutil, importlib\n"
        f"room = importlib.import_module('gpuecs_tui.{room}')\n"
        "for it in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "    importlib.import_module(it.name)\n"
        "print([it for it in ('textual', 'boto3', 'botocore', 'jinja2') "
        "if it in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
