"""Remarks about the stack's own state become findings; an unread state decides nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpuecs_tui.aws.facts import LogGroup, Named, Role
from gpuecs_tui.aws.reading import Known, Reading
from gpuecs_tui.aws.service.live_count import service_id
from gpuecs_tui.aws.service.live_revision import LiveRevision
from gpuecs_tui.checks import check
from gpuecs_tui.checks.finding import Severity
from gpuecs_tui.checks.rules.own_state import RULES
from gpuecs_tui.stack.state_facts import Begun, StateFacts, StateRemark
from tests.support.small_account import NOW, account, known, stack


def live(ports: dict[str, tuple[range, ...]], arn: str = "arn:own") -> Known[LiveRevision | None]:
    return Known(LiveRevision(arn, "llm:7", ports), "a test", NOW)


UNREAD = StateFacts("Could not read the state in s3://b/k: denied.", "Ask for s3:GetObject.")


@pytest.mark.parametrize("rule", RULES)
def test_each_remark_is_a_finding(rule: str) -> None:
    remark = StateRemark(rule, "unknown", "It is so.", "Do that.")
    found = check(stack(), account(), state=StateFacts(remarks=(remark,)), now=NOW)
    (said,) = (it for it in found if it.rule == rule)
    assert (said.severity, said.field) == (Severity.UNKNOWN, "state.backend")
    assert (said.message, said.remedy) == ("It is so.", "do that")
    assert not [it for it in check(stack(), account(), now=NOW) if it.rule == rule]


def test_a_taken_name_is_unknown_while_the_state_is_unread() -> None:
    log_group = LogGroup(name=stack().task.log_group, retention_days=None)
    facts = account(
        clusters=known((Named(stack().names.cluster, "arn:c"),)), log_groups=known((log_group,))
    )
    assert {it.severity for it in check(stack(), facts, now=NOW)} == {Severity.ERROR}
    found = check(stack(), facts, owned=None, state=UNREAD, now=NOW)
    assert {it.field for it in found} == {"names.cluster", "task.log_group"}
    for it in found:
        assert it.severity is Severity.UNKNOWN and it.rule == "name-taken"
        assert UNREAD.unread in it.message and it.remedy == UNREAD.remedy
        assert it.fix is None and "another name" not in it.remedy


def test_a_taken_name_is_probably_that_of_a_creation_that_was_cut_off() -> None:
    log_group = LogGroup(name=stack().task.log_group, retention_days=None)
    names = stack().names
    facts = account(
        clusters=known((Named(names.cluster, "arn:c"),)),
        target_groups=known((Named(names.target_group, "arn:t"),)),
        log_groups=known((log_group,)),
    )
    run = "20261127T1-a"
    begun = {
        "aws_ecs_cluster.this": Begun(run, names.cluster),
        "aws_cloudwatch_log_group.this": Begun(run),
        # A different target group, whatever its module is.
        "module.other.aws_lb_target_group.this": Begun(run),
    }
    found = {it.field: it for it in check(stack(), facts, state=StateFacts(begun=begun), now=NOW)}
    for field in ("names.cluster", "task.log_group"):
        it = found.pop(field)
        assert it.severity is Severity.UNKNOWN and it.rule == "name-taken" and it.fix is None
        assert "Run 20261127T1-a of this stack started to create such a resource" in it.message
        assert "--recover" in it.remedy and "another name" not in it.remedy
    (other,) = found.values()
    assert (other.severity, other.field) == (Severity.ERROR, "names.target_group")
    owned = frozenset({names.cluster, names.target_group, log_group.name})
    assert not check(stack(), facts, owned=owned, state=StateFacts(begun=begun), now=NOW)


@pytest.mark.parametrize(
    ("begun", "severity"),
    [
        ({"aws_iam_role.task": Begun("r1", "NAME-task-REGION")}, Severity.UNKNOWN),
        ({"aws_iam_role.task": Begun("r1")}, Severity.UNKNOWN),
        # A different role, or this role under the stack's former name.
        ({"aws_iam_role.instance": Begun("r1")}, Severity.ERROR),
        ({"aws_iam_role.task": Begun("r1", "older-task-REGION")}, Severity.ERROR),
        ({"aws_iam_role.task": Begun("r1", "NAME-task-REGION", refused=True)}, Severity.ERROR),
    ],
)
def test_only_the_role_that_was_begun_is_excused(
    begun: dict[str, Begun], severity: Severity
) -> None:
    own = stack()

    def named(text: str) -> str:
        return text.replace("NAME", own.stack.name).replace("REGION", own.stack.region)

    begun = {at: replace(it, name=named(it.name)) for at, it in begun.items()}
    role = Role(named("NAME-task-REGION"), "arn:role", ())
    facts = account(roles=known((role,)))
    (found,) = (
        it
        for it in check(own, facts, state=StateFacts(begun=begun), now=NOW)
        if it.rule == "name-taken"
    )
    assert found.severity is severity
    refused = any(it.refused for it in begun.values())
    assert ("in run r1 of this stack" in found.message) is refused
    assert ("choose another name" in found.remedy) is (severity is Severity.ERROR)


def test_a_directory_of_the_earlier_version_is_brought_up_to_date_first() -> None:
    facts = StateFacts(earlier="prod/llm")
    found = [it for it in check(stack(), account(), state=facts, now=NOW)
             if it.rule == "earlier-version"]  # fmt: skip
    (said,) = found
    assert said.severity is Severity.WARNING and not said.holds_step
    assert "in the Review step" in said.remedy
    assert "gpuecs-tui render prod/llm prod/llm" in said.remedy
    facts = StateFacts(unapplied="prod/llm")
    (said,) = (it for it in check(stack(), account(), state=facts, now=NOW)
               if it.rule == "earlier-version")  # fmt: skip
    assert "not applied yet" in said.message and "u in the review" not in said.remedy
    assert "gpuecs-tui apply prod/llm --yes" in said.remedy
    assert "earlier-version" not in {it.rule for it in check(stack(), account(), now=NOW)}


@pytest.mark.parametrize(
    ("ignored", "applied", "fields"),
    [
        (("task_definition",), ("app", 8000), []),
        (("task_definition",), ("web", 8000), ["task.container_name"]),
        (("task_definition",), ("web", 80), ["task.container_name", "task.container_port"]),
        (("task_definition", "load_balancer"), ("web", 80), []),
        (("desired_count",), ("web", 80), []),
        (("task_definition",), None, []),
    ],
)
def test_a_service_that_keeps_its_revision_keeps_its_container(
    ignored: tuple[str, ...], applied: tuple[str, int] | None, fields: list[str]
) -> None:
    written = stack(
        service__ignore_changes=ignored, task__container_name="app", task__container_port=8000
    )
    found = check(written, account(), state=StateFacts(container=applied), now=NOW)
    said = [it for it in found if it.rule == "foreign-container"]
    # The state has the container of the last apply, which may differ from what the service runs.
    assert [(it.severity, it.field) for it in said] == [(Severity.UNKNOWN, key) for key in fields]
    assert all("remove task_definition from" in it.remedy for it in said)
    assert all("the revision was not read. The last apply used" in it.message for it in said)


@pytest.mark.parametrize(
    ("revision", "fields"),
    [
        (Known(None, "", NOW), []),
        (live({"web": (range(80, 81),)}), ["task.container_name"]),
        (live({"app": (range(80, 81),)}), ["task.container_port"]),
        (live({"app": (range(80, 81), range(7990, 8010)), "web": ()}), []),
        (live({"web": ()}, "arn:another"), []),
    ],
)
def test_a_kept_revision_is_the_one_that_the_service_runs(
    revision: Reading[LiveRevision | None], fields: list[str]
) -> None:
    written = stack(
        service__ignore_changes=("task_definition",),
        task__container_name="app",
        task__container_port=8000,
    )
    facts = account()
    at = service_id(written.names.cluster, written.names.service)
    facts = replace(facts, lookups=replace(facts.lookups, live_revisions={at: revision}))
    applied = StateFacts(container=("web", 80))
    found = check(written, facts, owned=frozenset({"arn:own"}), state=applied, now=NOW)
    said = [it for it in found if it.rule == "foreign-container"]
    assert [(it.severity, it.field) for it in said] == [(Severity.ERROR, key) for key in fields]
    assert all("which revision llm:7 doesn't have. The service keeps" in it.message for it in said)
