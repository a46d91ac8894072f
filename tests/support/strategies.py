"""Hypothesis strategies shared by all rooms' tests: values of every key, and valid stacks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import cast

from hypothesis import assume
from hypothesis import strategies as st

from gpuecs_tui.stack.balancer.load_balancer import (
    CERTIFICATE_ARN,
    GRPC_MATCHER,
    HTTP_MATCHER,
    LOGS_FOLDER,
    ROUND_ROBIN,
    reversed_range,
)
from gpuecs_tui.stack.containers.options import ULIMIT_MAX
from gpuecs_tui.stack.fields import Key, Value
from gpuecs_tui.stack.fleet import RELEASES
from gpuecs_tui.stack.identity import ROLE_KEYS, TAG_KEY
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.releases.strategy import ROLLING
from gpuecs_tui.stack.relevance import relevant
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.stack.scaling.autoscaling import action_text
from gpuecs_tui.stack.task import CONTAINER_MEMORY_MIN, IMAGE, IMAGE_MAX, VARIABLE_NAME

G4DN_XLARGE = InstanceType(
    name="g4dn.xlarge",
    vcpus=4,
    memory_mib=16384,
    gpus=1,
    gpu_model="T4",
    gpu_memory_mib=16384,
    gpu_manufacturer="NVIDIA",
    architecture="x86_64",
    quota_family="G",
    max_enis=3,
    registered_mib=15684,
    registered_source="measured",
    ecs_support="documented",
)

NASTY = (
    "${var.name}", "%{ if true }x%{ endif }", "$${x}", "%%{x}", "${", "%{", "$", "$$",
    "${}", "$$${x}", '"', '\\"', "\\", "\\n", "\n", "a\nb\n", "\r\n", "\t", "<<EOT\nx\nEOT\n",
    "# no comment", "//", "/* */", "\u0301x",
    "[bold]", "[/]", "\x1b[31m", "\x07",
    "日本語", "😀", "é", "{{ x }}", "{% x %}", "{# x #}", "'", "`id`",
    "\ufeff", "\u202e", "\u2028", " leading", "trailing ", "", "null", "true", "1e3", "007", "\x7f",
)  # fmt: skip


def texts(max_size: int = 40) -> st.SearchStrategy[str]:
    """Any text that Terraform can represent, often with characters that are hard to quote."""
    plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    pieces = st.one_of(st.sampled_from(NASTY), plain)
    joined = st.lists(pieces, max_size=4).map("".join)
    return joined.map(lambda text: unicodedata.normalize("NFC", text)[:max_size]).filter(
        lambda text: unicodedata.is_normalized("NFC", text)
    )


@cache
def matching(pattern: str, max_size: int | None = None) -> st.SearchStrategy[str]:
    """Texts that match a key's pattern completely, in the form that Terraform keeps."""
    found = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
    return found.filter(
        lambda text: (
            (max_size is None or len(text) <= max_size)
            and "\0" not in text
            and unicodedata.is_normalized("NFC", text)
        )
    )


def matchers(pattern: str) -> st.SearchStrategy[str]:
    """Codes, and ranges of codes with the lower end first."""
    return matching(pattern).filter(lambda text: not reversed_range(text))


@cache
def values(key: str) -> st.SearchStrategy[Value]:
    """Values of one key that are valid by themselves."""
    declaration = KEYS[key]
    strategy: st.SearchStrategy[Value]
    match declaration.kind:
        case "flag":
            strategy = st.booleans()
        case "choice":
            strategy = st.sampled_from(cast(tuple[str, ...], declaration.choices))
        case "integer":
            strategy = _integers(declaration)
        case "list":
            strategy = _lists(declaration)
        case "map":
            strategy = _maps(key)
        case "text":
            if key == "health_check.matcher":
                strategy = matchers(HTTP_MATCHER)
            elif declaration.pattern:
                strategy = matching(declaration.pattern, declaration.max_length)
            else:
                strategy = texts()
    return strategy.filter(lambda value: not declaration.problem(value))


def _integers(declaration: Key) -> st.SearchStrategy[int]:
    if declaration.choices:
        return st.sampled_from(cast(tuple[int, ...], declaration.choices))
    ranged = st.integers(declaration.minimum, declaration.maximum)
    return st.one_of(ranged, st.sampled_from(declaration.also)) if declaration.also else ranged


def _lists(declaration: Key) -> st.SearchStrategy[tuple[str, ...]]:
    items: st.SearchStrategy[str]
    if declaration.choices:
        items = st.sampled_from(cast(tuple[str, ...], declaration.choices))
    elif declaration.item_pattern:
        items = matching(declaration.item_pattern)
        if declaration.correct:
            correct = declaration.correct
            items = items.map(lambda item: correct((item,))[0])
        if declaration.item_problem:
            problem = declaration.item_problem
            items = items.filter(lambda item: not problem(item))
    else:
        items = texts()
    smallest = 0 if declaration.optional else 1
    unique = not declaration.words
    return st.lists(items, min_size=smallest, max_size=4, unique=unique).map(tuple)


def tag_values() -> st.SearchStrategy[str]:
    """Values of tags, with letters of any script."""
    letters = st.characters(categories=["L", "Nd"], include_characters=" _.:/=+@-")
    return st.text(letters, max_size=40).map(lambda text: unicodedata.normalize("NFC", text))


def scheduled_actions() -> st.SearchStrategy[str]:
    """Valid scheduled actions."""
    schedules = st.sampled_from((
        "cron(0 20 ? * MON-FRI *)", "cron(0/15 8-10 1,15 * ? 2027)", "cron(0 8 L * ? *)",
        "cron(5 8 ? JAN 6#2 *)", "rate(1 hour)", "rate(12 hours)", "at(2027-01-31T20:00:00)",
    ))  # fmt: skip
    limits = st.lists(st.integers(0, 5000), min_size=2, max_size=2).map(sorted)
    return st.builds(lambda text, two: action_text(text, *two), schedules, limits)


OWN_ROLES = ("fleet.instance_profile_arn", "task.execution_role_arn", "task.task_role_arn")
"""With all of them, a stack creates no role."""


def toml_settings() -> st.SearchStrategy[str]:
    """TOML that can follow the stack's own ``[settings.ecs]``."""
    comments = texts().map(lambda text: "".join(c for c in text if c.isprintable()))
    return st.one_of(
        st.sampled_from(("", "loglevel = 'debug'", '\r\n[settings.kernel]\nlockdown = "none"\n')),
        comments.map(lambda text: f"# {text}\n"),
    )


def _maps(key: str) -> st.SearchStrategy[dict[str, str]]:
    names = matching(TAG_KEY if key == "stack.tags" else KEYS[key].item_pattern, 128)
    pattern = KEYS[key].pattern
    if key == "autoscaling.schedules":
        return st.dictionaries(names, scheduled_actions(), max_size=3)
    if key == "container.ulimits":
        return st.dictionaries(names, _limits(), max_size=3)
    if pattern:
        return st.dictionaries(names, matching(pattern), max_size=3)
    contents = tag_values() if key == "stack.tags" else texts()
    return st.dictionaries(names, contents, max_size=4)


def _limits() -> st.SearchStrategy[str]:
    """Soft and hard limits of a container's ulimit."""
    limited = st.tuples(st.integers(0, ULIMIT_MAX), st.integers(0, ULIMIT_MAX)).map(sorted)
    unlimited = st.integers(-1, ULIMIT_MAX).map(lambda soft: [soft, -1])
    return st.one_of(limited, unlimited).map(lambda both: f"{both[0]}:{both[1]}")


def container_checks() -> st.SearchStrategy[tuple[str, ...]]:
    """Commands of a health check in the container; empty for none."""
    shell = texts().filter(str.strip).map(lambda text: ("CMD-SHELL", text))
    words = st.lists(texts(), min_size=1, max_size=3).map(lambda them: ("CMD", "check", *them))
    return st.one_of(st.just(()), shell, words)


_SIZES = ("cpu", "memory", "container_cpu", "container_memory")
_SIDECARS = ("metrics", "model-loader", "PROXY_2", "log")


@st.composite
def sidecars(draw: st.DrawFn, given: Mapping[str, Value]) -> dict[str, Value]:
    """Further containers that leave enough of the derived size to the service's container."""
    own = str(given.get("task.container_name", "app"))
    names = draw(st.lists(st.sampled_from(_SIDECARS), unique=True, max_size=3))
    names = [it for it in names if it != own]
    essential = [it for it in names if draw(st.booleans())]
    taken = {given.get("task.host_port", 0), given.get("task.container_port", 8000)}
    bridge = given.get("task.network_mode", "bridge") == "bridge"
    ports: dict[str, str] = {}
    waits: dict[str, str] = {}
    for position, name in enumerate(names):
        port = draw(st.integers(1, 65535).filter(lambda it: it not in taken))
        taken.add(port)
        fixed = f"{port}:" if bridge and draw(st.booleans()) else ""
        ports |= {name: f"{fixed}{port}"} if draw(st.booleans()) else {}
        # Each container waits only for earlier ones, so that there is no circle.
        earlier = [f"{it}:START" for it in names[:position] if draw(st.booleans())]
        waits |= {name: " ".join(earlier)} if earlier else {}
    ended = [f"{it}:SUCCESS" for it in names if it not in essential and draw(st.booleans())]
    waits |= {own: " ".join(ended)} if ended else {}
    sizes = st.integers(CONTAINER_MEMORY_MIN, 200).map(str)
    variables = st.dictionaries(matching(VARIABLE_NAME, 40), texts(), max_size=2)
    return {
        "sidecars.images": {it: draw(matching(IMAGE, IMAGE_MAX)) for it in names},
        "sidecars.memory_mib": {it: draw(sizes) for it in names},
        "sidecars.cpu_units": {it: draw(sizes) for it in names if draw(st.booleans())},
        "sidecars.essential": tuple(essential),
        "sidecars.depends_on": waits,
        "sidecars.environment": {
            f"{it}.{name}": value for it in names for name, value in draw(variables).items()
        },
        "sidecars.ports": ports,
    }


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Value]:
    """Answers that make a valid stack on a g4dn.xlarge; about half of the keys are given."""
    given: dict[str, Value] = {}
    for key, declaration in KEYS.items():
        if key.startswith("sidecars."):
            continue
        if declaration.required or draw(st.booleans()):
            given[key] = draw(values(key))

    def number(key: str) -> int:
        return cast(int, given.get(key, KEYS[key].default))

    if (ami := given.get("fleet.ami")) is not None and "fleet.ami_release" in given:
        release = st.from_regex(RELEASES[str(ami)], fullmatch=True) if ami in RELEASES else None
        given["fleet.ami_release"] = draw(release) if release is not None else ""
    elif "fleet.ami_release" in given:
        given["fleet.ami_release"] = draw(matching(RELEASES["al2023"]))
    if "fleet.refresh_checkpoints" in given:
        percents = draw(st.sets(st.integers(1, 99), max_size=3))
        given["fleet.refresh_checkpoints"] = (*map(str, sorted(percents)), "100")
    if given.get("fleet.instance_types"):
        del given["fleet.instance_type"]
    sizes = sorted(draw(st.lists(st.integers(0, 50), min_size=3, max_size=3)))
    given["fleet.min_size"], given["fleet.initial_size"] = sizes[0], sizes[1]
    given["fleet.max_size"] = max(1, sizes[2])
    steps = sorted((number("fleet.min_scaling_step"), number("fleet.max_scaling_step")))
    given["fleet.min_scaling_step"], given["fleet.max_scaling_step"] = steps
    for part in ("cpu", "memory"):
        both = (given.get(f"task.{part}"), given.get(f"task.container_{part}"))
        if None not in both:
            small, large = sorted(cast(tuple[int, int], both))
            given[f"task.{part}"], given[f"task.container_{part}"] = large, small
        else:
            given.pop(f"task.container_{part}", None)
    if "names.log_group" in given and "task.log_group" in given:
        given["names.log_group"] = given["task.log_group"]
    if given.get("fleet.ami") == "bottlerocket" and "fleet.extra_user_data" in given:
        given["fleet.extra_user_data"] = draw(toml_settings())
    variables = cast(dict[str, str], given.get("task.environment", {}))
    secrets = cast(dict[str, str], given.get("task.secrets", {}))
    if "task.secrets" in given:
        given["task.secrets"] = {
            name: arn
            for name, arn in secrets.items()
            if name not in variables and name != "NVIDIA_DRIVER_CAPABILITIES"
        }
    if not given.keys() & {f"task.{it}" for it in _SIZES} and draw(st.booleans()):
        given |= draw(sidecars(given))
    if "container_health.command" in given:
        given["container_health.command"] = draw(container_checks())
    if given.get("load_balancer.protocol") == "HTTPS":
        given["load_balancer.certificate_arn"] = draw(matching(CERTIFICATE_ARN))
        if given.get("load_balancer.port") == 80:
            given["load_balancer.port"] = 8443
        if given.get("load_balancer.target_protocol_version") == "GRPC":
            given["health_check.matcher"] = draw(matchers(GRPC_MATCHER))
    else:
        given.pop("load_balancer.target_protocol_version", None)
    if given.get("service.test_port") in (given.get("load_balancer.port"), 80, 443):
        given["service.test_port"] = 0
    shifts = given.get("service.deployment_strategy", ROLLING) != ROLLING
    if not shifts and all(given.get(key) for key in OWN_ROLES):
        given = {key: value for key, value in given.items() if key not in ROLE_KEYS}
    if LOGS_FOLDER in str(given.get("load_balancer.access_log_prefix", "")):
        del given["load_balancer.access_log_prefix"]
    if given.get("load_balancer.slow_start_seconds"):
        given["load_balancer.algorithm"] = ROUND_ROBIN
    if given.get("load_balancer.internal") is False:
        given["network.ingress_cidrs"] = ("0.0.0.0/0",)
    if number("service.minimum_healthy_percent") >= number("service.maximum_percent"):
        given["service.minimum_healthy_percent"] = 0
    limits = sorted((number("autoscaling.min_tasks"), number("autoscaling.max_tasks")))
    given["autoscaling.min_tasks"], given["autoscaling.max_tasks"] = limits[0], max(1, limits[1])
    if given.get("state.backend") == "s3":
        given.setdefault("state.bucket", "states")
    return relevant(given)


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """Valid stacks, drawing from every key."""
    given = draw(answers())
    resolved = resolve(given, G4DN_XLARGE)
    assume(not problems(given, resolved))
    return resolved.stack
