"""Everything that no decision covers is reported, in every file, whatever its name is."""

from __future__ import annotations

import json
import re

import pytest

from gpuecs_tui.terraform.read.directory import ReadBack, read_back
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import made

Files = dict[str, str]
RULE = 'rule" "tasks_from_load_balancer" {\n'
EDITS: tuple[tuple[str, str, str, str], ...] = (
    ("service.tf", "  propagate_tags ", '  scheduling_strategy = "DAEMON"\n  propagate_tags ',
     "aws_ecs_service.this.scheduling_strategy"),
    ("service.tf", "  load_balancer {\n",
     '  volume_configuration {\n    name = "x"\n  }\n  load_balancer {\n',
     "aws_ecs_service.this.volume_configuration"),
    ("fleet.tf", "  force_delete = true\n",
     '  force_delete = true\n  termination_policies = ["A"]\n',
     "aws_autoscaling_group.this.termination_policies"),
    ("fleet.tf", "ignore_changes = [desired_capacity]", "ignore_changes = [min_size]",
     "aws_autoscaling_group.this.lifecycle.ignore_changes"),
    ("network.tf", f"ingress_{RULE}", f"ingress_{RULE}  count = 0\n",
     "aws_vpc_security_group_ingress_rule.tasks_from_load_balancer.count"),
    ("iam.tf", '"Code running in ${var.name}"\n',
     '"Code running in ${var.name}"\n  max_session_duration = 7200\n',
     "aws_iam_role.task.max_session_duration"),
    ("task.tf", "      essential = true\n", "      essential = false\n      readonly = true\n",
     "aws_ecs_task_definition.this.container_definitions.readonly"),
    ("load_balancer.tf", 'target_type             = "instance"', 'target_type = "ip"',
     "aws_lb_target_group.this.target_type"),
    ("network.tf", 'block.state == "associated"', 'block.state != "failed"', "local.ingress_cidrs"),
)  # fmt: skip


def whats(found: ReadBack) -> set[str]:
    return {it.what for it in found.unread if not it.is_followed}


def joined(files: Files) -> Files:
    main = "\n".join(text for name, text in files.items() if name.endswith(".tf"))
    rest = {name: text for name, text in files.items() if not name.endswith(".tf")}
    return {"main.tf": main, **rest}


def test_an_edit_is_named_in_a_file_of_any_name() -> None:
    files = render(made())
    for name, old, new, _what in EDITS:
        assert old in files[name], (name, old)
        files[name] = files[name].replace(old, new, 1)
    expected = {what for *_rest, what in EDITS}
    for texts in (
        files,
        joined(files),
        {f"my-{n}" if n.endswith(".tf") else n: t for n, t in files.items()},
    ):
        found = read_back(texts, {})
        assert found.stack is not None
        assert expected <= whats(found), expected - whats(found)
        (rule,) = [it for it in found.unread if it.what.endswith("balancer.count")]
        assert rule.line and "count = 0" in texts[rule.file].splitlines()[rule.line - 1]
    # One unknown answer does not hide another manual change.
    files["service.tf"] = files["service.tf"].replace("= var.desired_count", "= max(1, 2)")
    found = read_back(joined(files), {})
    assert found.unknown == {"service.desired_count"}
    assert expected - {"local.ingress_cidrs"} <= whats(found)


def test_files_of_other_names_and_of_one_s_own_are_no_edit() -> None:
    files = render(made())
    assert read_back(joined(files), {}).unread == ()
    own = {**files, "queue.tf": 'resource "aws_sqs_queue" "jobs" {\n  name = "jobs"\n}\n'}
    assert read_back(own, {}).unread == ()


def test_a_resource_that_is_gone_is_named() -> None:
    files = joined(render(made()))
    start = files["main.tf"].index(f'resource "aws_vpc_security_group_ingress_{RULE}')
    end = files["main.tf"].index("\n}\n", start)
    files["main.tf"] = files["main.tf"][:start] + files["main.tf"][end + 3 :]
    (gone,) = read_back(files, {}).unread
    assert gone.sentence == (
        "aws_vpc_security_group_ingress_rule.tasks_from_load_balancer is not in this directory."
    )


GONE: tuple[tuple[str, str, str], ...] = (
    ("fleet.tf", r"    http_tokens .*\n", "aws_launch_template.this.metadata_options.http_tokens"),
    ("fleet.tf", r"  protect_from_scale_in .*\n",
     "aws_autoscaling_group.this.protect_from_scale_in"),
    ("task.tf", r"  skip_destroy .*\n", "aws_ecs_task_definition.this.skip_destroy"),
    ("service.tf", r"(?s)  depends_on .*?\]\n", "aws_ecs_service.this.depends_on"),
    ("fleet.tf", r"(?s)  lifecycle \{.*?\n  \}\n",
     "aws_autoscaling_group.this.lifecycle"),
    ("iam.tf", r"  policy_arn .*\n",
     "aws_iam_role_policy_attachment.instance_ecs.policy_arn"),
)  # fmt: skip


def test_what_was_deleted_from_a_resource_that_stays_is_named() -> None:
    files = render(made(fleet__termination_protection=True))
    for name, pattern, what in GONE:
        (start, end) = _first_in(files[name], pattern, what)
        edited = {**files, name: files[name][:start] + files[name][end:]}
        for texts in (edited, joined(edited)):
            found = read_back(texts, {})
            assert found.stack is not None
            (gone,) = [it for it in found.unread if it.reason.startswith("is missing")]
            assert gone.what == what
            address = what.split(".")
            line = texts[gone.file].splitlines()[(gone.line or 0) - 1]
            assert line in (f'resource "{address[0]}" "{address[1]}" {{', "  metadata_options {")


def test_what_is_left_out_as_its_default_is_no_edit() -> None:
    files = render(made())
    for name, pattern, what in (
        ("load_balancer.tf", r"  idle_timeout .*\n", "aws_lb.this"),
        ("load_balancer.tf", r"(?s)  health_check \{.*?\n  \}\n", "aws_lb_target_group.this"),
        ("fleet.tf", r"  health_check_grace_period .*\n", "aws_autoscaling_group.this"),
        ("service.tf", r"  health_check_grace_period_seconds .*\n", "aws_ecs_service.this"),
    ):
        start, end = _first_in(files[name], pattern, what)
        edited = {**files, name: files[name][:start] + files[name][end:]}
        assert read_back(edited, {}).unread == (), what


def test_null_is_the_same_as_no_argument() -> None:
    files = render(made())
    for name, pattern, null in (
        ("load_balancer.tf", r"idle_timeout .*", "idle_timeout = null"),
        ("task.tf", r"network_mode .*", "network_mode = null"),
    ):
        edited = {**files, name: re.sub(pattern, null, files[name], count=1)}
        assert edited[name] != files[name]
        found = read_back(edited, {})
        assert (found.stack is not None, found.unread) == (True, ())


def test_nothing_is_missing_from_a_dynamic_block() -> None:
    files = render(made())
    dynamic = '  dynamic "lifecycle" {\n    for_each = []\n    content {\n    }\n  }\n'
    edited = files["service.tf"].replace("  lifecycle {\n", f"{dynamic}  lifecycle {{\n", 1)
    found = read_back({**files, "service.tf": edited}, {})
    assert not [it for it in found.unread if it.reason.startswith("is missing")]


def test_a_word_that_no_decision_has_is_not_said_to_be_missing() -> None:
    files = render(made(service__distinct_instances=False))
    for strategy in ("random", "somewhere"):
        start = files["service.tf"].index("  ordered_placement_strategy {")
        head, block = files["service.tf"][:start], files["service.tf"][start:]
        edited = head + re.sub('type( *)= "[a-z]+"', f'type = "{strategy}"', block, count=1)
        found = read_back({**files, "service.tf": edited}, {})
        assert "service.placement" in found.unknown
        (named,) = [it for it in found.unread if it.keys]
        assert named.reason == "has a value that no gpuecs-tui setting covers"


def _first_in(text: str, pattern: str, what: str) -> tuple[int, int]:
    """Return the span of the first match after the head of the resource that contains ``what``."""
    kind, name, *_rest = what.split(".")
    found = re.compile(pattern).search(text, text.index(f'resource "{kind}" "{name}"'))
    assert found, what
    return found.span()


@pytest.mark.parametrize("address", ["aws_security_group.endpoints", "aws_iam_role.task"])
def test_another_provider_or_region_of_a_helper_is_named(address: str) -> None:
    files = joined(render(made(network__vpc_endpoints=("ecs",))))
    kind, name = address.split(".")
    head = f'resource "{kind}" "{name}" {{\n'
    for line in ("provider = aws.far", 'region = "eu-north-1"'):
        texts = {**files, "main.tf": files["main.tf"].replace(head, f"{head}  {line}\n")}
        (named,) = read_back(texts, {}).unread
        assert (named.what, named.blinds) == (f"{address}.{line.split()[0]}", "account")
    same = {**files, "main.tf": files["main.tf"].replace(head, f"{head}  region = var.region\n")}
    assert not [it for it in read_back(same, {}).unread if it.blinds]


def test_an_override_is_followed_only_where_a_rule_reads_it() -> None:
    files = render(made())
    files["override.tf"] = (
        'resource "aws_ecs_service" "this" {\n  desired_count = 4\n  force_delete = true\n}\n'
        'resource "aws_lb_listener" "http" {\n  default_action {\n    type = "redirect"\n  }\n}\n'
    )
    files["x_override.tf.json"] = json.dumps(
        {"resource": {"aws_ecs_service": {"this": {"launch_type": "FARGATE"}}}}
    )
    found = read_back(files, {})
    assert found.answers["service.desired_count"] == 4
    assert {(it.file, it.what) for it in found.unread if not it.is_followed} == {
        ("override.tf", "aws_ecs_service.this.force_delete"),
        ("override.tf", "aws_lb_listener.http.default_action.type"),
        ("override.tf", "aws_lb_listener.http.default_action.target_group_arn"),
        ("x_override.tf.json", "aws_ecs_service.this.launch_type"),
    }


@pytest.mark.parametrize(
    ("changes", "what", "reason"),
    [
        (
            {"z.auto.tfvars": "max_size = 9\n", "zz.auto.tfvars.json": '{"max_size": 8}'},
            "max_size",
            "has no effect: zz.auto.tfvars.json, which Terraform loads later, sets it too",
        ),
        (
            {"override.tf": 'resource "aws_ecs_service" "this" {\n  desired_count = 3\n}\n'},
            "desired_count",
            "has no effect: override.tf:2 sets aws_ecs_service.this.desired_count to another value",
        ),
    ],
)
def test_a_value_without_effect_is_named_with_what_overrides_it(
    changes: Files, what: str, reason: str
) -> None:
    files = {**render(made()), **changes}
    (value,) = (it for it in read_back(files, {}).unread if it.file == "terraform.tfvars")
    assert (value.what, value.reason, value.is_followed) == (what, reason, True)


@pytest.mark.parametrize(
    ("override", "what", "key", "kept"),
    [
        ('resource "aws_autoscaling_group" "this" {\n'
         '  launch_template {\n    name = "theirs"\n  }\n}',
         "aws_autoscaling_group.this.launch_template.name", "fleet.instance_type", "task.image"),
        ('resource "aws_ecs_service" "this" {\n  task_definition = "theirs:7"\n}',
         "aws_ecs_service.this.task_definition", "task.image", "fleet.instance_type"),
    ],
)  # fmt: skip
def test_what_is_read_of_a_resource_that_is_not_used_is_unknown(
    override: str, what: str, key: str, kept: str
) -> None:
    found = read_back({**render(made()), "override.tf": f"{override}\n"}, {})
    assert key in found.unknown and kept not in found.unknown
    (named,) = [it for it in found.unread if it.what == what]
    assert key in named.keys


@pytest.mark.parametrize(
    "more", ['{ type = "GPU", value = "2" }', '{ type = var.kind, value = "2" }']
)
def test_two_requirements_for_gpus_leave_their_number_unknown(more: str) -> None:
    files = render(made())
    one = '{ type = "GPU", value = "1" },'
    assert one in files["task.tf"]
    files["task.tf"] = files["task.tf"].replace(one, f"{one} {more},")
    assert "task.gpus" in read_back(files, {}).unknown


def test_what_is_defined_twice_is_named_and_unknown() -> None:
    files = render(made())
    files["again.tf.json"] = json.dumps({"locals": {"target_port": 81}})
    files["more.tf"] = (
        'variable "image" {\n}\noutput "url" {\n  value = 1\n}\n'
        'resource "aws_ecs_service" "this" {\n}\n'
    )
    found = read_back(files, {})
    assert {"load_balancer.target_port", "task.image", "service.desired_count"} <= found.unknown
    assert {"local.target_port", "variable.image", "output.url", "aws_ecs_service.this"} <= {
        it.what for it in found.unread if it.reason.startswith("is defined more than once")
    }


def test_what_a_repeated_service_uses_stays_known() -> None:
    files = render(made())
    head = 'resource "aws_ecs_service" "this" {\n'
    for repeated in ("count = 2", 'for_each = toset(["a"])', "count = var.on ? 1 : 0"):
        edited = files["service.tf"].replace(head, f"{head}  {repeated}\n")
        found = read_back({**files, "service.tf": edited}, {})
        assert "service.desired_count" in found.unknown
        assert found.answers["task.image"] == "app:1"
        assert not [it for it in found.unread if "does not refer" in it.reason]


@pytest.mark.parametrize(
    ("name", "pattern", "other", "key", "kept"),
    [
        ("service.tf", "target_group_arn .*", "target_group_arn = var.name", "health_check.path",
         "load_balancer.internal"),
        ("service.tf", "capacity_provider = .*", 'capacity_provider = "FARGATE"',
         "fleet.target_capacity", "fleet.max_size"),
        ("fleet.tf", "auto_scaling_group_arn .*", 'auto_scaling_group_arn = "arn:aws:x"',
         "fleet.max_size", "fleet.target_capacity"),
        ("load_balancer.tf", "load_balancer_arn .*", "load_balancer_arn = var.image",
         "load_balancer.internal", "load_balancer.port"),
        ("load_balancer.tf", "target_group_arn .*", 'target_group_arn = "arn:aws:x"',
         "health_check.path", "load_balancer.port"),
    ],
)  # fmt: skip
def test_what_another_resource_is_used_for_is_unknown(
    name: str, pattern: str, other: str, key: str, kept: str
) -> None:
    files = render(made())
    edited = {**files, name: re.sub(pattern, other, files[name], count=1)}
    assert edited[name] != files[name]
    found = read_back(edited, {})
    assert key in found.unknown and kept not in found.unknown
    (named,) = [it for it in found.unread if key in it.keys]
    assert "does not refer to" in named.reason and named.file == name


def test_one_of_several_load_balancers_is_the_stack_s() -> None:
    files = render(made())
    block = (
        '  load_balancer {\n    target_group_arn = "arn:aws:x"\n    container_name = "app"\n'
        "    container_port = 1\n  }\n"
    )
    edited = files["service.tf"].replace("  load_balancer {\n", f"{block}  load_balancer {{\n", 1)
    found = read_back({**files, "service.tf": edited}, {})
    assert found.answers["health_check.path"] == made().health_check.path


def test_a_launch_template_in_a_dynamic_block_is_unknown() -> None:
    files = render(made())
    start = files["fleet.tf"].index("  launch_template {\n")
    end = files["fleet.tf"].index("\n  }\n", start) + 5
    dynamic = (
        '  dynamic "launch_template" {\n    for_each = [1]\n    content {\n'
        '      id = aws_launch_template.this.id\n      version = "$Latest"\n    }\n  }\n'
    )
    edited = files["fleet.tf"][:start] + dynamic + files["fleet.tf"][end:]
    found = read_back({**files, "fleet.tf": edited}, {})
    assert {"fleet.instance_type", "fleet.ami"} <= found.unknown
    assert "fleet.max_size" not in found.unknown
    (named,) = [it for it in found.unread if "fleet.instance_type" in it.keys]
    assert named.reason == "comes from a dynamic block, which gpuecs-tui does not read"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('value = "1" }', "value = 1 }", "task.gpus"),
        ('value = "all" }', "value = 1.5 }", "task.environment"),
        ('value = "all" }', "value = true }", "task.environment"),
        ('value = "all" }', "value = null }", "task.environment"),
    ],
)
def test_what_ecs_takes_only_as_a_text_is_no_answer_as_another_value(
    old: str, new: str, key: str
) -> None:
    # The provider's error: "cannot unmarshal number into Go struct field
    # KeyValuePair.Environment.Value".
    files = render(made())
    assert old in files["task.tf"]
    files["task.tf"] = files["task.tf"].replace(old, new, 1)
    found = read_back(files, {})
    assert key in found.unknown
    (named,) = [it for it in found.unread if key in it.keys]
    assert named.reason == "is not a string, which ECS requires"


def test_addresses_that_for_each_does_not_give_are_unknown() -> None:
    files = render(made(network__ingress_cidrs=("10.0.0.0/8",), network__vpc_endpoints=("ecs",)))
    edited = {**files, "network.tf": files["network.tf"].replace("each.value", '"0.0.0.0/0"', 1)}
    edited["endpoints.tf"] = re.sub(
        "service_name .*",
        'service_name = "com.amazonaws.us-east-1.sqs"',
        files["endpoints.tf"],
        count=1,
    )
    found = read_back(edited, {})
    assert found.unknown == {"network.ingress_cidrs", "network.vpc_endpoints"}
    assert {it.what for it in found.unread if it.keys} == {
        "aws_vpc_security_group_ingress_rule.http.cidr_ipv4",
        "aws_vpc_endpoint.interface.service_name",
    }
    keyed = {**files, "network.tf": files["network.tf"].replace("each.value", "each.key", 1)}
    assert read_back(keyed, {}).unknown == frozenset()


@pytest.mark.parametrize("given", ['tolist([["a"], ["b"]])', 'concat([["a"], ["b"]])'])
def test_a_for_each_whose_items_have_no_order_is_unknown(given: str) -> None:
    files = render(made(network__vpc_endpoints=("ecs",)))
    head = r'(resource "aws_vpc_endpoint" "interface" {\n) *for_each .*'
    edited = re.sub(head, rf"\1  for_each = {given}", files["endpoints.tf"], count=1)
    found = read_back({**files, "endpoints.tf": edited}, {})
    assert found.unknown == {"network.vpc_endpoints"}


@pytest.mark.parametrize(
    ("kind", "group", "named"),
    [
        ("aws_vpc_security_group_ingress_rule", "aws_security_group.load_balancer.id", True),
        ("aws_security_group_rule", "aws_security_group.instances.id", True),
        ("aws_security_group_rule", "aws_security_group.of_my_own.id", False),
        ("aws_vpc_security_group_egress_rule", "aws_security_group.instances.id", False),
    ],
)
def test_a_rule_that_opens_a_group_of_the_stack_is_named_in_any_file(
    kind: str, group: str, named: bool
) -> None:
    rule = f'resource "{kind}" "more" {{\n  security_group_id = {group}\n}}\n'
    found = read_back({**render(made()), "own.tf": rule}, {})
    assert found.stack == made()
    assert [(it.file, it.line, it.what) for it in found.unread] == [
        ("own.tf", 1, f"{kind}.more")
    ] * named


@pytest.mark.parametrize(
    ("value", "is_read"),
    [
        ("override.value", True),
        ('"${override.value}"', True),
        ('replace(override.value, "xlarge", "2xlarge")', False),
        ('"${override.value}.metal"', False),
        ("override.value.name", False),
    ],
)
def test_only_a_type_as_it_is_in_the_list_is_read(value: str, is_read: bool) -> None:
    types = ("g5.xlarge", "g4dn.xlarge")
    files = render(made(fleet__instance_types=types))
    assert files["fleet.tf"].count("= override.value\n") == 1
    files["fleet.tf"] = files["fleet.tf"].replace("= override.value\n", f"= {value}\n")
    found = read_back(files, {})
    assert found.answers.get("fleet.instance_types") == (types if is_read else None)
    assert (found.unread == ()) is is_read
