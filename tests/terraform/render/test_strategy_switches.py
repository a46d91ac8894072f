"""The Terraform of a service whose deployment strategy changes, and the order in which real
Terraform carries it out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import read_back
from gpuecs_tui.terraform.read.past import past_in
from gpuecs_tui.terraform.render.stack_files import Files, render
from gpuecs_tui.terraform.write.rewrite import files_for
from tests.e2e.engine import terraform
from tests.support.terraform.written_files import AWSVPC, BLUE_GREEN, HTTPS, LINEAR, S3, made, put

SERVICE = "aws_ecs_service.this"
STRATEGY, MINIMUM = "deployment_configuration.strategy", "stack.provider_minimum"
ROLLING = made(AWSVPC)
TESTED: Mapping[str, Value] = {**BLUE_GREEN, "service.test_port": 9000}


GOLDEN = Path(__file__).parent / "data" / "blue-green.tf"
"""deployment.tf and service.tf of blue/green deployments with HTTPS and a test port."""


def test_the_files_of_blue_green_deployments() -> None:
    files = render(made({**TESTED, **HTTPS, "service.ignore_changes": ("load_balancer",)}))
    written = files["deployment.tf"] + files["service.tf"]
    assert written == GOLDEN.read_text(encoding="utf-8"), "compare, and replace the file"


def stored(directory: Path, strategy: str | None) -> None:
    """Write a state with a service that has this strategy; None as provider 5 stores it."""
    release = {} if strategy is None else {"deployment_configuration": [{"strategy": strategy}]}
    service = {
        "mode": "managed", "type": "aws_ecs_service", "name": "this",
        "instances": [{"attributes": release}],
    }  # fmt: skip
    (directory / "terraform.tfstate").write_text(json.dumps({"resources": [service]}))


@pytest.mark.parametrize("applied", [False, True])
def test_a_strategy_that_was_only_written_leaves_nothing(tmp_path: Path, applied: bool) -> None:
    """The block needs provider 6, which may not be available: nothing has to be set back."""
    put(tmp_path, render(made(BLUE_GREEN)))
    if applied:
        stored(tmp_path, None)
    assert files_for(ROLLING, tmp_path) == render(ROLLING)


@pytest.mark.parametrize("backend", ["local", "s3"])
def test_a_state_in_s3_may_have_the_strategy(tmp_path: Path, backend: str) -> None:
    remote: Mapping[str, Value] = S3 if backend == "s3" else {}
    put(tmp_path, render(made({**BLUE_GREEN, **remote})))
    written = load_configuration(files_for(made({**AWSVPC, **remote}), tmp_path))
    assert (written.value(SERVICE, STRATEGY) == "ROLLING") is (backend == "s3")


@pytest.mark.parametrize("before", [BLUE_GREEN, LINEAR])
def test_the_way_back_sets_the_strategy(tmp_path: Path, before: Mapping[str, Value]) -> None:
    put(tmp_path, render(made(before)))
    stored(tmp_path, str(before["service.deployment_strategy"]).upper())
    back = files_for(ROLLING, tmp_path)
    written = load_configuration(back)
    assert written.value(SERVICE, STRATEGY) == "ROLLING"
    assert ">= 6.4.0, < 7.0.0" in back["versions.tf"], "an older provider doesn't know the block"
    assert "deployment.tf" not in back
    # It stays: without the block, the provider would leave the strategy as it is.
    put(tmp_path, back)
    (tmp_path / "deployment.tf").unlink()
    stored(tmp_path, "ROLLING")
    assert files_for(ROLLING, tmp_path) == back
    found = read_back(back)
    assert (found.answers["service.deployment_strategy"], found.unread) == ("rolling", ())
    assert found.answers[MINIMUM] == "6.4.0"
    assert render(made(before), past_in(written)) == render(made(before))


@pytest.mark.parametrize(
    ("strategy", "written"), [("BLUE_GREEN", "ROLLING"), ("ROLLING", None), (None, None)]
)
def test_the_state_shows_the_strategy_too(
    tmp_path: Path, strategy: str | None, written: str | None
) -> None:
    """The files can be new: restored from the answers, without the block."""
    put(tmp_path, render(ROLLING))
    stored(tmp_path, strategy)
    files = files_for(ROLLING, tmp_path)
    if written is None:
        assert files == render(ROLLING)
    else:
        assert load_configuration(files).value(SERVICE, STRATEGY) == written


# The order. Provider 6 is not available here, so that each resource is one of Terraform's own with
# the same references, dependencies, and order of replacement.

_RESOURCE = re.compile(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_ADDRESS = re.compile(r"\b(?:aws_\w+|terraform_data)\.\w+")
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_FIRST = re.compile(r"^ +create_before_destroy += true$", re.MULTILINE)


def stand_ins(files: Files) -> str:
    """Return a configuration with a stand-in for each resource of ``files``."""
    found = [it for text in files.values() for it in _RESOURCE.findall(_COMMENT.sub("", text))]
    known = {f"{kind}.{name}" for kind, name, _body in found}
    return "\n".join(_stand_in(kind, name, body, known) for kind, name, body in found)


def _stand_in(kind: str, name: str, body: str, known: set[str]) -> str:
    needs = sorted(set(_ADDRESS.findall(body)) & known - {f"{kind}.{name}"})
    ids = ", ".join(f"terraform_data.{it.replace('.', '_')}.id" for it in needs)
    first = "true" if _FIRST.search(body) else "false"
    # A listener rule of another listener is another rule.
    other = kind == "aws_lb_listener_rule" and re.search(r"aws_lb_listener\.\w+", body)
    replaced = f'triggers_replace = "{other[0]}"' if other else ""
    return (
        f'resource "terraform_data" "{kind}_{name}" {{\n  input = [{ids}]\n  {replaced}\n'
        f"  lifecycle {{\n    create_before_destroy = {first}\n  }}\n}}\n"
    )


def ended(directory: Path, files: Files) -> list[tuple[str, str]]:
    """Apply the stand-ins of ``files`` and return what ended, in order: action and address."""
    (directory / "main.tf").write_text(stand_ins(files))
    return [*_ended(terraform(directory, "apply", "-json", "-auto-approve", "-input=false"))]


def _ended(output: str) -> Iterator[tuple[str, str]]:
    for line in output.splitlines():
        event: dict[str, Any] = json.loads(line)
        if event["type"] == "apply_complete":
            hook = event["hook"]
            yield hook["action"], hook["resource"]["resource_name"]


@pytest.fixture
def applied(tmp_path: Path) -> Path:
    """A directory with applied stand-ins of a blue/green stack with a test port."""
    put(tmp_path / "stack", render(made(TESTED)))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "main.tf").write_text("")
    terraform(tmp_path / "run", "init", "-input=false")
    assert ("create", "aws_ecs_service_this") in ended(tmp_path / "run", render(made(TESTED)))
    return tmp_path


@pytest.mark.parametrize(
    ("answers", "gone"),
    [
        (
            AWSVPC,
            {
                "aws_lb_listener_rule_production", "aws_lb_listener_rule_test",
                "aws_lb_target_group_alternate", "aws_iam_role_infrastructure",
                "aws_iam_role_policy_attachment_infrastructure", "aws_lb_listener_test",
            },
        ),
        (BLUE_GREEN, {"aws_lb_listener_rule_test", "aws_lb_listener_test"}),
        ({**TESTED, **HTTPS}, {"aws_lb_listener_rule_production"}),
    ],
)  # fmt: skip
def test_what_the_service_used_is_deleted_after_its_update(
    applied: Path, answers: Mapping[str, Value], gone: set[str]
) -> None:
    order = ended(applied / "run", files_for(made(answers), applied / "stack"))
    update = order.index(("update", "aws_ecs_service_this"))
    deleted = [name for action, name in order if action == "delete"]
    assert gone <= set(deleted)
    assert gone <= {name for action, name in order[update:] if action == "delete"}
