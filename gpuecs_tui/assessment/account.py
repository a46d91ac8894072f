"""Reading the account for a stack: its lists, what the stack names, and prices.

The wizard reads it step by step while answers are typed. ``check`` and the check before an apply
have all answers, and read everything at once. All functions here block. They raise AwsProblem for
what concerns every call, such as expired credentials, and Closed once the reader was closed. boto3
is imported with the first call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuecs_tui.aws.discovery.account import Progress
    from gpuecs_tui.aws.facts import AccountFacts, Identity
    from gpuecs_tui.aws.session import AccountReader
    from gpuecs_tui.stack.model import Stack
    from gpuecs_tui.stack.resolve import Answers


def read_in_steps(
    reader: AccountReader,
    on_identity: Callable[[Identity], None],
    on_progress: Callable[[Progress], None],
) -> AccountFacts:
    """Return all lists of the account; tell whose account it is first, then each list as it comes.

    Of a reader without a region only the regions are listed.
    """
    from gpuecs_tui.aws.discovery import account
    from gpuecs_tui.aws.discovery import identity as discovery_identity
    from gpuecs_tui.aws.facts import AccountFacts

    # Loading the services' models takes longer than the first answer does to come.
    reader.submit(reader.prepare)
    # In one of the reader's threads, which can be left at any time.
    jobs = {"identity": lambda: discovery_identity.read_identity(reader)}
    ((_name, identity),) = account.as_they_come(reader, jobs)
    on_identity(identity)
    if not reader.region:
        regions = reader.reading(
            "ec2:DescribeRegions", lambda: discovery_identity.read_regions(reader)
        )
        return AccountFacts(region="", regions=regions)
    return account.read_account(reader, on_progress, identity)


def look_up(reader: AccountReader, stack: Stack, facts: AccountFacts) -> AccountFacts:
    """Return ``facts`` with what ``stack`` names and the lists don't hold, such as its image."""
    from gpuecs_tui.aws.discovery.lookups import read_references

    return read_references(reader, stack, facts)


def read_for(
    reader: AccountReader,
    answers: Answers,
    on_facts: Callable[[AccountFacts], None] = lambda _facts: None,
) -> AccountFacts:
    """Return all lists of the account, and what the stack of ``answers`` names.

    ``on_facts`` gets what is known so far, as each list comes.
    """
    from gpuecs_tui.assessment.written import resolved
    from gpuecs_tui.aws.discovery.account import read_account

    facts = read_account(reader, lambda progress: on_facts(progress.facts))
    on_facts(facts)
    return look_up(reader, resolved(answers, facts).stack, facts)


def with_prices(reader: AccountReader, answers: Answers, facts: AccountFacts) -> AccountFacts:
    """Return ``facts`` with the prices of what the stack of ``answers`` uses."""
    from gpuecs_tui.aws.prices import read_prices

    name = str(answers.get("fleet.instance_type", ""))
    return replace(facts, prices=read_prices(reader, [name] if name else []))
