"""Findings about Terraform that gpuecs-tui doesn't understand, and about files that were deleted.

No default replaces an unknown answer. Known answers are still checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gpuecs_tui.checks.finding import Finding, undecided, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.unread import Unread

NOT_READ = "not-read"
"""The rule id. It is not in RULES because it is about files, not about a stack."""
FILE_DELETED = "file-deleted"
"""Rule id of a file that this program wrote and that was deleted since."""
_OF_TYPES = {
    "aws_ecs_service": "service.desired_count",
    "aws_ecs_task_definition": "task.image",
    "aws_appautoscaling_target": "autoscaling.enabled",
    "aws_appautoscaling_policy": "autoscaling.enabled",
    "aws_appautoscaling_scheduled_action": "autoscaling.schedules",
    "aws_lb": "load_balancer.internal",
    "aws_wafv2_web_acl_association": "load_balancer.web_acl_arn",
    "aws_route53_record": "load_balancer.hosted_zone_id",
    "aws_lb_listener": "load_balancer.port",
    "aws_lb_target_group": "load_balancer.target_port",
    "aws_autoscaling_group": "fleet.max_size",
    "aws_ecs_capacity_provider": "fleet.target_capacity",
    "aws_launch_template": "fleet.instance_type",
    "aws_cloudwatch_dashboard": "alarms.dashboard",
    "aws_cloudwatch_log_group": "task.log_group",
    "aws_cloudwatch_metric_alarm": "alarms.enabled",
    "terraform": "state.backend",
    "provider": "stack.region",
}
"""Resource type → key of a finding that leaves no answer unknown."""


def unread_findings(unread: Iterable[Unread]) -> Iterator[Finding]:
    """Yield a finding for each item that isn't read: its file, line, and unknown answers.

    Also yield a warning for each deleted file.
    """
    for each in unread:
        if each.is_followed:
            continue
        if each.is_deleted:
            yield _deleted(each)
            continue
        message = [
            each.sentence[:1].upper() + each.sentence[1:] if not each.file else each.sentence
        ]
        if each.keys:
            message.append(
                _("These values are unknown as a result: {keys}.").format(keys=", ".join(each.keys))
            )
        if each.blinds == "account":
            message.append(_("The stack was not checked against the account."))
        if each.blinds == "state":
            message.append(_("Could not check which resources belong to this stack."))
        yield undecided(NOT_READ, _field(each), " ".join(message), _remedy(each))


def _deleted(unread: Unread) -> Finding:
    return warning(
        FILE_DELETED,
        "stack.name",
        unread.sentence,
        _(
            "restore {file}, for example from version control, or check in the plan what Terraform "
            "destroys without it"
        ).format(file=unread.what),
    )


def _field(unread: Unread) -> str:
    if unread.keys:
        return unread.keys[0]
    found = _OF_TYPES.get(unread.what.partition(".")[0].partition("[")[0], "stack.name")
    return found if found in KEYS else "stack.name"


def _remedy(unread: Unread) -> str:
    if unread.blinds == "account":
        return _("run the check as that account, with the same named profile or role")
    return _("check it in the plan before you apply")
