"""Suggestions for a new stack: names and choices derived from the directory and the account.

A suggestion fills an untouched field, states its reason, and can be changed in place. If several
choices are equally good, none is suggested. Pure: no screen, no account call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.aws.facts import AccountFacts, Repository
from gpuecs_tui.aws.network_facts import Subnet, Vpc, egress_of
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.identity import NAME_MAX
from gpuecs_tui.stack.model import KEYS

if TYPE_CHECKING:
    from gpuecs_tui.aws.discovery.newest_images import NewestImage

NAME = "stack.name"
VPC = "network.vpc_id"
SUBNETS = "network.instance_subnet_ids"
INSTANCE_TYPE, INSTANCE_TYPES = "fleet.instance_type", "fleet.instance_types"
IMAGE = "task.image"
ACCOUNT_KEYS = (VPC, SUBNETS, INSTANCE_TYPE)
"""Keys that ``suggestions`` may return."""

FEWEST_ADDRESSES = 16
"""A subnet with fewer free addresses is not suggested, because it would soon have none left: an
Application Load Balancer alone uses up to eight (ELB user guide)."""
FEWEST_ZONES = 2
"""An Application Load Balancer needs subnets in two zones, and uses the instances' by default (ELB
user guide)."""
FEWEST_INSTANCES = 2
"""Instances that the quota must still allow: a rolling update of one task needs two."""

MOST_REPOSITORIES = 12
"""Repositories whose images are read to suggest one: two calls each, in a few seconds."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text for a field, and why it is suggested."""

    text: str
    reason: str
    """The end of a sentence, such as "the only VPC with private subnets"."""


def suggested_name(directory: Path) -> Suggestion | None:
    """Return a stack name made from the directory name; None if that has no letter or digit."""
    words = re.sub(r"[^a-z0-9]+", "-", directory.resolve().name.lower()).strip("-")
    # AWS refuses some names, such as those that are too short or begin with a digit or "aws".
    for name in (words, f"{words}-gpu", f"gpu-{words}") if words else ():
        cut = name[:NAME_MAX].strip("-")
        if not KEYS[NAME].problem(cut):
            return Suggestion(cut, _("from the directory name"))
    return None


def suggestions(facts: AccountFacts, chosen: Mapping[str, str]) -> dict[str, Suggestion]:
    """Return the suggestions for network and instance type that follow from ``facts``, by key.

    ``chosen`` has the user's decisions by key: suggestions are derived from them and never replace
    them.
    """
    found: dict[str, Suggestion] = {}
    if not isinstance(facts.vpcs, Known) or not isinstance(facts.subnets, Known):
        return found
    reached = _private_subnets(facts, facts.subnets.value)
    vpc = chosen.get(VPC) or _put(found, VPC, _vpc(facts.vpcs.value, reached), chosen)
    here = [subnet for subnet in reached if subnet.vpc_id == vpc]
    wanted_zones = {
        subnet.zone for subnet in facts.subnets.value if subnet.id in _listed(chosen, SUBNETS)
    }
    zones = wanted_zones or {subnet.zone for subnet in here}
    fewest = len(wanted_zones) or FEWEST_ZONES
    cheapest = _instance_type(facts, zones, min(fewest, FEWEST_ZONES))
    name = chosen.get(INSTANCE_TYPE) or _put(found, INSTANCE_TYPE, cheapest, chosen)
    if vpc and not chosen.get(SUBNETS):
        names = _listed(chosen, INSTANCE_TYPES) or ([name] if name else [])
        _put(found, SUBNETS, _subnets(here, _zones_offering(facts, names), len(names)), chosen)
    return found


def _listed(chosen: Mapping[str, str], key: str) -> list[str]:
    return chosen.get(key, "").replace(",", " ").split()


def repositories_to_read(facts: AccountFacts, name: str) -> tuple[Repository, ...]:
    """Return the repositories that may have the stack's image.

    That is the repository with the stack's name; without one, all repositories if they are few.
    Then the images decide: see ``suggested_image``.
    """
    if not isinstance(facts.repositories, Known):
        return ()
    found = facts.repositories.value
    named = tuple(it for it in found if it.name.rpartition("/")[2] == name)
    if len(named) == 1:
        return named
    return found if len(found) <= MOST_REPOSITORIES else ()


def suggested_image(newest: Sequence[NewestImage], architecture: str) -> Suggestion | None:
    """Return the newest image of the only repository that can have one for ``architecture``.

    ``newest``: of each candidate repository. An image of unknown architecture may match, and a
    repository that could not be read may have any image. An empty ``architecture`` is unknown too.
    """
    possible = [it for it in newest if not it.is_read or (it.tag and _may_suit(it, architecture))]
    if len(possible) != 1 or not possible[0].tag:
        return None
    image = possible[0]
    reason = _("the latest image of {repository}").format(repository=image.repository.name)
    if len(newest) > 1:
        reason = _("the latest image of {repository}, the only repository with a suitable image")
        reason = reason.format(repository=image.repository.name)
    return Suggestion(f"{image.repository.uri}:{image.tag}", reason)


def _may_suit(image: NewestImage, architecture: str) -> bool:
    known = bool(image.architectures and architecture)
    return not known or architecture in image.architectures


def _put(
    found: dict[str, Suggestion],
    key: str,
    suggestion: Suggestion | None,
    chosen: Mapping[str, str],
) -> str:
    if suggestion is None or key in chosen:
        return ""
    found[key] = suggestion
    return suggestion.text


def _private_subnets(facts: AccountFacts, subnets: Iterable[Subnet]) -> list[Subnet]:
    """Return the subnets without public addresses whose default route leads out of the VPC."""
    if not isinstance(facts.route_tables, Known):
        return []
    tables = facts.route_tables.value
    return [
        subnet
        for subnet in subnets
        if egress_of(subnet, tables) in {"nat", "other"}
        and subnet.free_addresses >= FEWEST_ADDRESSES
    ]


def _vpc(vpcs: tuple[Vpc, ...], reached: Iterable[Subnet]) -> Suggestion | None:
    """Return the only VPC with such subnets, or the default VPC."""
    having = {subnet.vpc_id for subnet in reached}
    private = [vpc for vpc in vpcs if vpc.id in having]
    if len(private) == 1:
        return Suggestion(
            private[0].id, _("the only VPC whose private subnets have an outbound route")
        )
    default = [vpc for vpc in (private or vpcs) if vpc.is_default]
    if len(default) == 1:
        return Suggestion(default[0].id, _("the default VPC"))
    return None


def _instance_type(facts: AccountFacts, zones: set[str], fewest: int) -> Suggestion | None:
    """Return the cheapest type that AWS documents for ECS and the quota still allows."""
    # Imported late: the checks are imported after the first frame.
    from gpuecs_tui.checks.sizing.offers import offers

    usable = [
        offer
        for offer in offers(facts, zones)
        if offer.instance_type.ecs_support == "documented"
        and offer.price is not None
        and len(offer.zones or ()) >= fewest
        and (offer.quota_left.get("on-demand") or 0) >= FEWEST_INSTANCES
    ]
    if not usable:
        return None
    cheapest = min(usable, key=attrgetter("price"))
    reason = _("the cheapest type that AWS documents for ECS and your quota allows")
    return Suggestion(cheapest.name, reason)


def _zones_offering(facts: AccountFacts, names: Sequence[str]) -> frozenset[str] | None:
    """Return the zones that offer every type; None if no type is chosen or the zones are
    unknown."""
    if not names or not isinstance(facts.offerings, Known):
        return None
    zones = {it.instance_type: it.zones for it in facts.offerings.value}
    return frozenset.intersection(*(frozenset(zones.get(name, ())) for name in names))


def _subnets(here: Iterable[Subnet], zones: frozenset[str] | None, types: int) -> Suggestion | None:
    """Return one subnet in each zone, that with the most free addresses."""
    by_zone: dict[str, Subnet] = {}
    for subnet in here:
        if zones is not None and subnet.zone not in zones:
            continue
        present = by_zone.get(subnet.zone)
        if present is None or subnet.free_addresses > present.free_addresses:
            by_zone[subnet.zone] = subnet
    if len(by_zone) < FEWEST_ZONES:
        return None
    reason = ngettext(
        "a private subnet in each zone that offers the instance type",
        "a private subnet in each zone that offers all instance types",
        types,
    )
    if zones is None:
        reason = _("a private subnet in each zone")
    return Suggestion(", ".join(by_zone[zone].id for zone in sorted(by_zone)), reason)
