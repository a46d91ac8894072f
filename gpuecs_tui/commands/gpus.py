"""``gpus``: lists GPU instance types, from the account or from the shipped catalogue."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_FAILED, Failure
from gpuecs_tui.commands.misspelt import refuse_malformed, unknown_region
from gpuecs_tui.commands.output import print_json
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.instance_type import InstanceType

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.aws.session import AccountReader
    from gpuecs_tui.checks.sizing.offers import Offer, TypeConditions
    from gpuecs_tui.commands.stack_source import Subject
    from gpuecs_tui.stack.model import Stack


@dataclass(frozen=True, slots=True)
class _Read:
    account: AccountFacts
    note: str
    """Why the catalogue is shown instead of the account; empty if the account is shown."""


def gpus(arguments: argparse.Namespace) -> int:
    """Print the requested GPU types with their source, and why ECS can't use a type."""
    from gpuecs_tui.aws import catalogue
    from gpuecs_tui.checks.sizing.offers import offers, ordered
    from gpuecs_tui.commands import gpus_table

    choose_account(arguments)
    about = _subject(arguments)
    region = arguments.region or (about.stack.stack.region if about else "")
    refuse_malformed(region)
    read = _offline(region) if arguments.offline else _read(region, arguments.compare or ())
    found = offers(read.account, arguments.zone, _stack_on(about) if about else None)
    if arguments.compare:
        chosen = _compared(found, arguments.compare)
    else:
        wanted = _wanted(arguments)
        by = arguments.sort or ("task-price" if about else "type")
        chosen = ordered((it for it in found if wanted.takes(it) and (not about or it.tasks)), by)
    # Without prices, the limit would match no type although nothing was compared.
    priceless = arguments.max_price is not None and all(it.price is None for it in found)
    if priceless:
        print(
            _("No prices are known, so --max-price matches no type."),
            read.note,
            *gpus_table.remarks(read.account, list(found)),
            file=sys.stderr,
        )
    source = catalogue.instance_types(read.account).source
    if arguments.json:
        if priceless:
            # An empty list would say that every type costs more.
            return EXIT_FAILED
        print_json([gpus_table.tree(it, source) for it in chosen])
        return 0
    lines = gpus_table.side_by_side(chosen) if arguments.compare else gpus_table.table(chosen)
    print("\n".join(lines))
    print()
    print(_("Source: {source}.").format(source=source))
    for line in gpus_table.remarks(read.account, chosen):
        print(line)
    if not found:
        print(_("This Region has no GPU instance types."))
    elif not chosen:
        print(_("None of the {n} types matches.").format(n=len(found)))
    if read.note and not priceless:
        print(read.note, file=sys.stderr)
    return EXIT_FAILED if priceless else 0


def _subject(arguments: argparse.Namespace) -> Subject | None:
    from gpuecs_tui.commands import stack_source

    return stack_source.load(arguments.fits) if arguments.fits else None


def _stack_on(about: Subject) -> Callable[[InstanceType], Stack]:
    """Return the stack as it would be on a type: sizes that aren't set follow the type."""
    from gpuecs_tui.stack.capacity.fleet_types import on_type
    from gpuecs_tui.stack.resolve import resolve

    def on(it: InstanceType) -> Stack:
        return resolve(on_type(about.answers, it.name), it).stack

    return on


def _wanted(arguments: argparse.Namespace) -> TypeConditions:
    from gpuecs_tui.checks.sizing.offers import TypeConditions

    return TypeConditions(
        gpu_memory_gb=arguments.min_gpu_memory,
        price=arguments.max_price,
        zones=tuple(arguments.zone),
    )


def _compared(found: tuple[Offer, ...], names: list[str]) -> list[Offer]:
    by_name = {it.name: it for it in found}
    for name in names:
        if name not in by_name:
            raise Failure(
                _("GPU instance type {name} does not exist here.").format(name=name),
                _("To list the types: gpuecs-tui gpus"),
            )
    return [by_name[name] for name in names]


def _read(region: str, only: list[str] | tuple[()]) -> _Read:
    from gpuecs_tui.aws.discovery.compute import read_gpu_instances, read_quotas, read_reservations
    from gpuecs_tui.aws.prices import read_prices
    from gpuecs_tui.aws.profiles import default_region
    from gpuecs_tui.aws.reading import Known
    from gpuecs_tui.aws.region_names import is_missing
    from gpuecs_tui.aws.session import connect

    reader = connect(region=region or default_region())
    try:
        account = _types(reader)
        types = account.instance_types
        if (not isinstance(types, Known) or not types.value) and is_missing(reader):
            raise unknown_region(reader.region)
        if not isinstance(types, Known):
            return _Read(
                account,
                _("Could not read the account ({reason}). {remedy}")
                .format(reason=types.reason, remedy=types.remedy)
                .strip(),
            )
        quotas = reader.submit(
            lambda: reader.reading("servicequotas:GetServiceQuota", lambda: read_quotas(reader))
        )
        running = reader.submit(
            lambda: reader.reading("ec2:DescribeInstances", lambda: read_gpu_instances(reader))
        )
        reserved = reader.submit(
            lambda: reader.reading(
                "ec2:DescribeCapacityReservations", lambda: read_reservations(reader)
            )
        )
        names = [it.name for it in types.value if it.supported and (not only or it.name in only)]
        prices = read_prices(reader, names)
        account = replace(
            account,
            quotas=quotas.result(),
            gpu_instances=running.result(),
            reservations=reserved.result(),
            prices=prices,
        )
    finally:
        reader.close()
    return _Read(account, "")


def _types(reader: AccountReader) -> AccountFacts:
    from gpuecs_tui.aws.discovery.compute import offered, read_instance_types, read_offerings
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.aws.reading import Known

    listed = reader.submit(
        lambda: reader.reading("ec2:DescribeInstanceTypeOfferings", lambda: read_offerings(reader))
    )
    types = reader.reading("ec2:DescribeInstanceTypes", lambda: read_instance_types(reader))
    offerings = listed.result()
    if isinstance(types, Known) and isinstance(offerings, Known):
        types = replace(types, value=offered(types.value, offerings.value))
    return AccountFacts(region=reader.region, instance_types=types, offerings=offerings)


def _offline(region: str) -> _Read:
    from gpuecs_tui.aws.facts import AccountFacts

    return _Read(AccountFacts(region=region), "")
