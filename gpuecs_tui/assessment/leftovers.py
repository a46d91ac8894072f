"""What a destroyed stack left in the account, in words: what, its cost, and how to remove it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.aws.discovery.identity import read_identity
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.leftovers import (
    FREE,
    VOLUME,
    Kind,
    Leftover,
    Leftovers,
    read_leftovers,
)
from gpuecs_tui.aws.prices_facts import Price
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.call_options import aws_options
from gpuecs_tui.checks.pricing.cost_words import money
from gpuecs_tui.checks.pricing.lines import HOURS_A_MONTH
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.plan.destroyed import destroyed_names
from gpuecs_tui.terraform.plan.revisions import left_in_words
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_list import runs_of

_TITLES: Mapping[Kind, str] = {
    "instances": N_("Instance"),
    "volumes": N_("EBS volume"),
    "interfaces": N_("Network interface"),
    "security_groups": N_("Security group"),
    "log_groups": N_("Log group"),
}
"""In the order of their cost."""
_UNREAD: Mapping[Kind, str] = {
    "instances": N_("Instances were not read: {reason}."),
    "volumes": N_("EBS volumes were not read: {reason}."),
    "interfaces": N_("Network interfaces were not read: {reason}."),
    "security_groups": N_("Security groups were not read: {reason}."),
    "log_groups": N_("Log groups were not read: {reason}."),
}
_REMOVES: Mapping[Kind, str] = {
    "instances": "ec2 terminate-instances --region {region} --instance-ids {id}",
    "volumes": "ec2 delete-volume --region {region} --volume-id {id}",
    "interfaces": "ec2 delete-network-interface --region {region} --network-interface-id {id}",
    "security_groups": "ec2 delete-security-group --region {region} --group-id {id}",
    "log_groups": "logs delete-log-group --region {region} --log-group-name {id}",
}
"""Service, operation and arguments of the AWS CLI."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left, as lines for a log."""

    lines: tuple[str, ...]
    has_revisions: bool
    """Whether the revisions were read; otherwise only those of the run's plans are known."""
    count: int
    """Resources besides the revisions."""
    unread: int
    """Kinds of resources that were not read."""


def read_left(run: Run, reader_for: Callable[[str], AccountReader]) -> Left:
    """Read what the completed destroy ``run`` left in the account.

    ``reader_for`` returns a reader for a Region. What can't be read is a line and never raised;
    raises Closed if the reader is closed.
    """
    names = destroyed_names(runs_of(run.directory))
    if not names:
        words = _("What is left in the account was not read: the details of the plan are missing.")
        return Left((words,), False, 0, 1)
    reader = reader_for(names.region)
    try:
        present = read_identity(reader).account
    except AwsProblem as problem:
        words = _("What is left in the account was not read: {reason}.")
        return Left((words.format(reason=problem.reason),), False, 0, 1)
    if present != names.account:
        words = _(
            "What is left in the account {account} was not read: the credentials are for the "
            "account {present}."
        ).format(account=names.account, present=present)
        return Left((words,), False, 0, 1)
    found = read_leftovers(reader, names)
    return left_in_account(found, run.directory, names.region, run.profile)


def left_in_account(found: Leftovers, directory: Path, region: str, profile: str | None) -> Left:
    """Return the lines about what was found with ``profile``, the revisions first."""
    lines = [*_revision_lines(found.revisions, directory)]
    count = unread = 0
    for kind, title in _TITLES.items():
        reading = found.found[kind]
        if isinstance(reading, Unknown):
            unread += 1
            lines.append(_(_UNREAD[kind]).format(reason=reading.reason))
            continue
        count += len(reading.value)
        lines += (
            _line(_(title), it, found.prices, _command(kind, it, region, profile))
            for it in reading.value
        )
    if not count and not unread:
        lines.append(
            _(
                "No instances, EBS volumes, network interfaces, security groups or log groups of "
                "the stack are left in the account."
            )
        )
    return Left(tuple(lines), isinstance(found.revisions, Known), count, unread)


def _revision_lines(reading: Reading[tuple[str, ...]], directory: Path) -> Iterator[str]:
    if isinstance(reading, Unknown):
        yield _("Task definition revisions were not read: {reason}.").format(reason=reading.reason)
    elif reading.value:
        yield left_in_words(reading.value, directory)


def _command(kind: Kind, it: Leftover, region: str, profile: str | None) -> str:
    """Return the command that removes a resource."""
    words = _REMOVES[kind].format(region=shell_word(region), id=shell_word(it.id))
    return f"aws {aws_options(profile)}{words}"


def _line(title: str, it: Leftover, prices: Mapping[str, Reading[Price]], command: str) -> str:
    name = f"{it.id} ({it.about})" if it.about else it.id
    cost = _cost(it, prices)
    if it.held_by:
        words = _(
            "{title} {name} is left, {cost}. {holder} uses it. Once it is free, remove it with: "
            "{command}"
        )
    else:
        words = _("{title} {name} is left, {cost}. If nothing needs it, remove it with: {command}")
    return words.format(
        title=title,
        name=name,
        cost=cost,
        holder=it.held_by,
        command=command,
    )


def _cost(it: Leftover, prices: Mapping[str, Reading[Price]]) -> str:
    """Return what a resource costs in a month, as the middle of a sentence."""
    if it.product == FREE:
        return _("no cost")
    price = prices.get(it.product)
    if not isinstance(price, Known):
        return _("cost not known")
    usd = price.value.usd * it.count
    month = money(usd if it.product == VOLUME else usd * HOURS_A_MONTH)
    words = _("at least {month}/month") if it.at_least else _("{month}/month")
    return words.format(month=month)
