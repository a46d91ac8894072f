"""Directories with manual changes, or from another source."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.terraform.hcl.parse import parse
from gpuecs_tui.terraform.hcl.tree import Literal, Reference
from gpuecs_tui.terraform.hcl.values import UnknownValue
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import ReadProblem, read, read_back
from gpuecs_tui.terraform.read.rules import HELPERS, KNOWN
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.stack import WriteProblem, compare, write
from tests.support.terraform.written_files import HTTPS, S3, made, put, shapes

ELSEWHERE = Path(__file__).parent / "data" / "elsewhere"


def edited(name: str, old: str, new: str) -> dict[str, str]:
    files = render(made())
    assert old in files[name]
    files[name] = files[name].replace(old, new)
    return files


@pytest.mark.parametrize(
    ("name", "old", "new", "key", "value"),
    [
        ("terraform.tfvars", "max_size      = 2", 'max_size = "4"', "fleet.max_size", 4),
        ("service.tf", "percent         = 200", "percent = 150", "service.maximum_percent", 150),
        ("service.tf", "enable   = true", "enable = false", "service.circuit_breaker", False),
        ("service.tf", "  lifecycle {\n", "  lifecycle {\n    ignore_changes = [desired_count]\n",
         "service.ignore_changes", ("desired_count",)),
        ("task.tf", '"all" }', '"compute" }, { name = "X", value = "${var.name}-1" }',
         "task.environment", {"NVIDIA_DRIVER_CAPABILITIES": "compute", "X": "llm-1"}),
        ("task.tf", 'logDriver = "awslogs"', 'logDriver = "awslogs" # mine', "task.gpus", 1),
        ("load_balancer.tf", "  idle_timeout               = 60\n", "",
         "load_balancer.idle_timeout_seconds", 60),
    ],
)  # fmt: skip
def test_a_hand_edited_value_is_read_and_the_edit_is_shown(
    name: str, old: str, new: str, key: str, value: object
) -> None:
    found = read_back(edited(name, old, new))
    assert found.answers[key] == value
    assert found.stack is not None
    assert found.stack[key] == value
    assert found.unread == ()
    assert name in {edit.file for edit in found.edits}
    (edit,) = [edit for edit in found.edits if edit.file == name]
    assert edit.diff.startswith(f"--- a/{name}\n+++ b/{name}\n@@")


def test_hand_edited_endpoints_are_read() -> None:
    files = render(made(network__vpc_endpoints=("ecs", "logs", "s3")))
    files["endpoints.tf"] = files["endpoints.tf"].replace('["ecs", "logs"]', '["logs", "ssm"]')
    found = read_back(files)
    # The wizard would write the same, so it is not a manual change.
    assert (found.stack, found.edits) == (made(network__vpc_endpoints=("s3", "logs", "ssm")), ())
    files["endpoints.tf"] = files["endpoints.tf"].replace('"logs", "ssm"', '"dynamodb"')
    found = read_back(files)
    assert found.stack is None
    assert [it.what for it in found.unread] == ["aws_vpc_endpoint.interface.for_each"]


def test_gpu_metrics_are_what_the_user_data_does_and_not_what_it_mentions() -> None:
    files = dict(render(made()))
    files["user_data.sh"] += (
        "# The amazon-cloudwatch-agent is in the AMI, without /etc/gpu-metrics.json.\n"
        "systemctl restart amazon-cloudwatch-agent\n"
    )
    assert read_back(files).answers["fleet.gpu_metrics"] is False
    assert read_back(render(made(fleet__gpu_metrics=True))).answers["fleet.gpu_metrics"] is True


def test_half_a_decision_leaves_its_other_half_to_be_seen() -> None:
    past_the_variable = read_back(edited("fleet.tf", "= var.max_size", "= 4"))
    assert past_the_variable.answers["fleet.max_size"] == 4
    assert [item.what for item in past_the_variable.unread] == ["max_size"]
    unprotected = read_back(edited(
        "fleet.tf", '"ENABLED"\n    managed_draining', '"DISABLED"\n    managed_draining'
    ))  # fmt: skip
    assert unprotected.answers["fleet.termination_protection"] is False
    assert [item.what for item in unprotected.unread] == [
        "aws_autoscaling_group.this.protect_from_scale_in"
    ]


def test_what_only_terraform_can_tell_is_left_undecided() -> None:
    found = read_back(edited("load_balancer.tf", "interval            = 5", "interval = 2 * 5"))
    assert found.stack is None
    assert found.answers["health_check.path"] == "/health"
    assert "health_check.interval_seconds" not in found.answers
    assert [(item.file, item.what) for item in found.unread] == [
        ("load_balancer.tf", "aws_lb_target_group.this.health_check.interval")
    ]


@pytest.mark.parametrize("stack", shapes())
def test_every_resource_is_known(stack: Stack) -> None:
    resources = {
        address
        for address, (_, block) in load_configuration(render(stack)).blocks.items()
        if block.kind == "resource"
    }
    assert resources <= KNOWN | HELPERS


def test_an_edit_as_we_would_write_it_is_no_edit() -> None:
    found = read_back(edited("terraform.tfvars", "min_size      = 0", "min_size      = 1"))
    assert found.edits == ()
    assert found.stack == made(fleet__min_size=1)


def test_a_target_group_s_name_follows_a_hand_edit_of_its_port() -> None:
    found = read_back(edited("load_balancer.tf", "port             = 80", "port             = 81"))
    assert found.edits == ()
    assert found.stack == made(load_balancer__target_port=81)
    assert found.stack.names.target_group != made().names.target_group


def test_what_no_decision_covers_is_named_with_its_line() -> None:
    files = edited(
        "service.tf", "  propagate_tags ", "  wait_for_steady_state = true\n  propagate_tags "
    )
    files["fleet.tf"] += '\nresource "aws_ecs_cluster" "second" {\n  name = "b"\n}\n'
    files["iam.tf"] = files["iam.tf"].replace(
        "role       = aws_iam_role.execution.name", 'role = "other"'
    )
    found = read_back(files)
    assert found.stack == made()
    places = {(item.file, item.what) for item in found.unread}
    assert places == {
        ("service.tf", "aws_ecs_service.this.wait_for_steady_state"),
        ("fleet.tf", "aws_ecs_cluster.second"),
        ("iam.tf", "aws_iam_role_policy_attachment.execution.role"),
    }
    (waiting,) = [item for item in found.unread if item.what.endswith("steady_state")]
    assert waiting.line is not None
    assert "wait_for_steady_state" in files["service.tf"].splitlines()[waiting.line - 1]
    assert {edit.file for edit in found.edits} == {"service.tf", "fleet.tf", "iam.tf"}


def test_decisions_that_contradict_each_other_are_problems_and_no_stack() -> None:
    found = read_back(edited("terraform.tfvars", "min_size      = 0", "min_size      = 9"))
    assert found.stack is None
    assert {problem.key for problem in found.problems} == {"fleet.min_size"}
    assert found.answers["fleet.min_size"] == 9
    assert "terraform.tfvars" in {edit.file for edit in found.edits}


def test_a_stack_in_other_files_with_locals_and_json_is_understood() -> None:
    files = render(made(HTTPS))
    main = "\n".join(text for name, text in files.items() if name.endswith(".tf"))
    main = main.replace(
        '  name = var.name\n}\n\ndata "aws_ssm', '  name = local.cluster\n}\n\ndata "aws_ssm'
    )
    main += '\nlocals {\n  cluster = "${local.stem}"\n  stem = "x-${var.name}"\n}\n'
    texts = {
        "main.tf": main,
        "my.auto.tfvars": files["terraform.tfvars"],
        "user_data.sh": files["user_data.sh"],
    }
    found = read_back(texts)
    assert found.stack == made({**HTTPS, "names.cluster": "x-llm"})


def test_container_definitions_as_json_text() -> None:
    definition = """<<JSON
[{"name": "app", "image": "app:9", "cpu": 4096, "memory": 15000, "essential": true,
  "portMappings": [{"containerPort": 8000, "hostPort": 80}],
  "environment": [{"name": "A", "value": "b"}],
  "resourceRequirements": [{"type": "GPU", "value": "1"}],
  "logConfiguration": {"logDriver": "awslogs",
    "options": {"awslogs-group": "/ecs/llm", "awslogs-stream-prefix": "app"}}}]
JSON
"""
    files = render(made())
    start = files["task.tf"].index("  container_definitions")
    end = files["task.tf"].index("  ])\n", start) + len("  ])\n")
    task = files["task.tf"][:start] + f"  container_definitions = {definition}"
    files["task.tf"] = task + files["task.tf"][end:]
    found = read_back(files)
    assert found.stack is not None
    assert found.stack.task.image == "app:9"
    assert found.stack.task.host_port == 80
    assert found.stack.task.environment == {"A": "b"}
    assert found.stack.task.container_memory == 15000


def test_empty_absent_and_foreign(tmp_path: Path) -> None:
    assert read(tmp_path).kind == "empty"
    assert read(tmp_path / "absent").kind == "empty"
    (tmp_path / "README.md").write_text("x")
    assert read(tmp_path).kind == "empty"
    (tmp_path / "variables.tf").write_text('variable "x" {}\n')
    found = read(tmp_path)
    assert (found.kind, found.stack, dict(found.answers)) == ("foreign", None, {})
    assert {edit.file for edit in found.edits} == {"variables.tf"}


def test_terraform_from_elsewhere_is_read_as_far_as_it_is_understood() -> None:
    found = read(ELSEWHERE)
    assert (found.kind, found.stack) == ("stack", None)
    # Only AWS knows which role that is, and the default would create another one.
    assert [(item.file, item.line, item.what) for item in found.unread if item.keys] == [
        ("main.tf", 34, "aws_ecs_task_definition.this.execution_role_arn"),
        ("main.tf", 188, "aws_launch_template.this.user_data"),
    ]
    assert found.unknown == {
        "task.execution_role_arn",
        "fleet.extra_user_data",
        "fleet.large_images",
        "fleet.gpu_metrics",
    }
    undecided = {key for key in KEYS if key not in found.answers}
    assert undecided == {
        "network.ingress_cidrs", "network.ingress_prefix_list_ids",
        "network.ingress_security_group_ids", "task.execution_role_arn",
        "load_balancer.certificate_arn",
        "load_balancer.tls_policy", "load_balancer.access_log_prefix",
        "fleet.extra_user_data", "fleet.large_images", "fleet.gpu_metrics",
        "load_balancer.hosted_zone_id",
        "state.bucket", "state.key", "state.region", "fleet.capacity_rebalance",
        "fleet.on_demand_base", "fleet.spot_percent", "fleet.spot_allocation_strategy",
        "fleet.ami_release", "fleet.refresh_auto_rollback", "fleet.refresh_skip_matching",
        "fleet.refresh_checkpoints", "fleet.refresh_checkpoint_seconds",
        "service.placement", "fleet.root_volume_throughput_mib", "task.log_kms_key_arn",
        "container.restart_period_seconds", "container.restart_ignored_exit_codes",
        "container_health.interval_seconds", "container_health.timeout_seconds",
        "container_health.retries", "container_health.start_period_seconds",
        "service.bake_minutes", "service.test_port", "service.linear_step_percent",
        "service.linear_step_minutes", "service.canary_percent", "service.canary_minutes",
        *(key for key in KEYS if key.startswith("autoscaling.") and key != "autoscaling.enabled"),
        *(
            key
            for key in KEYS
            if key.startswith("alarms.") and key not in ("alarms.enabled", "alarms.dashboard")
        ),
    }  # fmt: skip
    read_as = {
        "stack.name": "inference-prod",
        "names.load_balancer": "inference-prod-alb",
        "fleet.max_size": 3,
        "fleet.ami": "ami-0123456789abcdef0",
        "fleet.root_volume_gib": 0,
        "fleet.termination_protection": False,
        "task.task_role_arn": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole",
        "task.memory": 15742,
        "task.container_memory": 15360,
        "task.host_port": 80,
        "task.capabilities": ("SYS_ADMIN",),
        "task.log_retention_days": -1,
        "autoscaling.enabled": False,
        "load_balancer.port": 80,
        "health_check.interval_seconds": 5,
        "service.ignore_changes": (
            "task_definition", "desired_count", "capacity_provider_strategy",
        ),
    }  # fmt: skip
    assert {key: found.answers[key] for key in read_as} == read_as


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("local.sizes.min", 1),
        ('local.sizes["max"]', 5),
        ("local.list[1]", 8),
        ("local.list.0", 7),
        ("var.nested.a.b[0]", 2),
        ("local.round", None),
        ("local.list[9]", None),
        ("local.sizes.none", None),
        ("aws_x.y[0].z", None),
        ("merge(local.sizes, { min = 4 }).min", None),
        ('tonumber(join("", concat(["1"], tolist(["2"]))))', 12),
        ('substr("abc", "x", 1)', None),
    ],
)
def test_what_an_expression_comes_to(expression: str, value: object) -> None:
    written = """
        locals {
          sizes = { min = 1, "max" : 5 }
          list  = [7, 8]
          round = local.square
          square = local.round
          x = %s
        }
        variable "nested" {
          default = { a = { b = [2] } }
        }
    """
    scope = load_configuration({"main.tf": written % expression}).scope
    found = scope.value(Reference("local.x"))
    assert isinstance(found, UnknownValue) if value is None else found == value


def test_a_part_of_a_stack_is_read_as_far_as_it_goes() -> None:
    found = read_back({"main.tf": 'resource "aws_ecs_cluster" "this" {\n  name = "mine"\n}\n'})
    assert (found.kind, found.stack) == ("stack", None)
    assert found.answers["names.cluster"] == "mine"
    assert found.answers["stack.name"] == "mine"
    assert found.problems == ()
    assert "fleet.instance_type" in found.unknown
    (missing,) = [item for item in found.unread if item.what == "aws_launch_template.this"]
    assert missing.reason == "is not in this directory"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"x = \n", 1),
        (b'a "b" {\n  c = 1\n', 3),
        (b"a = 1\nb = [1,,2]\n", 2),
        (b"a = 1\n\nb = \xff\n", 3),
        (b"a = 1\na = 2\n", 2),
        (b'a = "\n', 1),
        (b"a = " + b"[" * 5000 + b"]" * 5000, 1),
        (b"}\n", 1),
    ],
)
def test_a_broken_file_of_ours_is_named_and_leaves_open_what_it_decides(
    tmp_path: Path, content: bytes, line: int
) -> None:
    put(tmp_path, render(made()))
    (tmp_path / "service.tf").write_bytes(content)
    found = read(tmp_path)
    assert (found.kind, found.stack) == ("stack", None)
    (broken,) = [item for item in found.unread if item.what == "service.tf"]
    assert (broken.file, broken.line) == ("service.tf", line)
    assert broken.reason.startswith(f"could not be read (service.tf, line {line}")
    assert {"service.desired_count", "names.service", "service.rollback"} <= set(broken.keys)
    assert found.unknown == set(broken.keys)
    assert found.answers["fleet.max_size"] == 2


def test_a_directory_that_can_t_be_looked_into_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReadProblem, match=r"^Could not read .*file: Not a directory"):
        read(tmp_path / "file")


def test_links_are_followed(tmp_path: Path) -> None:
    put(tmp_path, render(made()))
    (tmp_path / "service.tf").rename(tmp_path / "elsewhere")
    (tmp_path / "service.tf").symlink_to("elsewhere")
    assert read(tmp_path).stack == made()
    changed = compare(
        tmp_path, render(made(service__desired_count=4, service__maximum_percent=150))
    )
    with pytest.raises(WriteProblem, match=r"service\.tf is a symbolic link"):
        write(changed, accept=changed.hand_edited)
    assert (tmp_path / "service.tf").is_symlink()


def test_links_of_the_user_s_own_are_followed(tmp_path: Path) -> None:
    put(tmp_path, {**render(made()), "elsewhere": "locals {}\n"})
    (tmp_path / "own.tf").symlink_to("elsewhere")
    assert read(tmp_path).stack == made()
    assert "own.tf" in read(tmp_path).texts


def test_a_script_keeps_its_line_ends(tmp_path: Path) -> None:
    stack = made({**S3, "fleet.extra_user_data": "a\r\nb\u2028c"})
    put(tmp_path, render(stack))
    assert read(tmp_path).stack == stack


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<<E\nE\n", ""),
        ("<<E\na $${b} %%{c}\n  E\n", "a ${b} %{c}\n"),
        ("<<-E\n    a\n\n      b\n    E\n", "a\n\n  b\n"),
        ('"\\u00e9\\U0001f600\\t\\\\"', "é😀\t\\"),
        ("-3", -3),
        ("1.5", 1.5),
        ("null", None),
    ],
)
def test_literals(text: str, value: object) -> None:
    assert parse(f"x = {text}\n", "x.tf").attributes["x"].value == Literal(value)  # type: ignore[arg-type]  # the table is of objects
