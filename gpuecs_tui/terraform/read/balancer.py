"""The answers about the load balancer that need a whole block of its Terraform."""

from __future__ import annotations

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl.values import UnknownValue
from gpuecs_tui.terraform.read.configuration import MISSING, Configuration, SourceLocation
from gpuecs_tui.terraform.read.gathered import Gathered
from gpuecs_tui.terraform.read.rules import READ_APART, TARGETS

STICKINESS = "stickiness"
_SECONDS = "load_balancer.stickiness_seconds"
_COOKIE = "lb_cookie"
_USUAL_SECONDS = 86400
"""If a block sets no duration (AWS provider 5.100 documentation, aws_lb_target_group)."""


def stickiness(configuration: Configuration, found: Gathered) -> None:
    """Read whether and how long a cookie of the load balancer ties a client to a task.

    A target group without the block has no stickiness (ELB API reference, TargetGroupAttribute).
    """
    if TARGETS not in configuration.blocks:
        return
    what = f"{TARGETS}.{STICKINESS}"
    if withheld := configuration.withheld(TARGETS, STICKINESS):
        why, place = withheld
        found.take(_SECONDS, UnknownValue(why), place, what)
        return
    if configuration.body(TARGETS, STICKINESS) is None:
        found.answers[_SECONDS] = 0
        return
    on = configuration.value(TARGETS, f"{STICKINESS}.enabled")
    if on is False:
        found.answers[_SECONDS] = 0
        return
    placed = configuration.expression(TARGETS, f"{STICKINESS}.type")
    place = placed[1] if placed else SourceLocation(*_start(configuration))
    if on not in (True, None, MISSING):
        found.refuse((_SECONDS,), place, f"{what}.enabled", _("is unknown before the apply"))
    elif configuration.value(TARGETS, f"{STICKINESS}.type") != _COOKIE:
        reason = _("is not a cookie of the load balancer ({type})").format(type=_COOKIE)
        found.refuse((_SECONDS,), place, f"{what}.type", reason)
    else:
        seconds = configuration.value(TARGETS, f"{STICKINESS}.cookie_duration")
        set_ = configuration.expression(TARGETS, f"{STICKINESS}.cookie_duration")
        if seconds is None or seconds is MISSING:
            found.answers[_SECONDS] = _USUAL_SECONDS
        else:
            found.take(_SECONDS, seconds, set_[1] if set_ else place, READ_APART[_SECONDS])


def _start(configuration: Configuration) -> tuple[str, int]:
    file, block = configuration.blocks[TARGETS]
    return file, block.line
