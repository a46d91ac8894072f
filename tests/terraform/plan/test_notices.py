"""Changes in place, and ignored changes, that a plan reports before the approval."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.control.protection import refuse_plan, refuse_protected
from gpuecs_tui.terraform.plan.details import plan_tree
from gpuecs_tui.terraform.plan.notices import ignored_count, notices, refusals
from gpuecs_tui.terraform.plan.revisions import left_in_words, ranges, revisions_left
from gpuecs_tui.terraform.plan.words import warnings
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import Operation
from tests.support.terraform.earlier_stacks import EARLIER
from tests.support.terraform.plan_json import resource, show
from tests.support.terraform.written_files import made, put

SERVICE = resource("aws_ecs_service.this", "update", before={"x": 1}, after={"x": 2})
NO_TASKS = resource(
    "aws_ecs_service.this", "no-op", before={"desired_count": 0}, after={"desired_count": 0}
)
POLICY = "mixed_instances_policy"
PROTECTION = "managed_termination_protection"


def updated(address: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return resource(address, "update", before=before, after=after)


def health(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    address = "aws_lb_target_group.this"
    return updated(address, {"health_check": [before]}, {"health_check": [after]})


def mixed(base: int, *types: str, version: str = "$Latest") -> list[dict[str, Any]]:
    template = {
        "launch_template_specification": [{"version": version}],
        "override": [{"instance_type": it} for it in types],
    }
    shares = {"on_demand_base_capacity": base, "on_demand_percentage_above_base_capacity": 0}
    return [{"instances_distribution": [shares], "launch_template": [template]}]


def provider(value: str) -> dict[str, Any]:
    return {"auto_scaling_group_provider": [{PROTECTION: value}]}


def replaced_task(before: dict[str, Any]) -> dict[str, Any]:
    return resource(
        "aws_ecs_task_definition.this", "create", "delete",
        before={"family": "f", **before}, after={"family": "f", "skip_destroy": True},
        after_unknown={"arn": True},
    )  # fmt: skip


OLD_TASK = replaced_task({"skip_destroy": False})
NEW_TASK = replaced_task({"skip_destroy": True})
MOVED_ON = updated("aws_ecs_service.this", {"task_definition": "f:1"}, {"task_definition": "f:2"})
GONE_GROUP = resource("aws_security_group.instances", "delete", before={"id": "sg-1"})
NEW_FLEET = resource("aws_autoscaling_group.this", "delete", "create", before={}, after={})
TARGETS = resource(
    "aws_lb_target_group.this", "create", "delete",
    before={"name": "mine", "port": 80}, after={"name": "mine", "port": 81},
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            [updated("aws_lb_listener.http", {"port": 80}, {"port": 8081})],
            "Port 80 of the load balancer closes and port 8081 opens",
        ),
        (
            [updated("aws_lb_listener.https", {"certificate_arn": "a"}, {"certificate_arn": "b"})],
            "The certificate changes from a to b",
        ),
        (
            [updated("aws_lb_listener.http", {"default_action": [{"type": "forward"}]},
                     {"default_action": [{"type": "redirect"}]})],
            "HTTP requests will be redirected to HTTPS",
        ),
        (
            [updated("aws_lb_listener.http", {"default_action": [{"type": "redirect"}]},
                     {"default_action": [{"type": "forward"}]})],
            "will be answered instead",
        ),
        (
            [updated("aws_vpc_security_group_ingress_rule.tasks_from_load_balancer",
                     {"from_port": 32768}, {"from_port": 9000}), SERVICE],
            "Requests fail from the moment the old ports are closed until new tasks are healthy",
        ),
        (
            [updated("aws_launch_template.this", {"instance_market_options": []},
                     {"instance_market_options": [{"market_type": "spot"}]})],
            "The market changes only for new instances",
        ),
        (
            [updated("aws_autoscaling_group.this", {POLICY: []}, {POLICY: mixed(0, "a", "b")})],
            "Only new instances use the new list of types.",
        ),
        (
            [updated("aws_autoscaling_group.this", {POLICY: mixed(0, "a")},
                     {POLICY: mixed(0, "a", "b")})],
            "Running instances keep their type until they are terminated.",
        ),
        (
            [updated("aws_autoscaling_group.this", {POLICY: []}, {POLICY: mixed(1, "a")})],
            "gradually replaces running instances",
        ),
        (
            [updated("aws_autoscaling_group.this", {POLICY: mixed(0, "a")},
                     {POLICY: mixed(1, "a")})],
            "gradually replaces running instances",
        ),
        (
            [updated("aws_launch_template.this", {"instance_type": "a"}, {"instance_type": "b"})],
            "Only new instances use the new instance type",
        ),
        (
            [updated("aws_ecs_capacity_provider.this", provider("ENABLED"), provider("DISABLED"))],
            "aws autoscaling set-instance-protection --region REGION --no-protected-from-scale-in",
        ),
        (
            [updated("aws_ecs_service.this", {"desired_count": 5}, {"desired_count": 1})],
            "The desired count changes from 5 to 1",
        ),
        (
            [updated("aws_ecs_service.this", {"desired_count": 4}, {"desired_count": 0})],
            "All tasks stop: the desired count changes from 4 to 0. Requests fail until it is",
        ),
        (
            [resource("aws_ecs_service.this", "create", after={"desired_count": 0})],
            "No task starts, so requests fail: the desired count is 0",
        ),
        (
            [health({"path": "/ping", "port": "traffic-port", "interval": 30},
                    {"path": "/livez", "port": "9100", "interval": 10})],
            "changes: port from traffic-port to 9100, path from /ping to /livez. If they fail the "
            "new check, every target becomes unhealthy, and ECS stops and replaces the tasks",
        ),
        (
            [health({"matcher": "200-399"}, {"matcher": "204"})],
            "success codes from 200-399 to 204",
        ),
        ([OLD_TASK, MOVED_ON], "This apply deregisters the current task definition revision"),
        ([NEW_TASK], "The service keeps its current task definition revision"),
        (
            [updated("aws_ecs_service.this", {"load_balancer": [{"container_name": "a"}]},
                     {"load_balancer": [{"container_name": "b"}]})],
            "container_name changes to b. The service keeps its revision because "
            "service.ignore_changes contains task_definition. AWS will reject the update of the "
            "service unless that revision has it",
        ),
        ([GONE_GROUP], "Running instances still use it and are not replaced"),
        ([TARGETS], "the new target group has the name of the old one"),
        (
            [resource("aws_lb.this", "delete", before={"enable_deletion_protection": True})],
            "the load balancer has deletion protection",
        ),
        (
            [updated("aws_autoscaling_group.this", {"launch_template": [{"version": "$Latest"}]},
                     {"launch_template": [{"version": "3"}], "instance_refresh": [{"a": 1}]})],
            "An instance refresh replaces all running instances",
        ),
    ],
)  # fmt: skip
def test_it_is_noticed(changes: list[dict[str, Any]], words: str) -> None:
    told = [it.message for it in notices(plan_tree(show(*changes)))]
    assert len(told) == 1
    assert words in told[0]


@pytest.mark.parametrize(
    "changes",
    [
        [NEW_TASK, MOVED_ON],
        [GONE_GROUP, NEW_FLEET],
        [updated("aws_lb_listener.http", {"tags": {}}, {"tags": {"a": "b"}})],
        [health({"interval": 30, "path": "/"}, {"interval": 10, "path": "/"})],
        [health({"path": "/a"}, {"path": "/b"}), NO_TASKS],
        [updated("aws_ecs_capacity_provider.this", provider("DISABLED"), provider("ENABLED"))],
        [resource("aws_lb.this", "delete", before={"enable_deletion_protection": False})],
        [resource("aws_lb_target_group.this", "create", "delete",
                  before={"name": "a"}, after={"name": "b"})],
    ],
)  # fmt: skip
def test_nothing_is_noticed(changes: list[dict[str, Any]]) -> None:
    assert notices(plan_tree(show(*changes))) == ()


@pytest.mark.parametrize(
    ("runs", "ports", "refused", "noticed"),
    [
        ("f:3", [{"containerPort": 80}], True, True),
        ("f:3", [{"containerPortRange": "8000-8010"}], False, False),
        # Another tool deployed the revision, so its content is not in the plan.
        ("f:9", [{"containerPort": 80}], False, True),
    ],
)
def test_a_container_port_is_compared_with_the_revision_that_the_service_keeps(
    runs: str, ports: list[dict[str, Any]], refused: bool, noticed: bool
) -> None:
    containers = json.dumps([{"name": "a", "portMappings": ports}])
    task = {"arn": "arn:aws:ecs:r:1:task-definition/f:3", "container_definitions": containers}

    def service(port: int) -> dict[str, Any]:
        targets = [{"container_name": "a", "container_port": port}]
        return {"task_definition": runs, "load_balancer": targets}

    planned = plan_tree(
        show(
            replaced_task({"skip_destroy": True, **task}),
            updated("aws_ecs_service.this", service(80), service(8001)),
        )
    )
    words = "container_port changes to 8001"
    assert [words in it for it in refusals(planned)] == [True] * refused
    assert sum(words in it.message for it in notices(planned)) == noticed


def test_a_count_that_is_ignored_is_named_with_the_one_that_stays() -> None:
    planned = plan_tree(show(resource("aws_ecs_service.this", "no-op", after={"desired_count": 2})))
    answers = {"service.desired_count": 5, "service.ignore_changes": ("desired_count",)}
    (notice,) = ignored_count(planned, answers)
    assert notice.message.startswith("The desired count stays 2:")
    assert "the value 5 of service.desired_count is ignored" in notice.message
    assert ignored_count(planned, {**answers, "service.desired_count": 2}) == ()
    assert ignored_count(planned, {**answers, "service.ignore_changes": ()}) == ()
    made_now = plan_tree(
        show(resource("aws_ecs_service.this", "create", after={"desired_count": 2}))
    )
    assert ignored_count(made_now, answers) == ()


def test_a_listener_and_a_rule_are_named_with_their_ports() -> None:
    https = {"port": 443, "protocol": "HTTPS"}
    told = warnings(
        plan_tree(
            show(
                resource("aws_lb_listener.https", "delete", before=https),
                resource(
                    "aws_vpc_security_group_ingress_rule.x", "delete",
                    before={"from_port": 32768, "to_port": 65535},
                ),
            )
        )
    )  # fmt: skip
    assert [it.message for it in told] == [
        "This destroys the HTTPS listener on port 443. Its port closes permanently. "
        "Clients that use it fail.",
        "This destroys aws_vpc_security_group_ingress_rule.x (port 32768-65535). "
        "Connections that only this rule allows fail.",
    ]


def test_a_destroy_of_a_protected_load_balancer_is_refused_before_anything(tmp_path: Path) -> None:
    put(tmp_path, render(made(load_balancer__deletion_protection=True)))
    assert "prevent_destroy = true" in (tmp_path / "load_balancer.tf").read_text()
    with pytest.raises(RunProblem, match=r"load_balancer\.deletion_protection is true"):
        runs.start(tmp_path, Operation.DESTROY)
    assert run_list.runs_of(tmp_path) == []
    # The earlier version wrote only this attribute.
    with pytest.raises(RunProblem, match="deletion_protection is true"):
        refuse_protected(EARLIER / "https-443")
    put(tmp_path, render(made()))
    refuse_protected(tmp_path)
    assert "prevent_destroy" not in (tmp_path / "load_balancer.tf").read_text()
    state = json.loads((EARLIER / "https-443" / "terraform.tfstate").read_text())
    (tmp_path / "terraform.tfstate").write_text(json.dumps(state))
    with pytest.raises(RunProblem, match="is not applied yet") as refused:
        refuse_protected(tmp_path)
    assert refused.value.remedy == "Apply first, then destroy."


def test_a_plan_that_replaces_a_protected_load_balancer_is_refused() -> None:
    kept = {"enable_deletion_protection": True, "internal": True}
    change = resource("aws_lb.this", "delete", "create", before=kept, after={**kept, "internal": 0})
    with pytest.raises(RunProblem, match="deletion protection"):
        refuse_plan(plan_tree(show(change)))
    with pytest.raises(RunProblem, match="has the name of the old one"):
        refuse_plan(plan_tree(show(TARGETS)))
    refuse_plan(None)
    refuse_plan(plan_tree(show(SERVICE)))


@pytest.mark.parametrize(
    ("protocol", "created", "move"),
    [
        ("HTTP", "http", "from = aws_lb_listener.this, to = aws_lb_listener.http }"),
        ("HTTPS", "https", "from = aws_lb_listener.this, to = aws_lb_listener.https }"),
        ("HTTPS", "http", "from = aws_lb_listener.redirect, to = aws_lb_listener.http }"),
        ("HTTP", "https", ""),
    ],
)
def test_a_listener_that_is_only_renamed_is_not_deleted(
    protocol: str, created: str, move: str
) -> None:
    gone = [
        resource("aws_lb_listener.this", "delete", before={"protocol": protocol}),
        resource("aws_lb_listener.redirect", "delete", before={"protocol": "HTTP"}),
    ]
    new = resource(f"aws_lb_listener.{created}", "create", after={"protocol": "x"})
    if not move:
        refuse_plan(plan_tree(show(*gone, new)))
        return
    with pytest.raises(RunProblem) as refused:
        refuse_plan(plan_tree(show(*gone, new)))
    assert move in refused.value.message and "moved.tf" in refused.value.message
    # A destroy creates nothing.
    refuse_plan(plan_tree(show(*gone)))


def test_revisions_that_a_stack_leaves_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/llm:"
    plans = iter(
        [
            plan_tree(show(resource("aws_ecs_task_definition.this", "delete",
                               before={"arn": f"{arn}10", "skip_destroy": True}))),
            plan_tree(show(replaced_task({"arn": f"{arn}9", "skip_destroy": True}))),
            None,
            plan_tree(show(replaced_task({"arn": f"{arn}8", "skip_destroy": False}))),
        ]
    )  # fmt: skip
    monkeypatch.setattr("gpuecs_tui.terraform.plan.revisions.load_plan", lambda run: next(plans))
    left = revisions_left([object()] * 4)  # type: ignore[list-item]
    assert left == ("llm:9", "llm:10")
    words = left_in_words(left, Path("llm"))
    assert words.startswith("2 task definition revisions stay ACTIVE and cost nothing: llm:9–10.")
    assert "gpuecs-tui destroy llm --deregister" in words
    assert left_in_words((), Path("llm")) == ""
    assert ranges(["b:2", "a:10", "a:9", "a:1"]) == "a:1, a:9–10, b:2"


def test_a_new_order_of_the_types_leaves_the_shares_alone() -> None:
    change = updated(
        "aws_autoscaling_group.this", {POLICY: mixed(1, "a", "b")}, {POLICY: mixed(1, "b", "a")}
    )
    (told,) = [it.message for it in notices(plan_tree(show(change)))]
    assert "gradually" not in told
