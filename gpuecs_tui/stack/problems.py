"""Why answers are not a valid stack: a value out of range, missing, or in conflict with another.

These problems are about the answers only. ``gpuecs_tui.checks`` checks whether a valid stack works.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.balancer.load_balancer import (
    GRPC_MATCHER,
    HTTP_MATCHER,
    LOGS_FOLDER,
    ROUND_ROBIN,
    reversed_range,
)
from gpuecs_tui.stack.capacity.problems import checkpoints, release_of_ami
from gpuecs_tui.stack.containers.health import CHECK_FORMS
from gpuecs_tui.stack.containers.options import EXIT_CODES_MAX, ULIMIT_MAX, UNLIMITED
from gpuecs_tui.stack.containers.problems import (
    sidecar_names,
    sidecar_order,
    sidecar_ports,
    sidecar_sizes,
)
from gpuecs_tui.stack.fleet import USER_DATA_MAX
from gpuecs_tui.stack.identity import ROLE_KEYS
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.stack.partial import NotKnown, partial
from gpuecs_tui.stack.releases.problems import percents, test_port
from gpuecs_tui.stack.releases.strategy import shifts_traffic
from gpuecs_tui.stack.relevance import CONDITIONS, is_relevant
from gpuecs_tui.stack.resolve import Answers, Resolved
from gpuecs_tui.stack.scaling.autoscaling import schedule_problems
from gpuecs_tui.stack.tags import tags_problem
from gpuecs_tui.stack.user_data import extra_settings_problem


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the answers are not a valid stack yet."""

    key: str
    """The dotted key with the problem."""
    message: str
    """The predicate of a sentence that starts with the key: "must be between 1 and 10"."""


HANGS_ON: Mapping[str, str] = {
    "fleet.extra_user_data": "task.network_mode",
    "network.ingress_cidrs": "load_balancer.internal",
}
"""Key → a flag or choice of a later step that its valid value may contradict. Either may change."""


def problems(
    answers: Answers, resolved: Resolved, unknown: Collection[str] = ()
) -> tuple[Problem, ...]:
    """Return every problem, in the order of the keys; none means ``resolved.stack`` is valid.

    ``unknown`` are keys whose answer can't be read. They and the keys that depend on them have no
    problems.
    """
    found: dict[str, str] = {}
    for key, message in _each(answers, resolved, frozenset(unknown)):
        found.setdefault(key, message)
    return tuple(Problem(key, found[key]) for key in KEYS if key in found)


def _each(
    answers: Answers, resolved: Resolved, unknown: frozenset[str]
) -> Iterator[tuple[str, str]]:
    invalid: set[str] = set()
    for key, value in answers.items():
        if reason := KEYS[key].problem(value):
            invalid.add(key)
            yield key, reason
        elif (
            key in CONDITIONS
            and not is_relevant(key, answers)
            and value != (resolved.stack[key] if KEYS[key].default is None else KEYS[key].default)
        ):
            yield key, _(CONDITIONS[key].says)
    for key in resolved.missing:
        if key not in unknown:
            yield key, _missing(key)
    absent = {*resolved.missing, *unknown}
    for key, value in resolved.stack.flat().items():
        # A derived value can also be out of range, for example a name with a suffix.
        if key not in absent and key not in answers and (reason := KEYS[key].problem(value)):
            yield key, reason
    # An invalid value contradicts nothing, and may not have the form that a contradiction reads.
    stack = partial(resolved.stack, unknown | invalid)
    for contradiction in _CONTRADICTIONS:
        try:
            yield from ((key, text) for key, text in contradiction(stack) if key not in absent)
        except NotKnown:
            continue


def _missing(key: str) -> str:
    if KEYS[key].derived:
        return _("is required because the value that its default comes from is unknown")
    return _("is required")


def _tags(stack: Stack) -> Iterator[tuple[str, str]]:
    if reason := tags_problem(stack.stack.tags):
        yield "stack.tags", reason


def _roles(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield what is set for roles although the stack creates none."""
    task = stack.task
    if not (stack.fleet.instance_profile_arn and task.execution_role_arn and task.task_role_arn):
        return
    if shifts_traffic(stack.service.deployment_strategy):
        return
    for key in ROLE_KEYS:
        if stack[key] != KEYS[key].default:
            yield key, _("applies only while the stack creates a role")


def _sizes(stack: Stack) -> Iterator[tuple[str, str]]:
    fleet = stack.fleet
    if fleet.min_size > fleet.max_size:
        yield (
            "fleet.min_size",
            _("must be at most fleet.max_size ({most})").format(most=fleet.max_size),
        )


def _script(stack: Stack) -> Iterator[tuple[str, str]]:
    fleet = stack.fleet
    script = len(fleet.extra_user_data.encode())
    if script > USER_DATA_MAX:
        yield (
            "fleet.extra_user_data",
            _("has {n} bytes as UTF-8; the maximum is {most}").format(n=script, most=USER_DATA_MAX),
        )
    if fleet.ami == "bottlerocket" and (
        reason := extra_settings_problem(
            fleet.extra_user_data, fleet.market, stack.task.network_mode, fleet.large_images
        )
    ):
        yield "fleet.extra_user_data", reason


def _scaling_steps(stack: Stack) -> Iterator[tuple[str, str]]:
    if stack.fleet.min_scaling_step > stack.fleet.max_scaling_step:
        yield "fleet.min_scaling_step", _("must be at most fleet.max_scaling_step")


def _container_memory(stack: Stack) -> Iterator[tuple[str, str]]:
    task = stack.task
    if task.container_memory > task.memory:
        yield (
            "task.container_memory",
            _("must be at most task.memory ({most} MiB)").format(most=task.memory),
        )


def _container_cpu(stack: Stack) -> Iterator[tuple[str, str]]:
    task = stack.task
    if task.container_cpu > task.cpu:
        yield (
            "task.container_cpu",
            _("must be at most task.cpu ({most} units)").format(most=task.cpu),
        )


def _secrets(stack: Stack) -> Iterator[tuple[str, str]]:
    if both := sorted(stack.task.environment.keys() & stack.task.secrets.keys()):
        yield (
            "task.secrets",
            _("contains {name}, which is in task.environment too").format(name=both[0]),
        )


def _ulimits(stack: Stack) -> Iterator[tuple[str, str]]:
    for name, limits in stack.container.ulimits.items():
        soft, hard = (int(it) for it in limits.split(":"))
        if max(soft, hard) > ULIMIT_MAX:
            yield (
                "container.ulimits",
                _("{name}: must be at most {most}").format(name=name, most=ULIMIT_MAX),
            )
        elif hard != UNLIMITED and not 0 <= soft <= hard:
            yield (
                "container.ulimits",
                _("{name}: the soft limit must be at most the hard limit").format(name=name),
            )


def _exit_codes(stack: Stack) -> Iterator[tuple[str, str]]:
    if len(stack.container.restart_ignored_exit_codes) > EXIT_CODES_MAX:
        yield (
            "container.restart_ignored_exit_codes",
            _("must have at most {most} exit codes").format(most=EXIT_CODES_MAX),
        )


def _container_check(stack: Stack) -> Iterator[tuple[str, str]]:
    command = stack.container_health.command
    if not command:
        return
    form, *words = command
    if form not in CHECK_FORMS or not any(it.strip() for it in words):
        yield (
            "container_health.command",
            _("must be CMD-SHELL and a command in quotes, or CMD and the words of a command"),
        )
    elif form == "CMD-SHELL" and len(words) > 1:
        yield (
            "container_health.command",
            _("must have one text in quotes after CMD-SHELL, which the shell runs"),
        )


def _log_group(stack: Stack) -> Iterator[tuple[str, str]]:
    if stack.task.log_group != stack.names.log_group:
        yield (
            "names.log_group",
            _("must be the same as task.log_group ({name})").format(name=stack.task.log_group),
        )


def _certificate(stack: Stack) -> Iterator[tuple[str, str]]:
    balancer = stack.load_balancer
    if balancer.protocol == "HTTPS" and not balancer.certificate_arn:
        yield "load_balancer.certificate_arn", _("is required for an HTTPS listener")


def _redirect_port(stack: Stack) -> Iterator[tuple[str, str]]:
    if stack.load_balancer.protocol == "HTTPS" and stack.load_balancer.port == 80:
        yield "load_balancer.port", _("must not be 80, which redirects to HTTPS")


def _protocol_version(stack: Stack) -> Iterator[tuple[str, str]]:
    version = stack.load_balancer.target_protocol_version
    if version != "HTTP1" and stack.load_balancer.protocol != "HTTPS":
        # Elastic Load Balancing user guide, target group protocol version.
        yield (
            "load_balancer.target_protocol_version",
            _("must be HTTP1 with an HTTP listener; {version} needs HTTPS").format(version=version),
        )


def _log_prefix(stack: Stack) -> Iterator[tuple[str, str]]:
    if LOGS_FOLDER in stack.load_balancer.access_log_prefix:
        yield (
            "load_balancer.access_log_prefix",
            _("must not contain {folder}, which AWS adds").format(folder=LOGS_FOLDER),
        )


def _slow_start(stack: Stack) -> Iterator[tuple[str, str]]:
    balancer = stack.load_balancer
    if balancer.slow_start_seconds and balancer.algorithm != ROUND_ROBIN:
        # Elastic Load Balancing user guide, "Edit target group attributes", slow start mode.
        yield (
            "load_balancer.slow_start_seconds",
            _("must be 0 with the algorithm {algorithm}; slow start needs {needed}").format(
                algorithm=balancer.algorithm, needed=ROUND_ROBIN
            ),
        )


def _matcher(stack: Stack) -> Iterator[tuple[str, str]]:
    grpc = stack.load_balancer.target_protocol_version == "GRPC"
    if not re.fullmatch(GRPC_MATCHER if grpc else HTTP_MATCHER, stack.health_check.matcher):
        yield (
            "health_check.matcher",
            _("must be gRPC codes between 0 and 99 for a GRPC target group, such as 0 or 0-99")
            if grpc
            else _("must be codes between 200 and 499, such as 200, 200,202 or 200-299"),
        )
    elif turned := reversed_range(stack.health_check.matcher):
        yield (
            "health_check.matcher",
            _("has the range {range}, which must go from the lower to the higher code").format(
                range=turned
            ),
        )


def _ingress(stack: Stack) -> Iterator[tuple[str, str]]:
    if (
        not stack.load_balancer.internal
        and not stack.network.has_sources
        and not stack.network.load_balancer_security_group_ids
    ):
        yield (
            "network.ingress_cidrs",
            _(
                "is required for an internet-facing load balancer, such as 0.0.0.0/0 for all "
                "addresses"
            ),
        )


def _task_limits(stack: Stack) -> Iterator[tuple[str, str]]:
    scaling = stack.autoscaling
    if scaling.enabled and scaling.min_tasks > scaling.max_tasks:
        yield (
            "autoscaling.min_tasks",
            _("must be at most autoscaling.max_tasks ({most})").format(most=scaling.max_tasks),
        )


def _schedules(stack: Stack) -> Iterator[tuple[str, str]]:
    if stack.autoscaling.enabled:
        for reason in schedule_problems(stack.autoscaling.schedules):
            yield "autoscaling.schedules", reason


def _bucket(stack: Stack) -> Iterator[tuple[str, str]]:
    if stack.state.backend == "s3" and not stack.state.bucket:
        yield "state.bucket", _("is required for S3 state")


_CONTRADICTIONS: tuple[Callable[[Stack], Iterator[tuple[str, str]]], ...] = (
    _tags, _roles, _sizes, release_of_ami, checkpoints, _script, _scaling_steps,
    _container_memory, _container_cpu, _secrets,
    _ulimits, _exit_codes, _container_check, sidecar_names, sidecar_sizes, sidecar_ports,
    sidecar_order, _log_group, _certificate, _redirect_port,
    _protocol_version, _slow_start, _log_prefix, _matcher, _ingress, percents, test_port,
    _task_limits, _schedules, _bucket,
)  # fmt: skip
"""The possible contradictions. Each has its own function, so an unknown answer skips only the
checks that depend on it."""


def with_values(problem: Problem, values: Answers) -> str:
    """Return the whole sentence: the key, its value, and the problem."""
    if problem.key in values:
        return _("{key} = {value}: {message}.").format(
            key=problem.key,
            value=KEYS[problem.key].unparse(values[problem.key]),
            message=problem.message,
        )
    return _("{key} {message}.").format(key=problem.key, message=problem.message)
