"""The keys of alarms and of the dashboard."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import flag, integer, text

TOPIC_ARN = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}"
"""A standard topic: an alarm can't send to a FIFO topic (CloudWatch user guide, "Notifying users on
alarm changes")."""
LATENCY_MAX = 4000
"""Seconds; the longest idle timeout of a load balancer, after which it answers itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """``alarms.*``: the CloudWatch alarms of the service, and its dashboard."""

    enabled: bool = flag(
        N_("Alarms"),
        N_(
            "CloudWatch alarms for unhealthy targets, for no healthy target, and for those that "
            "have a limit below. Each metric in an alarm is billed."
        ),
        False,
    )
    topic_arn: str = text(
        N_("Notify"),
        N_(
            "ARN of the SNS topic that gets a message when an alarm starts or ends. Empty: alarms "
            "only show in CloudWatch."
        ),
        "",
        pattern=TOPIC_ARN,
        pattern_says=N_("must be the ARN of a standard SNS topic"),
    )
    server_error_percent: int = integer(
        N_("Server errors"),
        N_(
            "Alarm if more than this share of the responses are errors (5xx) of the tasks or of "
            "the load balancer. 0: no such alarm."
        ),
        5,
        minimum=1,
        maximum=100,
        also=(0,),
        unit="%",
    )
    latency_seconds: int = integer(
        N_("Response time"),
        N_("Alarm if one response in twenty takes longer than this. 0: no such alarm."),
        0,
        minimum=1,
        maximum=LATENCY_MAX,
        also=(0,),
        unit="s",
    )
    gpu_memory_percent: int = integer(
        N_("GPU memory"),
        N_(
            "Alarm if the fullest GPU uses more than this share of its memory. Many model servers "
            "reserve nearly all of it at their start. 0: no such alarm."
        ),
        0,
        minimum=1,
        maximum=100,
        also=(0,),
        unit="%",
    )
    rollback: bool = flag(
        N_("Alarms roll back"),
        N_(
            "An alarm for targets, errors, or response time during a deployment ends it and rolls "
            "it back to the last version that worked."
        ),
        False,
    )
    dashboard: bool = flag(
        N_("Dashboard"),
        N_(
            "A CloudWatch dashboard with requests, response time, errors, targets, tasks, GPUs, "
            "and instances, as far as the stack has these metrics."
        ),
        False,
    )
