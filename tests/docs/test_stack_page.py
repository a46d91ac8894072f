"""docs/stack.md lists every key with its default, its range and its Terraform attribute.

``python -m tests.docs.test_stack_page`` writes the page from the declarations in gpuecs_tui/stack/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from gpuecs_tui.aws import catalogue
from gpuecs_tui.stack.answers import load_answers
from gpuecs_tui.stack.fields import Key
from gpuecs_tui.stack.model import KEYS, SECTIONS
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.relevance import CONDITIONS
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.terraform.hcl.tree import Reference
from gpuecs_tui.terraform.read.configuration import Configuration, load_configuration
from gpuecs_tui.terraform.read.rules import (
    BACKEND_KEY_RULES,
    KEY_RULES,
    LISTENER,
    LISTENERS,
    READ_APART,
    TEST_LISTENER,
)
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.widgets.picker.limits import EMPTY_MEANS, limits_in_words
from tests.changes.declared import CHANGES, HTTPS, SCALED, Change
from tests.changes.rendered import stack

PAGE = Path(__file__).parents[2] / "docs" / "stack.md"

FOLLOWS: Mapping[str, str] = {
    "names.cluster": "`stack.name`",
    "names.service": "`stack.name`",
    "names.task_family": "`stack.name`",
    "names.capacity_provider": "`stack.name`",
    "names.autoscaling_group": "`stack.name`",
    "names.launch_template": "`stack.name` and `-gpu`",
    "names.load_balancer": "`stack.name`",
    "names.target_group": "`stack.name`, a hyphen and 6 hexadecimal digits",
    "names.log_group": "`task.log_group`, or `/ecs/` and `stack.name`",
    "network.load_balancer_subnet_ids": "`network.instance_subnet_ids`",
    "fleet.max_size": "instances for the old and the new tasks of a deployment",
    "fleet.initial_size": "`fleet.min_size`, at least 1",
    "task.cpu": "CPU units of the instance type ÷ tasks per instance",
    "task.memory": "memory of the instance type that is safe for tasks ÷ tasks per instance",
    "task.container_cpu": "`task.cpu`, less `sidecars.cpu_units`",
    "task.container_memory": "`task.memory`, less `sidecars.memory_mib`",
    "task.log_group": "`names.log_group`, or `/ecs/` and `stack.name`",
    "task.log_stream_prefix": "`task.container_name`",
    "autoscaling.scale_out_cooldown_seconds": (
        "`service.health_check_grace_seconds` and 120 s for the start of an instance"
    ),
    "load_balancer.port": "80; with HTTPS 443",
    "load_balancer.tls_policy": (
        "`stack.region`: `ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09` in the partitions `aws` and "
        "`aws-cn`, `ELBSecurityPolicy-TLS13-1-2-2021-06` in others"
    ),
}
"""The defaults that ``resolve`` derives from other keys."""

HEAD = """\
# Every key of a stack

A stack is a tree of keys. The answers file (TOML), `gpuecs-tui show --json` and the fields of the
wizard use the same names: `[fleet] min_size = 1` in an answers file is the key `fleet.min_size`.
Unknown keys and values of the wrong type are errors.

- *Default*: the value of a new stack without the key. *required*: there is no default. *from …*:
  the default follows from other keys (`gpuecs_tui/stack/resolve.py`).
- *Attribute*: where the generated Terraform holds the value. With HTTPS, `aws_lb_listener.https`
  serves the clients, and `aws_vpc_security_group_ingress_rule.https` lets them in.
- *(var)*: the attribute refers to a variable of that name, whose value is in `terraform.tfvars`.
- What a change of each key does to a running stack: [changes.md](changes.md). Which rules check the
  values: [failure-modes.md](failure-modes.md).

An answers file needs the required keys only:

```toml
[stack]
name = "llm"
region = "us-east-1"

[network]
vpc_id = "vpc-0123456789abcdef0"
instance_subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]

[fleet]
instance_type = "g5.xlarge"

[task]
image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm:1.0"
```

With these lines, the image of the service comes from a registry that needs a login, one more
container migrates a database and exits before the service's container starts, and another one
reports metrics:

```toml
[container]
registry_secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ghcr-AbCdEf"

[sidecars]
memory_mib = { migrate = "512", metrics = "256" }
cpu_units = { metrics = "128" }
depends_on = { app = "migrate:SUCCESS" }
environment = { "migrate.SCHEMA" = "requests", "metrics.LOG_LEVEL" = "info" }
ports = { metrics = "9400" }

[sidecars.images]
migrate = "public.ecr.aws/example/migrate:1.0"
metrics = "public.ecr.aws/example/metrics:2.3"
```

`app` is the default of `task.container_name`. The containers share no volume. ECS sends the
credentials only for the image of the service's container. `registry-login` reports an image of
another container that needs a login: copy it to ECR.

`python -m tests.docs.test_stack_page` writes this page from the declarations in
`gpuecs_tui/stack/`; a test compares it.
"""
COLUMNS = "\n| key | default | range | attribute | why |\n|---|---|---|---|---|\n"


def page() -> str:
    """Return the page as it should be."""
    parts = [HEAD]
    for section, kind in SECTIONS.items():
        words = " ".join((kind.__doc__ or "").partition(":")[2].split())
        rows = [_row(key) for key in KEYS if key.startswith(f"{section}.")]
        parts.append(f"\n## {section}\n")
        if words:
            parts.append(f"\n{words[0].upper()}{words[1:].replace('``', '`')}\n")
        parts.append(COLUMNS + "".join(rows))
    return "".join(parts)


def written_at(key: str) -> str:
    """Return address and path of the attribute in which a stack's Terraform writes ``key``.

    For the listener, the one without HTTPS. Raises KeyError for an unknown key.
    """
    if rule := KEY_RULES.get(key) or BACKEND_KEY_RULES.get(key):
        address = {LISTENER: "aws_lb_listener.http", "backend": "terraform.backend.s3"}
        return f"{address.get(rule.address, rule.address)}.{rule.path}"
    return READ_APART[key]


def _row(key: str) -> str:
    declaration = KEYS[key]
    place = written_at(key)
    in_variable = _has_variable(key) and not place.startswith("var.")
    attribute = f"`{place}`" + (" (var)" if in_variable else "")
    why = declaration.help
    if condition := CONDITIONS.get(key):
        why = f"{why} {condition.says[0].upper()}{condition.says[1:]}."
    cells = (f"`{key}`", _default(key, declaration), _range(declaration), attribute, why)
    return "| " + " | ".join(_cell(it) for it in cells) + " |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _default(key: str, declaration: Key) -> str:
    if declaration.required:
        return "*required*"
    if declaration.derived:
        words = FOLLOWS[key]
        return words if words[0].isdigit() else f"*from* {words}"
    assert declaration.default is not None
    text = declaration.unparse(declaration.default)
    return f"`{text}`" if text else f"empty: {EMPTY_MEANS.get(key, 'none')}"


def _range(declaration: Key) -> str:
    if declaration.kind == "flag":
        return "`true`, `false`"
    if declaration.choices:
        unit = f" {declaration.unit}" if declaration.unit else ""
        return ", ".join(f"`{it}`" for it in declaration.choices) + unit
    if declaration.kind == "integer":
        return limits_in_words(declaration)
    parts = [_(declaration.pattern_says).removeprefix("must be ")]
    if declaration.max_length is not None:
        low = f"{declaration.min_length} to " if declaration.min_length else "at most "
        parts.append(f"{low}{declaration.max_length} characters")
    return "; ".join(it for it in parts if it)


def _(text: str) -> str:
    return text


def _has_variable(key: str) -> bool:
    """Whether the key's value is in terraform.tfvars: a variable has the last part of its name."""
    return key not in BACKEND_KEY_RULES and f"variable.{key.rpartition('.')[2]}" in _VARIABLES


def written(configuration: Configuration, place: str) -> object:
    """Return the Terraform at a place of ``written_at`` in a stack."""
    if place.startswith("var."):
        return configuration.scope.value(Reference(place))
    if place == "terraform.required_providers.aws.version":
        return re.findall(r"^ +version += (.*)$", configuration.texts["versions.tf"], re.MULTILINE)
    if place == "terraform.backend":
        return (
            configuration.blocks[place.split(".")[1]] if "backend" in configuration.blocks else ()
        )
    if place.startswith("terraform.backend.s3."):
        return configuration.value("backend", place.removeprefix("terraform.backend.s3."))
    if place.startswith("data."):
        address, _dot, path = place.rpartition(".")
        return configuration.value(address, path)
    kind, name, path = place.split(".", 2)
    address = f"{kind}.{name}"
    if kind == LISTENER and address != TEST_LISTENER:
        address = configuration.first_declared(LISTENERS)
    if path == "user_data":
        # The launch template refers to files in the same directory.
        return {it: text for it, text in configuration.texts.items() if "user_data" in it}
    if path.endswith(".dimensions"):
        body = configuration.body(address, *path.split(".")[:-1])
        return body and tuple(body.named("dimensions"))
    if path == "instance_refresh":
        return configuration.body(address, path) is not None
    inside, _dot, rest = path.partition(".")
    if inside != "container_definitions":
        return configuration.value(address, path)
    containers = configuration.value(address, inside)
    assert isinstance(containers, list)
    # A key of further containers is written in the second container, the others in the first.
    return [_member(it, rest.split(".")) for it in containers]


def _member(value: object, path: list[str]) -> object:
    for part in path:
        if isinstance(value, list):
            value = value[0]
        value = value.get(part) if isinstance(value, dict) else value
    return value


def _first_change(key: str) -> Change:
    return next(it for it in CHANGES if it.key == key)


_VARIABLES = frozenset(
    it
    for values in (
        {},
        {key: _first_change(key).to for key in KEYS if key.endswith(("_arn", "_ids", "_cidrs"))},
        {"fleet.key_name": "@key-pair", "fleet.ami": "@image"},
        SCALED,
    )
    for it in load_configuration(render(stack(values))).blocks
    if it.startswith("variable.")
)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.docs.test_stack_page"


def test_the_examples_are_valid() -> None:
    few, more = re.findall(r"```toml\n(.*?)```", HEAD, re.DOTALL)
    for text in (few, f"{few}{more}"):
        answers = load_answers(text)
        kind = catalogue.find(str(answers["fleet.instance_type"]))
        assert problems(answers, resolve(answers, kind)) == ()


def test_every_key_has_one_place_and_every_derived_key_its_words() -> None:
    assert {*KEY_RULES, *BACKEND_KEY_RULES, *READ_APART} == {*KEYS}
    assert not {*READ_APART} & {*KEY_RULES, *BACKEND_KEY_RULES}
    assert {*FOLLOWS} == {key for key, it in KEYS.items() if it.derived}


@pytest.mark.parametrize("key", KEYS)
def test_another_value_changes_the_attribute_that_the_page_names(key: str) -> None:
    change = _first_change(key)
    before = load_configuration(render(stack(change.given)))
    after = load_configuration(render(stack(change.given, change.along, {key: change.to})))
    place = written_at(key)
    assert written(before, place) != written(after, place)
    if _has_variable(key):
        name = Reference(f"var.{key.rpartition('.')[2]}")
        assert before.scope.value(name) != after.scope.value(name)


def test_derived_defaults_are_as_the_page_says() -> None:
    values = stack().flat()
    name = values["stack.name"]
    assert {values[key] for key, words in FOLLOWS.items() if words == "`stack.name`"} == {name}
    assert values["names.launch_template"] == f"{name}-gpu"
    assert values["names.log_group"] == values["task.log_group"] == f"/ecs/{name}"
    assert len(str(values["names.target_group"])) == len(f"{name}-") + 6
    assert values["fleet.initial_size"] == 1
    g4dn = catalogue.find("g4dn.xlarge")
    assert g4dn is not None
    assert (values["task.cpu"], values["task.memory"]) == (g4dn.cpu_units, g4dn.safe_memory_mib)
    https = stack(HTTPS)
    assert (values["load_balancer.port"], https["load_balancer.port"]) == (80, 443)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
