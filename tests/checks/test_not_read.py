"""No default replaces a value in the Terraform that was not read; known answers are checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpuecs_tui.assessment.findings import assess
from gpuecs_tui.assessment.own import Own
from gpuecs_tui.assessment.written import written_in
from gpuecs_tui.checks.finding import Severity
from gpuecs_tui.checks.not_read import FILE_DELETED, NOT_READ, unread_findings
from gpuecs_tui.cli import main
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.partial import NotKnown, partial
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.read.directory import read, read_back
from gpuecs_tui.terraform.read.sidecars import SIDECAR_KEYS
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.stack import compare, write
from gpuecs_tui.wizard.directory_status import inspect
from tests.support import fakes
from tests.support.terraform.written_files import made, put

Files = dict[str, str]
Edit = Callable[[Files], None]


def put_in(name: str, old: str, new: str) -> Edit:
    def edit(files: Files) -> None:
        assert old in files[name], (name, old)
        files[name] = files[name].replace(old, new, 1)

    return edit


def add(name: str, text: str) -> Edit:
    return lambda files: files.update({name: files.get(name, "") + text})


def both(*edits: Edit) -> Edit:
    def edit(files: Files) -> None:
        for each in edits:
            each(files)

    return edit


SERVICE = 'resource "aws_ecs_service" "this" {\n'
GROUP = 'resource "aws_autoscaling_group" "this" {\n'
BREAKER = "  deployment_circuit_breaker {\n    enable   = true\n    rollback = true\n  }\n"
VARIANTS: dict[str, tuple[Edit, str, tuple[str, ...]]] = {
    "dynamic": (
        put_in("service.tf", BREAKER, '  dynamic "deployment_circuit_breaker" {\n'
               "    for_each = [1]\n    content {\n      enable = false\n    }\n  }\n"),
        "aws_ecs_service.this.deployment_circuit_breaker",
        ("service.circuit_breaker", "service.rollback"),
    ),
    "count": (
        put_in("service.tf", SERVICE, SERVICE + "  count = var.max_size\n"),
        "aws_ecs_service.this", ("service.desired_count", "service.ignore_changes"),
    ),
    "for_each": (
        put_in("fleet.tf", GROUP, GROUP + '  for_each = toset(["a", "b"])\n'),
        "aws_autoscaling_group.this", ("fleet.max_size", "fleet.instance_refresh"),
    ),
    "several blocks": (
        put_in("service.tf", "  load_balancer {\n", "  load_balancer {\n    target_group_arn = 1\n"
               '    container_name = "app"\n    container_port = 9\n  }\n  load_balancer {\n'),
        "", (),
    ),
    "instance types elsewhere": (
        put_in("fleet.tf", GROUP, GROUP + "  mixed_instances_policy {\n    launch_template {\n"
               '      override {\n        weighted_capacity = "2"\n      }\n    }\n  }\n'),
        "aws_autoscaling_group.this.mixed_instances_policy.launch_template.override"
        ".weighted_capacity", ("fleet.instance_types",),
    ),
    "another label": (
        put_in("fleet.tf", 'resource "aws_launch_template" "this"',
               'resource "aws_launch_template" "gpu"'),
        "aws_launch_template.gpu", ("fleet.instance_type", "fleet.ami", "fleet.extra_user_data"),
    ),
    "a module's output": (
        both(put_in("task.tf", "image     = var.image", "image = module.build.image"),
             add("build.tf", 'module "build" {\n  source = "./build"\n}\n')),
        "module.build", (),
    ),
    "a function": (
        put_in("task.tf", "memory                   = var.memory",
               "memory = max(var.memory, 9000)"),
        "aws_ecs_task_definition.this.memory", ("task.memory",),
    ),
    "a condition": (
        put_in("load_balancer.tf", "idle_timeout               = 60",
               'idle_timeout = var.name == "x" ? 60 : 4000'),
        "aws_lb.this.idle_timeout", ("load_balancer.idle_timeout_seconds",),
    ),
    "a further container": (
        put_in("task.tf", "  container_definitions = jsonencode([\n",
               '  container_definitions = jsonencode([\n    { name = "log", memory = 900 },\n'),
        "aws_ecs_task_definition.this.container_definitions[log]",
        ("task.container_cpu", "task.container_memory", *SIDECAR_KEYS),
    ),
    "containers from a file": (
        both(put_in("task.tf", "  container_definitions = jsonencode([",
                    '  container_definitions = templatefile("task.json", {})\n'
                    "  tags_all = jsonencode([")),
        "aws_ecs_task_definition.this.container_definitions",
        ("task.image", "task.gpus", "task.environment", "task.log_group", "names.log_group"),
    ),
    "a second service": (
        add("more.tf", 'resource "aws_ecs_service" "worker" {\n  desired_count = 9\n}\n'),
        "aws_ecs_service.worker", (),
    ),
    "user data of one's own": (
        put_in("fleet.tf", "user_data = base64encode(templatefile(", "user_data = base64encode(f("),
        "aws_launch_template.this.user_data",
        ("fleet.extra_user_data", "fleet.large_images", "fleet.gpu_metrics"),
    ),
    "another account": (
        put_in("providers.tf", 'provider "aws" {\n', 'provider "aws" {\n  assume_role {\n'
               '    role_arn = "arn:aws:iam::999999999999:role/x"\n  }\n'),
        "provider.aws.assume_role", (),
    ),
    "another provider": (
        put_in("service.tf", SERVICE, SERVICE + "  provider = aws.other\n"),
        "aws_ecs_service.this.provider", (),
    ),
    "an encrypted state": (
        add("versions.tf", "terraform {\n  encryption {\n  }\n}\n"), "terraform.encryption", (),
    ),
    "a broken file": (
        add("service.tf", "resource {\n"), "service.tf", ("service.desired_count",),
    ),
    "a sensitive variable": (
        put_in("variables.tf", 'variable "image" {\n', 'variable "image" {\n  sensitive = true\n'),
        "aws_ecs_task_definition.this.container_definitions.image", ("task.image",),
    ),
    "a variable without a value": (
        put_in("terraform.tfvars", "min_size      = 0\n", ""),
        "aws_autoscaling_group.this.min_size", ("fleet.min_size",),
    ),
}  # fmt: skip


def after(edit: Edit) -> Files:
    files = render(made())
    edit(files)
    return files


@pytest.mark.parametrize("name", VARIANTS)
def test_what_is_not_read_is_named_and_leaves_answers_open(tmp_path: Path, name: str) -> None:
    edit, what, keys = VARIANTS[name]
    files = after(edit)
    put(tmp_path, files)
    written = written_in(tmp_path)
    assert set(keys) <= written.unknown
    assert not written.unknown & written.answers.keys()
    found = assess(written, None, Own()).findings
    named = [it for it in found if it.rule == NOT_READ]
    assert named and all(it.severity is Severity.UNKNOWN for it in named)
    if what:
        (finding,) = [it for it in named if f": {what} " in it.message]
        file, _, line = finding.message.partition(" ")[0].rstrip(":").partition(":")
        assert file in files and (not line or what.split(".")[-1].split("[")[0] or int(line))
        assert set(keys) <= {word.strip(".,") for word in finding.message.split()}
    # Every known answer is unchanged, and no finding is about an unknown one.
    whole = made().flat()
    assert {key: value for key, value in written.answers.items() if value != whole[key]} == {}
    about = {it.field for it in found if it.severity is Severity.ERROR}
    assert not about & written.unknown


def test_every_other_answer_stays_known() -> None:
    for name, (edit, _what, keys) in VARIANTS.items():
        if name in (
            "a broken file",
            "containers from a file",
            "another label",
            "count",
            "for_each",
        ):
            continue
        unknown = read_back(after(edit)).unknown
        assert len(unknown) <= len(keys) + 1, (name, unknown)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(sorted(VARIANTS)), min_size=2, max_size=4, unique=True))
def test_several_at_once(names: list[str]) -> None:
    files = render(made())
    for name in names:
        try:
            VARIANTS[name][0](files)
        except AssertionError:
            continue
    found = read_back(files)
    whole = made().flat()
    for key, value in found.answers.items():
        assert value == whole[key]
    assert found.unread


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_reading_never_fails_on_damage(data: st.DataObject) -> None:
    files = render(made())
    name = data.draw(st.sampled_from([name for name in files if name.endswith((".tf", ".tfvars"))]))
    at = data.draw(st.integers(0, len(files[name])))
    cut = data.draw(st.integers(0, 30))
    files[name] = files[name][:at] + data.draw(st.text(max_size=4)) + files[name][at + cut :]
    try:
        found = read_back(files, {})
    except ReadProblem:
        return
    assert found.kind == "stack"


def test_check_says_no_problems_only_where_nothing_is_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, after(VARIANTS["a further container"][0]))
    assert main(["check", "--offline", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "unknown  task.container_cpu  [not-read]" in out
    assert "No problems found" not in out
    put(tmp_path, after(VARIANTS["for_each"][0]))
    assert main(["check", "--offline", "--json", str(tmp_path)]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert tree["cost"] is None
    assert "not-read" in {it["rule"] for it in tree["findings"]}


def test_what_is_known_is_still_refused(tmp_path: Path) -> None:
    files = after(VARIANTS["dynamic"][0])
    files["terraform.tfvars"] = files["terraform.tfvars"].replace("memory = ", "memory = 9")
    put(tmp_path, files)
    found = assess(written_in(tmp_path), None, Own()).findings
    assert ("memory-fit", Severity.ERROR) in {(it.rule, it.severity) for it in found}


def test_a_task_without_memory_of_its_own_has_no_limit() -> None:
    files = after(put_in("task.tf", "  memory                   = var.memory\n", ""))
    found = read_back(files)
    assert not found.problems and found.unknown == {"task.memory"}
    (why,) = found.unread
    assert (why.what, why.reason) == ("aws_ecs_task_definition.this", "has no memory")


SECRET = "hf_qWeRtYuIoP12"


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        ('variable "t" {\n  sensitive = true\n}\n', "var.t"),
        ('variable "t" {\n  ephemeral = true\n}\n', '"x-${var.t}"'),
        ('variable "t" {\n  sensitive = true\n}\nlocals {\n  u = upper(var.t)\n}\n', "local.u"),
        ('variable "t" {\n  sensitive = var.name == "llm"\n}\n', "nonsensitive(var.t)"),
        ("", f'sensitive("{SECRET}")'),
        ('resource "random_password" "t" {\n  length = 9\n}\n', "random_password.t.result"),
    ],
)
def test_sensitive_values_are_shown_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], declared: str, used: str
) -> None:
    edit = both(
        put_in("task.tf", '"all" },\n', f'"all" }},\n{{ name = "T", value = {used} }},\n'),
        add("terraform.tfvars", f't = "{SECRET}"\n' if "variable" in declared else ""),
        add("own.tf", declared),
    )  # fmt: skip
    put(tmp_path, after(edit))
    assert main(["show", str(tmp_path)]) == 1
    shown = "".join(capsys.readouterr())
    main(["check", "--offline", str(tmp_path)])
    shown += "".join(capsys.readouterr())
    main(["show", "--json", str(tmp_path)])
    shown += "".join(capsys.readouterr())
    assert "task.environment" not in written_in(tmp_path).answers
    changes = compare(tmp_path, render(made(service__desired_count=3)))
    shown += "".join(change.diff for change in changes.files)
    shown += "".join(edit.diff for edit in read(tmp_path).edits)
    assert SECRET not in shown
    assert "task.environment" in shown


def test_a_partial_stack_has_no_default_for_what_is_unknown() -> None:
    stack = partial(made(), {"fleet.max_size"})
    assert stack.fleet.min_size == 0 and stack["task.image"] == "app:1"
    with pytest.raises(NotKnown) as caught:
        _ = stack.fleet.max_size
    assert caught.value.key == "fleet.max_size"
    with pytest.raises(NotKnown):
        stack.flat()
    assert set(partial(made(), ()).flat()) == set(KEYS)


@pytest.mark.parametrize(
    ("role", "checked"),
    [
        ('"arn:aws:iam::123456789012:role/deploy/terraform"', True),
        ('"arn:aws:iam::${local.account}:role/terraform"', True),
        ('"arn:aws:iam::210987654321:role/terraform"', False),
        ("data.aws_iam_role.deploy.arn", False),
        ('"123456789012:role/terraform"', False),
    ],
)
def test_a_role_of_the_account_that_is_read_keeps_its_checks(
    tmp_path: Path, role: str, checked: bool
) -> None:
    files = dict(render(made()))
    add("providers.tf", 'locals {\n  account = "123456789012"\n}\n')(files)
    put_in(
        "providers.tf",
        'provider "aws" {\n',
        f'provider "aws" {{\n  assume_role {{\n    role_arn = {role}\n  }}\n',
    )(files)
    put(tmp_path, files)
    found = assess(written_in(tmp_path), fakes.facts(), Own()).findings
    blind = [it for it in found if "provider.aws.assume_role" in it.message]
    assert bool(blind) is not checked
    of_account = [
        it for it in found if it.message.startswith("VPC ") and "does not exist" in it.message
    ]
    assert of_account if checked else not of_account


def test_a_file_of_ours_that_was_deleted_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    directory = tmp_path / "stack"
    files = render(made())
    write(compare(directory, files))
    assert main(["check", "--offline", str(directory)]) == 0
    assert "deleted" not in capsys.readouterr().out
    for name in ("outputs.tf", "moved.tf"):
        (directory / name).unlink(missing_ok=True)
    (found,) = [it for it in written_in(directory).unread if it.is_deleted]
    assert found.sentence.startswith(
        "outputs.tf was written by gpuecs-tui and has since been deleted"
    )
    assert inspect(directory).unread[-1] == found and not found.keys
    (said,) = unread_findings([found])
    assert (said.rule, said.severity) == (FILE_DELETED, Severity.WARNING)
    assert said.message == found.sentence and "restore outputs.tf" in said.remedy
    main(["check", "--offline", str(directory)])
    shown = capsys.readouterr().out
    assert said.message in shown and "[not-read]" not in shown
    # Its statement about the next write is true: the write changes nothing, and the warning is then
    # gone.
    write(compare(directory, render(made(fleet__max_size=5))))
    assert not (directory / "outputs.tf").exists()
    assert not [it for it in written_in(directory).unread if it.is_deleted]
