"""What tags a stack can't carry, though each of them alone is one that AWS takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gpuecs_tui.i18n import _

MANAGED_TAG = "AmazonECSManaged"
"""Written on the Auto Scaling group by ECS, and by the stack (docs/aws.md, "Capacity provider")."""
TAGS_PER_RESOURCE = 50
"""AWS's limit; tags of AWS's own, ``aws:``, don't count (EC2 user guide, tag restrictions)."""
OWN_TAGS = ("Name", MANAGED_TAG)
"""What the stack adds where it adds most, on the Auto Scaling group (fleet.tf)."""
TAGS_MAX = TAGS_PER_RESOURCE - len(OWN_TAGS)


def tags_problem(tags: Mapping[str, str]) -> str:
    """Say in one sentence's end why a stack can't carry ``tags``, or return the empty text."""
    folded = Counter(name.lower() for name in tags)
    for name in tags:
        if name.lower() == MANAGED_TAG.lower():
            return _("{name} is ECS's own tag, which the stack sets itself").format(name=name)
        if folded[name.lower()] > 1:
            # IAM user guide, tagging: the case of a key is kept, but doesn't tell two apart.
            return _("{name} is there in another case too, which is the same tag to IAM").format(
                name=name
            )
    if len(tags.keys() - {"Name"}) > TAGS_MAX:
        return _("holds {n} tags; beside the stack's own, at most {most} fit").format(
            n=len(tags), most=TAGS_MAX
        )
    return ""
