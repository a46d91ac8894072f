"""Plans that import what is missing from the state, with an invented account and Terraform."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.aws.orphans import NotYet
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.engine.events import Diagnostic, Event
from gpuecs_tui.terraform.recovery.remedies import examine
from gpuecs_tui.terraform.runner import orphan_import, plan_with_imports
from gpuecs_tui.terraform.runner.import_ids import PlannedValues
from gpuecs_tui.terraform.runner.orphan_import import IMPORT_FILE, Account, Unclear
from gpuecs_tui.terraform.runner.plan_with_imports import Planner
from gpuecs_tui.terraform.runs.journal import JournalWriter
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from tests.support.terraform.apply_events import hook
from tests.support.terraform.run_folders import stage


class MadeUp(Account):
    """An account with the resources in ``exists``; listeners are found through a known load
    balancer."""

    exists: Mapping[str, str]

    def __init__(self, exists: Mapping[str, str]) -> None:
        self.exists = exists
        self.asked: list[str] = []
        self.closed = False

    def find(self, candidate: Candidate, planned: PlannedValues) -> str | None:
        self.asked.append(candidate.address)
        if candidate.type == "aws_lb_listener" and "load_balancer_arn" not in planned:
            raise NotYet
        found = self.exists.get(candidate.address)
        if found == "denied":
            raise Unclear("not allowed to call elbv2:DescribeLoadBalancers")
        return found

    def close(self) -> None:
        self.closed = True


@dataclass
class Terraform:
    """Plans: it creates what is in ``wanted`` and not imported; ``absent`` can't be imported."""

    directory: Path
    wanted: Mapping[str, dict[str, Any]]
    absent: Sequence[str] = ()
    calls: list[tuple[bool, str]] = field(default_factory=list)
    """Whether it was the plan of a destroy, and its import blocks."""
    refused: str = ""
    """An id with which nothing can be imported."""
    targets: list[str] = field(default_factory=list)
    """The options of the last plan, except ``-destroy``."""
    events: list[Event] = field(default_factory=list)

    def planner(self) -> Planner:
        return Planner(plan=self.plan, events=lambda: self.events, show=self.show)

    def plan(self, options: Sequence[str]) -> int:
        destroys = "-destroy" in options
        self.targets = [it for it in options if it != "-destroy"]
        path = self.directory / IMPORT_FILE
        self.calls.append((destroys, path.read_text() if path.exists() else ""))
        self.events = [
            Diagnostic(
                message="",
                severity="error",
                summary="Cannot import non-existent remote object",
                detail=f'While attempting to import an existing object to "{address}", the …',
            )
            for address in self.absent
            if f"to = {address}\n" in self.calls[-1][1]
        ]
        if self.refused and self.refused in self.calls[-1][1]:
            # Its address occurs nowhere in the plan.
            words = "The import request cannot be completed due to an invalid ID."
            self.events.append(Diagnostic(message="", severity="error", summary=words))
        return 1 if self.events else 2

    def show(self) -> dict[str, Any]:
        blocks = self.calls[-1][1]
        changes = []
        for address, after in self.wanted.items():
            imported = f"to = {address}\n" in blocks
            known = dict(after)
            if "aws_lb.this\n" in blocks and address.startswith("aws_lb_listener"):
                known["load_balancer_arn"] = "arn:lb"
            actions = ["no-op"] if imported else ["create"]
            if "aws_security_group.cut\n" in blocks and "_rule." in address:
                known["security_group_id"] = "sg-9"
            change = {"actions": actions, "after": known}
            type_ = address.partition(".")[0]
            changes.append({"address": address, "type": type_, "change": change})
        return {
            "resource_changes": changes,
            "variables": {"region": {"value": "eu-west-1"}},
            "configuration": {
                "provider_config": {
                    "aws": {"expressions": {"region": {"references": ["var.region"]}}}
                }
            },
        }


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "stack"


def begun(stack: Path, operation: str = "apply") -> Run:
    return stage(stack, RunStatus.APPLYING, operation=operation)


def plan(run: Run, earlier: Sequence[Run], terraform: Terraform, account: MadeUp) -> int:
    journal = JournalWriter(run.files)
    try:
        return plan_with_imports.plan(
            run, earlier, {}, journal, terraform.planner(), lambda _profile, _region: account
        )
    finally:
        journal.close()


def killed(stack: Path) -> Run:
    return stage(
        stack,
        RunStatus.FAILED,
        [
            hook("aws_security_group.a", "start"),
            hook("aws_security_group.a", "complete", id_="sg-1"),
            hook("aws_lb.this", "start"),
            hook("aws_lb_listener.this", "start"),
        ],
    )


WANTED: dict[str, dict[str, Any]] = {
    "aws_security_group.a": {"name": "a"},
    "aws_lb.this": {"name": "lb"},
    "aws_lb_listener.this": {"port": 80},
}


def test_nothing_missing_is_one_plan(stack: Path) -> None:
    run, terraform = begun(stack), Terraform(stack, WANTED)
    account = MadeUp({})
    assert plan(run, [run, stage(stack, RunStatus.SUCCEEDED)], terraform, account) == 2
    assert terraform.calls == [(False, "")] and not account.asked


def test_what_one_import_makes_findable_comes_a_round_later(stack: Path) -> None:
    old, run, terraform = killed(stack), begun(stack), Terraform(stack, WANTED)
    account = MadeUp({"aws_lb.this": "arn:lb", "aws_lb_listener.this": "arn:listener"})
    assert plan(run, [run, old], terraform, account) == 2
    blocks = [text for _destroys, text in terraform.calls]
    assert blocks[0] == ""
    assert "aws_lb.this" in blocks[1] and '"sg-1"' in blocks[1] and "listener" not in blocks[1]
    assert '"arn:listener"' in blocks[2] and '"arn:lb"' in blocks[2]
    assert len(blocks) == 3
    # The file exists only while Terraform plans; afterwards the reader is closed.
    assert not (stack / IMPORT_FILE).exists() and account.closed
    assert "aws_security_group.a" not in account.asked


def test_a_group_that_was_cut_off_may_have_the_rule_of_its_birth(stack: Path) -> None:
    # EC2 gives each new group a rule that allows all outbound traffic; Terraform removes it last.
    old = stage(stack, RunStatus.FAILED, [hook("aws_security_group.cut", "start")])
    rules: dict[str, dict[str, Any]] = {
        f"aws_vpc_security_group_egress_rule.{name}": {} for name in ("all", "other")
    }
    run = begun(stack)
    terraform = Terraform(stack, {"aws_security_group.cut": {"name": "cut"}, **rules})
    account = MadeUp(
        {"aws_security_group.cut": "sg-9", "aws_vpc_security_group_egress_rule.all": "sgr-1"}
    )
    assert plan(run, [run, old], terraform, account) == 2
    blocks = terraform.calls[-1][1]
    assert '"sg-9"' in blocks and '"sgr-1"' in blocks and "rule.other" not in blocks


def test_what_did_not_happen_is_remembered(stack: Path) -> None:
    lines = [hook("aws_lb.this", "start")]
    old, run, terraform = (
        stage(stack, RunStatus.CANCELLED, lines),
        begun(stack),
        Terraform(stack, WANTED),
    )
    account = MadeUp({})
    assert plan(run, [run, old], terraform, account) == 2
    assert [text for _destroys, text in terraform.calls] == [""]
    assert account.asked == ["aws_lb.this"]
    again = Terraform(stack, WANTED)
    assert plan(run, [run, old], again, MadeUp({"aws_lb.this": "arn:lb"})) == 2
    assert len(again.calls) == 1


def test_what_may_still_come_is_looked_for_again(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = stage(stack, RunStatus.CANCELLED, [hook("aws_lb.this", "start")])
    run, terraform = begun(stack), Terraform(stack, WANTED)
    assert old.ended_at is not None
    since = datetime.now(UTC) - old.ended_at
    monkeypatch.setattr(plan_with_imports, "SETTLED", since + timedelta(minutes=1))
    plan(run, [run, old], terraform, MadeUp({}))
    again = MadeUp({"aws_lb.this": "arn:lb"})
    plan(run, [run, old], terraform, again)
    assert again.asked == ["aws_lb.this"] and "arn:lb" in terraform.calls[-1][1]


def test_what_is_gone_again_is_left_out(stack: Path) -> None:
    old, run = killed(stack), begun(stack)
    terraform = Terraform(stack, WANTED, absent=["aws_security_group.a"])
    assert plan(run, [run, old], terraform, MadeUp({"aws_lb.this": "arn:lb"})) == 2
    assert "sg-1" in terraform.calls[1][1] and "sg-1" not in terraform.calls[2][1]


def test_what_can_not_be_told_is_said(stack: Path) -> None:
    old, run = killed(stack), begun(stack)
    terraform = Terraform(stack, WANTED)
    plan(run, [run, old], terraform, MadeUp({"aws_lb.this": "denied"}))
    journal = run.files.journal.read_text()
    assert "Could not look for aws_lb.this: not allowed to call elbv2" in journal
    assert "Could not look for aws_lb_listener.this yet" in journal


def of_other_types(stack: Path) -> Run:
    lines = [
        hook(address, step, id_=id_)
        for address in ("aws_sns_topic.x", "aws_lb.gone")
        for step, id_ in (("start", ""), ("complete", f"arn:{address}"))
    ]
    return stage(stack, RunStatus.FAILED, lines)


def test_a_type_that_the_product_does_not_write_is_imported_by_its_id(stack: Path) -> None:
    old, run = of_other_types(stack), begun(stack)
    terraform = Terraform(stack, {"aws_sns_topic.x": {}})
    assert plan(run, [run, old], terraform, MadeUp({})) == 2
    assert 'to = aws_sns_topic.x\n  id = "arn:aws_sns_topic.x"' in terraform.calls[-1][1]


def test_a_resource_without_a_way_back_is_named(stack: Path) -> None:
    old, run = of_other_types(stack), begun(stack)
    terraform = Terraform(stack, {"aws_sns_topic.x": {}}, refused="arn:aws_sns_topic.x")
    assert plan(run, [run, old], terraform, MadeUp({})) == 2
    assert terraform.calls[-1][1] == "", "without it in the end"
    journal = run.files.journal.read_text()
    assert "aws_sns_topic.x was created as arn:aws_sns_topic.x, but could not be" in journal
    assert "aws_lb.gone was created as arn:aws_lb.gone, but is no longer in the" in journal


def test_a_destroy_leaves_nothing_behind(stack: Path) -> None:
    old, run, terraform = killed(stack), begun(stack, "destroy"), Terraform(stack, WANTED)
    with pytest.raises(
        RunProblem, match=r"a destroy would leave them: aws_lb\.this, aws_sec"
    ) as it:
        plan(run, [run, old], terraform, MadeUp({"aws_lb.this": "arn:lb"}))
    assert f"gpuecs-tui state {stack.resolve()} --recover" in it.value.remedy
    assert not any(destroys for destroys, _blocks in terraform.calls)


def test_a_destroy_goes_on_where_nothing_was_left(stack: Path) -> None:
    old = stage(stack, RunStatus.CANCELLED, [hook("aws_lb.this", "start")])
    run, terraform = begun(stack, "destroy"), Terraform(stack, WANTED)
    assert plan(run, [run, old], terraform, MadeUp({})) == 2
    assert [destroys for destroys, _blocks in terraform.calls] == [False, True]


def test_only_bringing_back_aims_at_nothing_else(stack: Path) -> None:
    old, terraform = killed(stack), Terraform(stack, WANTED)
    run = replace(begun(stack), only_bring_back=True)
    assert plan(run, [run, old], terraform, MadeUp({"aws_lb.this": "arn:lb"})) == 2
    assert terraform.targets == ["-target=aws_security_group.a", "-target=aws_lb.this"]
    assert '"arn:lb"' in terraform.calls[-1][1]


def test_nothing_to_bring_back_changes_nothing(stack: Path) -> None:
    run, terraform = replace(begun(stack), only_bring_back=True), Terraform(stack, WANTED)
    assert plan(run, [run], terraform, MadeUp({})) == 0 and not terraform.calls
    old = stage(stack, RunStatus.CANCELLED, [hook("aws_lb.this", "start")])
    assert plan(run, [run, old], terraform, MadeUp({})) == 0
    assert terraform.targets == []


def test_a_leftover_import_file_is_cleared(stack: Path) -> None:
    run = begun(stack)
    (stack / IMPORT_FILE).write_text("import {\n}\n")
    terraform = Terraform(stack, WANTED)
    plan(run, [run], terraform, MadeUp({}))
    assert terraform.calls == [(False, "")] and not (stack / IMPORT_FILE).exists()


def write_states(stack: Path, stored: int, errored: int) -> None:
    for name, serial in (("terraform.tfstate", stored), ("errored.tfstate", errored)):
        (stack / name).write_text(json.dumps({"serial": serial, "lineage": "l", "resources": []}))


@pytest.mark.parametrize("operation", ["apply", "destroy"])
def test_nothing_is_changed_before_an_errored_state_is_stored(stack: Path, operation: str) -> None:
    run, terraform = begun(stack, operation), Terraform(stack, WANTED)
    write_states(stack, 3, 4)
    with pytest.raises(RunProblem, match="serial 4 after 3") as refused:
        plan(run, [run], terraform, MadeUp({}))
    assert "--push" in refused.value.remedy and not terraform.calls
    assert plan(replace(run, operation=Operation.PLAN), [run], terraform, MadeUp({})) == 2


def test_an_older_errored_state_stops_nothing(stack: Path) -> None:
    run, terraform = begun(stack), Terraform(stack, WANTED)
    write_states(stack, 5, 4)
    assert plan(run, [run], terraform, MadeUp({})) == 2
    assert "does not follow the stored state" in run.files.journal.read_text()


def test_the_region_is_the_provider_s() -> None:
    assert orphan_import.region_of(Terraform(Path(), {}, calls=[(False, "")]).show()) == "eu-west-1"
    constant = {
        "configuration": {
            "provider_config": {"aws": {"expressions": {"region": {"constant_value": "x"}}}}
        }
    }
    assert orphan_import.region_of(constant) == "x"
    assert orphan_import.region_of({}) == ""


def test_examine_finds_nothing_where_all_is_well(stack: Path, tmp_path: Path) -> None:
    assert not examine(tmp_path / "nowhere").has_problems
    stage(stack, RunStatus.SUCCEEDED)
    assert examine(stack).sentences() == []


def test_examine_tells_the_weightiest_first(stack: Path) -> None:
    killed(stack)
    found = examine(stack)
    assert [it.address for it in found.created] == ["aws_security_group.a"]
    first, second = found.sentences()
    assert first.startswith("1 resource was created but is not in the state")
    assert second.startswith("2 creations were interrupted")
    # A resource in the state that could not be stored is not missing.
    errored = {
        "serial": 1,
        "lineage": "l",
        "resources": [
            {
                "mode": "managed",
                "type": "aws_security_group",
                "name": "a",
                "instances": [{"attributes": {"id": "sg-1"}}],
            }
        ],
    }
    (stack / "errored.tfstate").write_text(json.dumps(errored))
    found = examine(stack)
    assert found.errored is not None and found.created == ()
    assert "Push it before you do anything else" in found.sentences()[0]


def test_examine_says_what_can_not_be_read(stack: Path) -> None:
    killed(stack)
    (stack / "terraform.tfstate").mkdir(parents=True)
    (sentence,) = examine(stack).sentences()
    assert "terraform.tfstate: it is not a regular file" in sentence


def test_examine_leaves_a_live_run_alone(stack: Path) -> None:
    killed(stack)
    begun(stack)
    assert not examine(stack).has_problems
