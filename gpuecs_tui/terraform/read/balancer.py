"""The answers about the load balancer that need a whole block of its Terraform."""

from __future__ import annotations

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl.tree import Reference, mentions
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import MISSING, Configuration, Missing, SourceLocation
from gpuecs_tui.terraform.read.gathered import Gathered
from gpuecs_tui.terraform.read.rules import BALANCER, READ_APART, RECORD, TARGETS, WEB_ACL
from gpuecs_tui.terraform.read.unread import broken_file

STICKINESS = "stickiness"
LOG_BUCKET = (BALANCER, "access_logs.bucket")
_LOGS = "access_logs"
_SECONDS = "load_balancer.stickiness_seconds"
_BUCKET, _PREFIX = "load_balancer.access_log_bucket", "load_balancer.access_log_prefix"
_HOST, _ZONE = "load_balancer.host_name", "load_balancer.hosted_zone_id"
_HOST_VARIABLE = "variable.host_name"
_COOKIE = "lb_cookie"
_USUAL_SECONDS = 86400
"""If a block sets no duration (AWS provider 5.100 documentation, aws_lb_target_group)."""


def stickiness(configuration: Configuration, found: Gathered) -> None:
    """Read whether and how long a cookie of the load balancer ties a client to a task.

    A target group without the block has no stickiness (ELB API reference, TargetGroupAttribute).
    """
    on = _is_on(configuration, found, (TARGETS, STICKINESS), _SECONDS, usual=True)
    if on is False:
        found.answers[_SECONDS] = 0
    elif on and configuration.value(TARGETS, f"{STICKINESS}.type") != _COOKIE:
        placed = configuration.expression(TARGETS, f"{STICKINESS}.type")
        place = placed[1] if placed else _start(configuration, TARGETS)
        reason = _("is not a cookie of the load balancer ({type})").format(type=_COOKIE)
        found.refuse((_SECONDS,), place, f"{TARGETS}.{STICKINESS}.type", reason)
    elif on:
        _take(configuration, found, _SECONDS, _USUAL_SECONDS)


def access_logs(configuration: Configuration, found: Gathered) -> None:
    """Read the bucket and the prefix of the access logs.

    A load balancer without the block, or whose block does not turn them on, writes none.
    """
    on = _is_on(configuration, found, (BALANCER, _LOGS), _BUCKET, usual=False)
    if on is False:
        found.answers[_BUCKET] = ""
    elif on:
        _take(configuration, found, _BUCKET, MISSING)
        _take(configuration, found, _PREFIX, "")


def web_acl(configuration: Configuration, found: Gathered) -> None:
    """Read the web ACL of the load balancer; without an association it has none."""
    key = "load_balancer.web_acl_arn"
    if WEB_ACL not in configuration.blocks:
        _absent((key,), configuration, found)
    elif _is_of_balancer(WEB_ACL, "resource_arn", (key,), configuration, found):
        value, start = configuration.value(WEB_ACL, "web_acl_arn"), _start(configuration, WEB_ACL)
        found.take(key, value, start, READ_APART[key])


def host_name(configuration: Configuration, found: Gathered) -> None:
    """Read the name of the service, and the hosted zone of its record.

    Without a record, the name is only a variable, which the output of the URL uses.
    """
    if RECORD in configuration.blocks:
        if _is_of_balancer(RECORD, "alias.name", (_HOST, _ZONE), configuration, found):
            start = _start(configuration, RECORD)
            found.take(_HOST, configuration.value(RECORD, "name"), start, f"{RECORD}.name")
            found.take(_ZONE, configuration.value(RECORD, "zone_id"), start, READ_APART[_ZONE])
        return
    if _HOST_VARIABLE in configuration.blocks:
        value = configuration.scope.value(Reference(READ_APART[_HOST]))
        found.take(_HOST, value, _start(configuration, _HOST_VARIABLE), READ_APART[_HOST])
        _absent((_ZONE,), configuration, found)
    else:
        _absent((_HOST, _ZONE), configuration, found)


def _absent(keys: tuple[str, ...], configuration: Configuration, found: Gathered) -> None:
    """Take empty texts as the answers of resources that are not declared."""
    if configuration.may_hide:
        lost = broken_file(configuration.may_hide, configuration)
        found.refuse(keys, SourceLocation(lost.file, lost.line or 0), lost.what, lost.reason)
    elif BALANCER in configuration.blocks:
        found.answers.update(dict.fromkeys(keys, ""))


def _is_of_balancer(
    address: str, path: str, keys: tuple[str, ...], configuration: Configuration, found: Gathered
) -> bool:
    """Tell whether an attribute refers to the load balancer; if not, record it for ``keys``."""
    placed = configuration.expression(address, path)
    if placed is not None and mentions(placed[0], BALANCER):
        return True
    reason = _("does not refer to {address}, the resource that gpuecs-tui reads")
    at = placed[1] if placed else _start(configuration, address)
    found.refuse(keys, at, f"{address}.{path}", reason.format(address=BALANCER))
    return False


def _is_on(
    configuration: Configuration, found: Gathered, where: tuple[str, str], key: str, *, usual: bool
) -> bool | None:
    """Return whether a block is there and turned on; None, with a record, if that is unknown.

    ``usual`` is the value of ``enabled`` in a block without it.
    """
    address, kind = where
    if address not in configuration.blocks:
        return None
    if withheld := configuration.withheld(address, kind):
        why, place = withheld
        found.take(key, UnknownValue(why), place, f"{address}.{kind}")
        return None
    if configuration.body(address, kind) is None:
        return False
    placed = configuration.expression(address, f"{kind}.enabled")
    value = configuration.scope.value(placed[0]) if placed else None
    if value is None:
        return usual
    if isinstance(value, bool):
        return value
    place = placed[1] if placed else _start(configuration, address)
    found.refuse((key,), place, f"{address}.{kind}.enabled", _("is unknown before the apply"))
    return None


def _take(
    configuration: Configuration, found: Gathered, key: str, absent: HclValue | Missing
) -> None:
    address, kind, path = _parts(READ_APART[key])
    placed = configuration.expression(address, f"{kind}.{path}")
    value = configuration.scope.value(placed[0]) if placed else None
    place = placed[1] if placed else _start(configuration, address)
    found.take(key, absent if value is None else value, place, READ_APART[key])


def _parts(place: str) -> tuple[str, str, str]:
    kind, name, block, attribute = place.split(".")
    return f"{kind}.{name}", block, attribute


def _start(configuration: Configuration, address: str) -> SourceLocation:
    file, block = configuration.blocks[address]
    return SourceLocation(file, block.line)
