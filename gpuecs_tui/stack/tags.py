"""Tags that a stack can't have together, although AWS accepts each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gpuecs_tui.i18n import _

MANAGED_TAG = "AmazonECSManaged"
"""Written on the Auto Scaling group by ECS, and by the stack (docs/aws.md, "Capacity provider")."""
TAGS_PER_RESOURCE = 50
"""The limit of AWS. Tags that start with ``aws:`` don't count (EC2 user guide, tag
restrictions)."""
OWN_TAGS = ("Name", MANAGED_TAG)
"""The tags that the stack adds to the Auto Scaling group, the resource with most of them
(fleet.tf)."""
TAGS_MAX = TAGS_PER_RESOURCE - len(OWN_TAGS)


def tags_problem(tags: Mapping[str, str]) -> str:
    """Return why a stack can't have ``tags`` as a predicate ("contains …"), or an empty text."""
    folded = Counter(name.lower() for name in tags)
    for name in tags:
        if name.lower() == MANAGED_TAG.lower():
            return _("contains {name}, which the stack sets for ECS").format(name=name)
        if folded[name.lower()] > 1:
            # IAM user guide, tagging: keys keep their case but are compared without it.
            return _("contains {name} in different case too, which is the same tag to IAM").format(
                name=name
            )
    if len(tags.keys() - {"Name"}) > TAGS_MAX:
        return _("contains {n} tags; the maximum is {most} plus the stack's own").format(
            n=len(tags), most=TAGS_MAX
        )
    return ""
