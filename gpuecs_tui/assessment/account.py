"""Reading the account for a stack: lists, resources that the stack refers to, and prices.

The wizard reads step by step while the user enters answers. ``check`` and the check before an apply
have all answers and read everything at once. All functions here block. They raise AwsProblem for
problems of every call, such as expired credentials, and Closed once the reader was closed. boto3 is
imported with the first call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuecs_tui.aws.discovery.account import ReadProgress
    from gpuecs_tui.aws.facts import AccountFacts, CallerIdentity
    from gpuecs_tui.aws.session import AccountReader
    from gpuecs_tui.stack.model import Stack
    from gpuecs_tui.stack.resolve import Answers


def read_in_steps(
    reader: AccountReader,
    on_identity: Callable[[CallerIdentity], None],
    on_progress: Callable[[ReadProgress], None],
) -> AccountFacts:
    """Return all lists of the account; report the identity first, then each list as it arrives.

    A reader without a Region lists only the Regions.
    """
    from gpuecs_tui.aws.discovery import account
    from gpuecs_tui.aws.discovery.identity import read_identity, read_regions
    from gpuecs_tui.aws.facts import AccountFacts

    # Loading the service models takes longer than the first response.
    reader.submit(reader.prepare)
    # This runs in a thread of the reader, which can be abandoned at any time.
    jobs = {"identity": lambda: read_identity(reader)}
    ((_name, identity),) = account.as_they_come(reader, jobs)
    on_identity(identity)
    if not reader.region:
        regions = reader.reading("ec2:DescribeRegions", lambda: read_regions(reader))
        return AccountFacts(region="", regions=regions)
    return account.read_account(reader, on_progress, identity)


def look_up(reader: AccountReader, stack: Stack, facts: AccountFacts) -> AccountFacts:
    """Return ``facts`` with resources of ``stack`` that no list contains, such as its image."""
    from gpuecs_tui.aws.discovery.lookups import read_references

    return read_references(reader, stack, facts)


def read_for(
    reader: AccountReader,
    answers: Answers,
    on_facts: Callable[[AccountFacts], None] = lambda _facts: None,
) -> AccountFacts:
    """Return all lists of the account, and the resources that the stack of ``answers`` refers to.

    ``on_facts`` gets the facts so far each time a list arrives.
    """
    from gpuecs_tui.assessment.written import resolved
    from gpuecs_tui.aws.discovery.account import read_account

    facts = read_account(reader, lambda progress: on_facts(progress.facts))
    on_facts(facts)
    return look_up(reader, resolved(answers, facts).stack, facts)


def with_prices(reader: AccountReader, answers: Answers, facts: AccountFacts) -> AccountFacts:
    """Return ``facts`` with the prices for the stack of ``answers``."""
    from gpuecs_tui.aws.prices import read_prices
    from gpuecs_tui.stack.capacity.fleet_types import type_names

    return replace(facts, prices=read_prices(reader, [*type_names(answers)]))
