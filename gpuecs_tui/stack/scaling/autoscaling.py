"""How Application Auto Scaling changes the number of tasks: limits, policies, schedules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.fields import choice, flag, integer, table, text
from gpuecs_tui.stack.scaling.schedule import NotASchedule, Schedule, parse_schedule
from gpuecs_tui.stack.service import DESIRED_MAX

COUNT = "desired_count"
"""The argument of the service that Terraform ignores while tasks are scaled."""
COOLDOWN_MAX = 86_400
"""Seconds; a day, far more than any cold start."""
BOOT_SECONDS = 120
"""Seconds from the launch of a GPU instance until it takes tasks, about; a GPU instance takes one
to three minutes. The real time is unknown, and the pull of the image adds to it."""
REQUESTS_MAX = 10_000_000
_COUNT_PATTERN = r"0|[1-9][0-9]{0,3}"
_ACTION = re.compile(
    rf"(?P<schedule>(?:cron|at|rate)\([^()]{{1,200}}\)) min (?P<least>{_COUNT_PATTERN})"
    rf" max (?P<most>{_COUNT_PATTERN})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaling:
    """``autoscaling.*``: how Application Auto Scaling changes the number of tasks."""

    enabled: bool = flag(
        N_("Task scaling"),
        N_(
            "Application Auto Scaling changes the number of tasks, by metrics or by a schedule. "
            "Terraform then ignores the desired count once the service exists."
        ),
        False,
    )
    min_tasks: int = integer(
        N_("Minimum tasks"),
        N_("Fewest tasks. Scheduled actions replace this limit when they run."),
        1,
        minimum=0,
        maximum=DESIRED_MAX,
        unit=N_("tasks"),
    )
    max_tasks: int = integer(
        N_("Maximum tasks"),
        N_(
            "Most tasks. The fleet at its maximum size needs room for them. Scheduled actions "
            "replace this limit when they run."
        ),
        2,
        minimum=1,
        maximum=DESIRED_MAX,
        unit=N_("tasks"),
    )
    requests_per_target: int = integer(
        N_("Requests per task"),
        N_(
            "Requests per minute that one task should get from the load balancer. Tasks are added "
            "above this number. 0: no such policy."
        ),
        0,
        minimum=1,
        maximum=REQUESTS_MAX,
        also=(0,),
        unit=N_("req/min"),
    )
    cpu_percent: int = integer(
        N_("CPU target"),
        N_(
            "Average CPU use of the tasks. It says little about a service that works on the GPU. "
            "0: no such policy."
        ),
        0,
        minimum=1,
        maximum=100,
        also=(0,),
        unit="%",
    )
    memory_percent: int = integer(
        N_("Memory target"),
        N_("Average memory use of the tasks. 0: no such policy."),
        0,
        minimum=1,
        maximum=100,
        also=(0,),
        unit="%",
    )
    gpu_percent: int = integer(
        N_("GPU target"),
        N_(
            "Average use of all GPUs of the fleet, as the CloudWatch agent reports it. Tasks are "
            "added above this number. 0: no such policy."
        ),
        0,
        minimum=1,
        maximum=100,
        also=(0,),
        unit="%",
    )
    metric_name: str = text(
        N_("Metric"),
        N_(
            "Name of a CloudWatch metric to scale by, such as the messages in a queue for each "
            "task. Empty: no such policy."
        ),
        "",
        pattern=r"[!-~](?:[ -~]{0,253}[!-~])?",
        pattern_says=N_("must be the name of a CloudWatch metric: printable ASCII characters"),
    )
    metric_namespace: str = text(
        N_("Metric namespace"),
        N_("Namespace of the metric, such as AWS/SQS or CWAgent."),
        "CWAgent",
        pattern=r"[A-Za-z0-9_./#-]{1,255}",
        pattern_says=N_("must be a CloudWatch namespace: letters, numbers, and . - _ / #"),
        optional=False,
    )
    metric_dimensions: dict[str, str] = table(
        N_("Metric dimensions"),
        N_("One NAME=value per line, such as QueueName=jobs. All dimensions of the metric."),
        {},
        item_pattern=r"[A-Za-z0-9_.-]{1,255}",
        pattern=r"[!-~](?:[ -~]{0,253}[!-~])?",
        pattern_says=N_("must be NAME=value of a CloudWatch dimension"),
    )
    metric_statistic: str = choice(
        N_("Metric statistic"),
        N_("How CloudWatch combines the values of a minute."),
        "Average",
        ("Average", "Minimum", "Maximum", "SampleCount", "Sum"),
    )
    metric_target: str = text(
        N_("Metric target"),
        N_(
            "Value to keep the metric at. Tasks are added above it, so the metric must fall when "
            "tasks are added."
        ),
        "50",
        pattern=r"[1-9][0-9]{0,11}(?:\.[0-9]{0,2}[1-9])?|0\.[0-9]{0,2}[1-9]",
        pattern_says=N_("must be a number above 0 with at most three decimals, such as 50 or 0.5"),
        optional=False,
    )
    scale_out_cooldown_seconds: int = integer(
        N_("Scale-out cool-down"),
        N_(
            "Time after tasks were added until more may be added. It should cover the start of an "
            "instance, the pull of the image, and loading the model."
        ),
        derived=True,
        minimum=0,
        maximum=COOLDOWN_MAX,
        unit="s",
    )
    scale_in_cooldown_seconds: int = integer(
        N_("Scale-in cool-down"),
        N_("Time after tasks were removed until more may be removed."),
        300,
        minimum=0,
        maximum=COOLDOWN_MAX,
        unit="s",
    )
    schedules: dict[str, str] = table(
        N_("Scheduled actions"),
        N_(
            "One NAME=SCHEDULE min N max N per line, such as night=cron(0 20 * * ? *) min 0 max 0. "
            "A schedule is cron(…), at(…), or rate(…). Each action sets the limits until the next."
        ),
        {},
        item_pattern=r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?",
        pattern=_ACTION.pattern,
        pattern_says=N_(
            "must be NAME=SCHEDULE min N max N, such as night=cron(0 20 * * ? *) min 0 max 0"
        ),
    )
    timezone: str = text(
        N_("Time zone"),
        N_("IANA time zone of the schedules with cron and at, such as Europe/Berlin."),
        "UTC",
        pattern=r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}",
        pattern_says=N_("must be the name of a time zone, such as Europe/Berlin"),
        max_length=64,
        optional=False,
    )


POLICIES: Mapping[str, str] = {
    "autoscaling.requests_per_target": "requests",
    "autoscaling.cpu_percent": "cpu",
    "autoscaling.memory_percent": "memory",
    "autoscaling.gpu_percent": "gpu",
    "autoscaling.metric_name": "metric",
}
"""The key that turns on each policy, and the name of its resource."""
OFF = (0, "")
"""The values of those keys without the policy."""


@dataclass(frozen=True, slots=True)
class ScheduledAction:
    """What one scheduled action does, and when."""

    name: str
    schedule: str
    """In AWS's syntax."""
    least: int
    """The minimum of tasks that it sets."""
    most: int

    def parsed(self) -> Schedule:
        """Return its schedule. Raises NotASchedule."""
        return parse_schedule(self.schedule)


def scheduled_actions(schedules: Mapping[str, str]) -> tuple[ScheduledAction, ...]:
    """Return the actions of ``autoscaling.schedules``; values that are not valid are left out."""
    return tuple(
        ScheduledAction(name, found["schedule"], int(found["least"]), int(found["most"]))
        for name, value in schedules.items()
        if (found := _ACTION.fullmatch(value))
    )


def action_text(schedule: str, least: int, most: int) -> str:
    """Return a scheduled action as the value of its name in ``autoscaling.schedules``."""
    return f"{schedule} min {least} max {most}"


def schedule_problems(schedules: Mapping[str, str]) -> Iterator[str]:
    """Yield why actions are invalid, as predicates that start with the name of the action."""
    for action in scheduled_actions(schedules):
        reason = ""
        try:
            action.parsed()
        except NotASchedule as problem:
            reason = str(problem)
        if action.least > action.most:
            reason = _("the minimum ({least}) must be at most the maximum ({most})").format(
                least=action.least, most=action.most
            )
        elif action.most > DESIRED_MAX:
            reason = _("the maximum must be at most {n}").format(n=DESIRED_MAX)
        if reason:
            yield _("{item}: {reason}").format(item=action.name, reason=reason)


def most_tasks(max_tasks: int, schedules: Mapping[str, str]) -> int:
    """Return the most tasks that scaling may run: the maximum, or that of a scheduled action."""
    return max(max_tasks, *(it.most for it in scheduled_actions(schedules)), 0)


def without_count(ignored: tuple[str, ...]) -> tuple[str, ...]:
    """Return what Terraform ignores without the desired count, which task scaling implies."""
    return tuple(it for it in ignored if it != COUNT)
