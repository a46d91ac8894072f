"""What every rule looks at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.network_facts import Subnet
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.checks.placement import Fit, fit
from gpuecs_tui.stack.agent_config import reserved_memory
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.partial import known
from gpuecs_tui.stack.state_facts import StateFacts


@dataclass(frozen=True, slots=True)
class Context:
    """A stack beside the account that it is to stand in."""

    stack: Stack
    account: AccountFacts
    """Where nothing was read, everything in it is unknown."""
    instance_type: InstanceType | None
    """What ``fleet.instance_type`` names; None when neither account nor catalogue has it."""
    owned: frozenset[str] | None = frozenset()
    """Names, ids and ARNs of what the stack's own state holds; None when it couldn't be read."""
    provider: str = ""
    """The version of the AWS provider that the stack's directory asks for; empty: it's open."""
    bootstrap: str = ""
    """The user data file of the stack's directory; empty: as it is written."""
    state: StateFacts = field(default_factory=StateFacts)
    """What is known of where the stack's own state is, and why it is not read."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def fit(self) -> Fit | None:
        """How many tasks an instance takes; None for a type without GPUs or an unknown one."""
        return fit(self.stack, self.instance_type) if self.instance_type else None

    def may_own(self, *identities: str) -> bool:
        """Tell whether the state holds one of these names or ARNs, or could not be read."""
        return self.owned is None or bool(self.owned & {*identities})

    def subnets(self, ids: Collection[str]) -> tuple[Subnet, ...] | None:
        """Return those of ``ids`` that exist, in their order; None when subnets are unknown."""
        if not isinstance(self.account.subnets, Known):
            return None
        by_id = {it.id: it for it in self.account.subnets.value}
        return tuple(by_id[it] for it in ids if it in by_id)


def context_of(
    stack: Stack,
    account: AccountFacts | None,
    owned: frozenset[str] | None = frozenset(),
    now: datetime | None = None,
    provider: str = "",
    bootstrap: str = "",
    state: StateFacts | None = None,
) -> Context:
    """Return the context for ``stack``; without an account every fact of it is unknown.

    Of a ``partial`` stack there is no instance type where it is unknown, and nothing is reserved on
    it where the user data is.
    """
    account = account or AccountFacts(region=known(lambda: stack.stack.region) or "")
    name = known(lambda: stack.fleet.instance_type)
    found = catalogue.find(name, account) if name else None
    reserved = known(lambda: reserved_memory(user_data_of(stack, bootstrap), stack.fleet.ami).mib)
    if found is not None and reserved is not None:
        found = found.reserving(reserved)
    moment = now or datetime.now(UTC)
    kept = state or StateFacts()
    return Context(stack, account, found, owned, provider, bootstrap, kept, moment)


def user_data_of(stack: Stack, bootstrap: str) -> str:
    """Return what instances get as user data: ``bootstrap`` and what is added to it."""
    extra = stack.fleet.extra_user_data
    return f"{bootstrap}\n{extra}" if bootstrap else extra
