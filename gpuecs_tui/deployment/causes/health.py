"""Stage healthy, the target: the load balancer's health checks fail."""

from __future__ import annotations

from datetime import timedelta

from gpuecs_tui.aws.deployment.facts import RegisteredTarget
from gpuecs_tui.deployment import health_reasons, service_events
from gpuecs_tui.deployment.cause import Cause, Change, Recognition
from gpuecs_tui.deployment.causes.running import log_command
from gpuecs_tui.deployment.causes.stopped import quoted, tasks_of
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import N_, _

_TARGETS = (
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html"
)
_CHECKS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"
_GRACE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-load-balancers.html"
_SPECIFIC = ("health-404", "health-5xx", "health-mismatch", "health-timeout", "not-in-zone")
"""Causes whose signal says more than that ECS stopped a task soon after its start."""
_MINUTE = 60
_FIRST_GRACE = 300
"""Seconds of the default grace period of a stack."""
_LAST_SUCCESS = 399
"""The last status code that is not an error."""


def _failing(it: Situation, id: str) -> tuple[list[RegisteredTarget], tuple[str, ...]]:
    """Return the targets that fail for the cause ``id``, and AWS's words about it.

    ECS removes a target that failed too often. Then only its event has the reason.
    """
    found = [
        each for each in it.targets if health_reasons.cause_of(each.reason, each.description) == id
    ]
    if found:
        text = ": ".join(filter(None, [found[0].reason, found[0].description]))
        return found, (text,)
    texts = [service_events.unhealthy_reason(each.message) for each in it.events]
    for text, event in zip(texts, it.events, strict=True):
        if text and health_reasons.cause_of("", text) == id:
            return [], (event.message,)
    return [], ()


def _count(it: Situation, failing: list[RegisteredTarget]) -> str:
    if not failing:
        return _("A target that ECS removed since then")
    return _("{n} of {all} targets").format(n=len(failing), all=len(it.targets))


def _path(it: Situation) -> str:
    check = it.health_check
    if check is not None and check.path:
        return check.path
    return it.stack.health_check.path if it.stack else ""


def _codes(seen: tuple[str, ...]) -> str:
    return ", ".join(map(str, health_reasons.codes_of(seen[0])))


def _not_found(it: Situation) -> Recognition | None:
    failing, seen = _failing(it, "health-404")
    if not seen:
        return None
    return Recognition(
        sentence=_("{targets}: the health check path {path} does not exist (404).").format(
            targets=_count(it, failing), path=_path(it)
        ),
        seen=seen,
        next_step=_("Set health check path to one that the container serves, such as /health."),
    )


def _server_error(it: Situation) -> Recognition | None:
    failing, seen = _failing(it, "health-5xx")
    if not seen:
        return None
    return Recognition(
        sentence=_("{targets}: the container answers the health check with {codes}.").format(
            targets=_count(it, failing), codes=_codes(seen)
        ),
        seen=seen,
        next_step=_read_log(it),
        alternatives=(_loading(it),),
    )


def _mismatch(it: Situation) -> Recognition | None:
    failing, seen = _failing(it, "health-mismatch")
    if not seen:
        return None
    codes = health_reasons.codes_of(seen[0])
    matcher = it.health_check.matcher if it.health_check else ""
    sentence = _(
        "{targets}: the container answers the health check with {codes}, and only {matcher} is a "
        "success."
    ).format(targets=_count(it, failing), codes=_codes(seen) or "?", matcher=matcher or "200")
    if codes and codes[0] <= _LAST_SUCCESS:
        wanted = ",".join(filter(None, [matcher or "200", str(codes[0])]))
        return Recognition(
            sentence=sentence,
            seen=seen,
            next_step=_("Set success codes to {codes}, or choose a path that answers 200.").format(
                codes=wanted
            ),
            change=Change("health_check.matcher", wanted),
        )
    return Recognition(
        sentence=sentence,
        seen=seen,
        next_step=_("Set health check path to one that needs no login and answers 200."),
    )


def _timeout(it: Situation) -> Recognition | None:
    failing, seen = _failing(it, "health-timeout")
    if not seen:
        return None
    seconds = it.health_check.timeout if it.health_check else 0
    words = (
        _("{targets}: the health check had no answer within {n} s.")
        if seconds
        else _("{targets}: the health check had no answer in time.")
    )
    return Recognition(
        sentence=words.format(targets=_count(it, failing), n=seconds),
        seen=seen,
        next_step=_(
            "Check that the security group of the instances allows the load balancer: gpuecs-tui "
            "check DIR"
        ),
        alternatives=(
            _(
                "If the log has requests of ELB-HealthChecker, the path works and the container is "
                "too slow: raise timeout of the health check."
            ),
            _loading(it),
        ),
        certain=False,
    )


def _refused(it: Situation) -> Recognition | None:
    failing, seen = _failing(it, "health-refused")
    if not seen:
        return None
    port = it.stack.task.container_port if it.stack else 0
    words = (
        _("Let the program listen on 0.0.0.0, port {port}, or set container port to its port.")
        if port
        else _("Let the program listen on 0.0.0.0 and on the container port.")
    )
    return Recognition(
        sentence=_("{targets}: the container does not accept connections.").format(
            targets=_count(it, failing)
        ),
        seen=seen,
        next_step=words.format(port=port),
        alternatives=(
            _loading(it),
            _("If the program listens on 127.0.0.1, only its own container reaches it."),
        ),
        certain=False,
    )


def _loading(it: Situation) -> str:
    grace = _grace(it)
    return _(
        "If the log shows that the model is still loading, set health check grace period to {n}."
    ).format(n=_longer(grace or _FIRST_GRACE))


def _read_log(it: Situation) -> str:
    command = log_command(it, next(iter((*it.live, *it.stopped)), None))
    return _("Read the log: {command}").format(command=command)


def _grace(it: Situation) -> int:
    """Return the service's grace period in seconds; 0 if it has none."""
    if it.service is not None and it.service.grace_seconds is not None:
        return it.service.grace_seconds
    return it.stack.service.health_check_grace_seconds if it.stack else 0


def _longer(seconds: int) -> int:
    """Return twice ``seconds``, rounded up to a minute."""
    return -(-2 * seconds // _MINUTE) * _MINUTE


def _early(it: Situation) -> Recognition | None:
    tasks = it.stops.get("health-early", ())
    if not tasks:
        return None
    # A program that loads its model refuses connections.
    if any(_failing(it, id)[1] for id in _SPECIFIC):
        return None
    grace = _grace(it)
    lived = [
        (each.stopping_at or each.stopped_at, each.started_at)
        for each in tasks
        if (each.stopping_at or each.stopped_at) and each.started_at
    ]
    ages = [end - start for end, start in lived if end and start]
    longest = max(ages, default=timedelta())
    wanted = _longer(max(grace, int(longest.total_seconds()), 1))
    words = (
        _(
            "ECS stopped {tasks}, at most {age} after the start, because health checks failed. The "
            "grace period is {grace} s."
        )
        if ages
        else _("ECS stopped {tasks} because health checks failed. The grace period is {grace} s.")
    )
    return Recognition(
        sentence=words.format(tasks=tasks_of(it, tasks), age=in_words(longest), grace=grace),
        seen=quoted(tasks),
        next_step=_("Set health check grace period to {n}.").format(n=wanted),
        alternatives=(
            _(
                "If the log shows that the model is loaded before the stop, path or port of the "
                "health check is wrong: compare them with the log."
            ),
        ),
        change=Change("service.health_check_grace_seconds", wanted),
        certain=False,
    )


def _not_in_zone(it: Situation) -> Recognition | None:
    failing, seen = _failing(it, "not-in-zone")
    if not seen:
        return None
    if failing and failing[0].reason == "Target.InvalidState":
        return Recognition(
            sentence=_("{targets} are on an instance that is stopped or terminated.").format(
                targets=_count(it, failing)
            ),
            seen=seen,
            next_step=_("Wait: ECS starts the task on another instance and registers it."),
        )
    zones = sorted({each.zone for each in it.registered if each.zone})
    return Recognition(
        sentence=_(
            "{targets}: the load balancer sends no requests, because the zone is not enabled for "
            "it."
        ).format(targets=_count(it, failing)),
        seen=seen,
        next_step=_("Add a subnet of each zone to load balancer subnets: {zones}").format(
            zones=", ".join(zones)
        )
        if zones
        else _("Add a subnet of each instance's zone to load balancer subnets."),
        alternatives=(
            _("If no listener forwards to the target group, create the listener: run a plan."),
        ),
        certain=False,
    )


CAUSES = (
    Cause(
        id="health-404",
        stage="healthy",
        demo_fault="health-404",
        looks=N_("Target.ResponseCodeMismatch with the code 404."),
        do=N_("Correct the health check path."),
        source=_TARGETS,
        recognise=_not_found,
    ),
    Cause(
        id="health-5xx",
        stage="healthy",
        demo_fault="health-5xx",
        looks=N_("Target.ResponseCodeMismatch with a code of 500 or more."),
        do=N_("Read the log. While the model is loading, a longer grace period helps."),
        source=_TARGETS,
        recognise=_server_error,
    ),
    Cause(
        id="health-mismatch",
        stage="healthy",
        demo_fault="health-mismatch",
        looks=N_("Target.ResponseCodeMismatch with another code, such as 301 or 401."),
        do=N_("Correct the success codes or the path."),
        source=_TARGETS,
        recognise=_mismatch,
    ),
    Cause(
        id="health-timeout",
        stage="healthy",
        demo_fault="health-timeout",
        looks=N_("Target.Timeout: the health check has no answer."),
        do=N_("Open the security group to the load balancer, or raise the timeout."),
        source=_TARGETS,
        certain=False,
        recognise=_timeout,
    ),
    Cause(
        id="health-early",
        stage="healthy",
        demo_fault="health-early",
        looks=N_("A task stopped with Task failed ELB health checks soon after its start."),
        do=N_("Raise the health check grace period above the time that loading the model takes."),
        source=_GRACE,
        certain=False,
        recognise=_early,
    ),
    Cause(
        id="health-refused",
        stage="healthy",
        demo_fault="health-early",
        looks=N_("Target.FailedHealthChecks: the connection fails."),
        do=N_("Let the program listen on 0.0.0.0 and on the container port."),
        source=_TARGETS,
        certain=False,
        recognise=_refused,
    ),
    Cause(
        id="not-in-zone",
        stage="healthy",
        demo_fault="not-in-zone",
        looks=N_("A target is unused, with Target.NotInUse or Target.InvalidState."),
        do=N_("Enable the zone for the load balancer."),
        source=_CHECKS,
        certain=False,
        recognise=_not_in_zone,
    ),
)
