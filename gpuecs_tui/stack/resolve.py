"""Works out all defaults, to turn a few answers into a complete stack."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from gpuecs_tui.stack.agent_config import reserved_memory
from gpuecs_tui.stack.balancer.tls_policies import recommended
from gpuecs_tui.stack.containers.each import number
from gpuecs_tui.stack.fields import Key, Value
from gpuecs_tui.stack.identity import NAME_MAX
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import KEYS, Stack, build
from gpuecs_tui.stack.network import in_endpoint_order
from gpuecs_tui.stack.releases.strategy import (
    STRATEGY,
    healthy_percents,
    needed_provider,
    provider_number,
)
from gpuecs_tui.stack.relevance import is_relevant
from gpuecs_tui.stack.scaling.autoscaling import (
    BOOT_SECONDS,
    COOLDOWN_MAX,
    most_tasks,
    without_count,
)
from gpuecs_tui.stack.task import CPU_MAX

Answers = Mapping[str, Value]
"""Dotted key → value of each decided key. The other keys use their default."""

SUFFIX_LENGTH = 6
"""With ``-`` it brings a name of NAME_MAX to 31 of a target group's 32 characters."""

TYPE, TYPES = "fleet.instance_type", "fleet.instance_types"
ENDPOINTS = "network.vpc_endpoints"
IGNORED = "service.ignore_changes"
MINIMUM = "stack.provider_minimum"
HTTPS_PORT = 443
HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class Resolved:
    """A stack that may still be incomplete."""

    stack: Stack
    """A missing key has an empty text, an empty list, or its minimum."""
    missing: tuple[str, ...]
    """Required keys without a value, and keys that can't be derived without them, as in KEYS."""


def with_kept(answers: Answers, present: Answers) -> dict[str, Value]:
    """Return ``answers`` for a directory that has a stack with the decisions ``present``.

    A key that is not in the answers keeps its value in the directory if its default may be newer
    than the directory: a new default is only for new stacks. A key that no longer has an effect
    keeps nothing.
    """
    keeps = (key for key, it in KEYS.items() if it.kept or it.unset is not None)
    merged = {**{key: present[key] for key in keeps if key in present}, **answers}
    if MINIMUM in present and MINIMUM not in answers:
        # It never drops by itself: an earlier provider can't use the state of a later one.
        strategy = cast(str, answers.get(STRATEGY, KEYS[STRATEGY].default))
        merged[MINIMUM] = max(
            cast(str, present[MINIMUM]), needed_provider(strategy), key=provider_number
        )
    return {
        key: value for key, value in merged.items() if key in answers or is_relevant(key, merged)
    }


def generated_names(values: Answers) -> frozenset[str]:
    """Return the keys of ``names`` whose value in ``values`` follows from the other values."""
    names = {key for key in KEYS if key.startswith("names.") and key in values}
    others = {key: value for key, value in values.items() if key not in names}
    stack = resolve(others, None).stack
    return frozenset(key for key in names if stack[key] == values[key])


def with_new_defaults(answers: Answers) -> dict[str, Value]:
    """Return ``answers`` with today's default for every key that the earlier version left unset."""
    return {
        key: value
        for key, value in answers.items()
        if KEYS[key].unset is None or value != KEYS[key].unset
    }


def resolve(answers: Answers, instance_type: InstanceType | None) -> Resolved:
    """Work out every default.

    ``instance_type`` has what each of the fleet's types has (``smallest_of``); None if
    it is unknown: then the size of the task can't be derived and is missing unless it is set.
    """
    values: dict[str, Value] = {
        key: declaration.default
        for key, declaration in KEYS.items()
        if declaration.default is not None
    }
    values.update(answers)
    if MINIMUM not in answers:
        values[MINIMUM] = needed_provider(cast(str, values[STRATEGY]))
    for key in [key for key in answers if KEYS[key].derived and not is_relevant(key, values)]:
        del values[key]
    # A set: its order has no meaning, and Terraform doesn't keep it.
    values[ENDPOINTS] = in_endpoint_order(cast(tuple[str, ...], values[ENDPOINTS]))
    if values["autoscaling.enabled"]:
        # Task scaling implies it, so that it ends with task scaling.
        values[IGNORED] = without_count(cast(tuple[str, ...], values[IGNORED]))
    several = cast(tuple[str, ...], values[TYPES])
    if several:
        # A list of one is the same stack as the type alone.
        values[TYPE], values[TYPES] = several[0], several if len(several) > 1 else ()
    missing = {key for key, declaration in KEYS.items() if declaration.required} - set(values)
    for key in missing:
        values[key] = _nothing(KEYS[key])
    for key, value in _derive(values, instance_type).items():
        if value is None:
            missing.add(key)
            value = _nothing(KEYS[key])
        values[key] = value
    return Resolved(build(values), tuple(key for key in KEYS if key in missing))


def explicit(stack: Stack, instance_type: InstanceType | None) -> dict[str, Value]:
    """Return the answers that differ from their default: ``resolve`` of them is ``stack``."""
    answers = {key: value for key, value in stack.flat().items() if value != KEYS[key].default}
    if TYPES in answers:
        # The first type of the list.
        del answers[TYPE]
    if needed_provider(stack.service.deployment_strategy) != stack.stack.provider_minimum:
        answers[MINIMUM] = stack.stack.provider_minimum
    for key in [key for key in answers if KEYS[key].derived]:
        without = {other: value for other, value in answers.items() if other != key}
        if resolve(without, instance_type).stack == stack:
            answers = without
    return answers


def tasks_per_instance(values: Answers, instance_type: InstanceType) -> int:
    """Return how many tasks share an instance in equal parts; at least 1.

    One with a fixed host port of any container, host networking, or distinct instances; otherwise
    by GPUs (docs/aws.md, "Network modes").
    """
    if (
        values["service.distinct_instances"]
        or values["task.network_mode"] == "host"
        or (
            values["task.network_mode"] == "bridge"
            and (values["task.host_port"] or _fixed_sidecar_port(values))
        )
    ):
        return 1
    return max(1, instance_type.gpus // max(1, cast(int, values["task.gpus"])))


def _fixed_sidecar_port(values: Answers) -> bool:
    """Return whether a further container has a fixed port of the instance."""
    return any(":" in it for it in cast(dict[str, str], values["sidecars.ports"]).values())


def _left(values: Answers, part: str) -> int | None:
    """Return what the further containers leave of the task's cpu or memory; None if unknown."""
    whole = values.get(f"task.{part}")
    lines = {"cpu": "sidecars.cpu_units", "memory": "sidecars.memory_mib"}[part]
    used = cast(dict[str, str], values[lines]).values()
    return None if whole is None else cast(int, whole) - sum(map(number, used))


def instances_for_update(values: Answers, tasks_each: int) -> int:
    """Return the instances for the old and the new tasks of a deployment together."""
    wanted = cast(int, values["service.desired_count"])
    if values["autoscaling.enabled"]:
        schedules = cast(dict[str, str], values["autoscaling.schedules"])
        wanted = max(wanted, most_tasks(cast(int, values["autoscaling.max_tasks"]), schedules))
    _least, most = healthy_percents(
        cast(str, values[STRATEGY]),
        cast(int, values["service.minimum_healthy_percent"]),
        cast(int, values["service.maximum_percent"]),
    )
    tasks = wanted * most
    return max(1, -(-tasks // (100 * tasks_each)))


def _nothing(key: Key) -> Value:
    empty: dict[str, Value] = {"integer": key.minimum or 0, "list": (), "map": {}, "flag": False}
    return empty.get(key.kind, "")


def _derive(
    values: dict[str, Value], instance_type: InstanceType | None
) -> dict[str, Value | None]:
    """Return the derived keys that are not in ``values``, ordered by dependency."""
    derived: dict[str, Value | None] = {}

    def fill(key: str, value: Value | None) -> None:
        if key not in values:
            derived[key] = value
            if value is not None:
                values[key] = value

    name = cast(str, values["stack.name"])
    for part in ("cluster", "service", "task_family", "capacity_provider", "autoscaling_group"):
        fill(f"names.{part}", name or None)
    # A launch template's name has at least three characters, a stack's two.
    fill("names.launch_template", f"{name}-gpu" if name else None)
    fill("names.load_balancer", name or None)
    log_group = values.get("task.log_group", f"/ecs/{name}" if name else None)
    fill("names.log_group", log_group)
    fill("task.log_group", values.get("names.log_group"))
    fill("network.load_balancer_subnet_ids", values["network.instance_subnet_ids"] or None)
    https = values["load_balancer.protocol"] == "HTTPS"
    fill("load_balancer.port", HTTPS_PORT if https else HTTP_PORT)
    fill("load_balancer.tls_policy", recommended(cast(str, values["stack.region"])))
    fill("names.target_group", derived_target_group(values) if name else None)
    fill("task.log_stream_prefix", values["task.container_name"])
    if instance_type:
        extra, ami = cast(str, values["fleet.extra_user_data"]), cast(str, values["fleet.ami"])
        instance_type = instance_type.reserving(reserved_memory(extra, ami).mib)
    each = tasks_per_instance(values, instance_type) if instance_type else 1
    fill("task.cpu", min(CPU_MAX, instance_type.cpu_units // each) if instance_type else None)
    fill("task.memory", instance_type.safe_memory_mib // each if instance_type else None)
    fill("task.container_cpu", _left(values, "cpu"))
    fill("task.container_memory", _left(values, "memory"))
    fill("fleet.max_size", instances_for_update(values, each))
    fill("fleet.initial_size", max(1, cast(int, values["fleet.min_size"])))
    grace = cast(int, values["service.health_check_grace_seconds"])
    fill("autoscaling.scale_out_cooldown_seconds", min(COOLDOWN_MAX, BOOT_SECONDS + grace))
    if values["state.backend"] == "s3":
        values["state.key"] = values["state.key"] or f"{name}/terraform.tfstate"
        values["state.region"] = values["state.region"] or values["stack.region"]
    return derived


def derived_target_group(values: Answers) -> str:
    """Return a target group name that changes whenever the target group is replaced.

    The old group can't be deleted while the listener uses it, so the new one is created first and
    needs another name (failure mode target-group-in-use).
    """
    replaces = (
        values["network.vpc_id"],
        values["load_balancer.target_port"],
        values["load_balancer.target_protocol_version"],
        "ip" if values["task.network_mode"] == "awsvpc" else "instance",
    )
    digest = hashlib.sha256("|".join(map(str, replaces)).encode()).hexdigest()
    return f"{cast(str, values['stack.name'])[:NAME_MAX]}-{digest[:SUFFIX_LENGTH]}"
