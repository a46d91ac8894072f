"""The input of every rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.network_facts import Subnet
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.checks.placement import Fit, fit
from gpuecs_tui.stack.agent_config import reserved_memory
from gpuecs_tui.stack.capacity.fleet_types import types_of
from gpuecs_tui.stack.capacity.smallest import smallest_of
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.partial import known
from gpuecs_tui.stack.provider import NO_MIRROR, Mirrored
from gpuecs_tui.stack.state_facts import StateFacts


@dataclass(frozen=True, slots=True)
class Context:
    """A stack and the account in which it will run."""

    stack: Stack
    account: AccountFacts
    """If nothing was read, all facts in it are unknown."""
    instance_type: InstanceType | None
    """What each of the fleet's types has; None if neither account nor catalogue has one of them."""
    owned: frozenset[str] | None = frozenset()
    """Names, ids and ARNs of the resources in the stack's own state; None if it could not be
    read."""
    provider: str = ""
    """The version of the AWS provider that the stack's directory requires; empty if none is
    fixed."""
    bootstrap: str = ""
    """The user data file of the stack's directory; empty: the file that gpuecs-tui writes."""
    state: StateFacts = field(default_factory=StateFacts)
    """Where the stack's own state is stored, and why it is not read."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    rollbacks: Mapping[str, bool] = field(default_factory=dict)
    """Address of each service that rolls back when Terraform is interrupted → whether certainly."""

    other_scalers: tuple[str, ...] = ()
    """Addresses of what else scales the Auto Scaling group or the tasks in the directory."""
    mirrored: Mirrored = NO_MIRROR
    """The folder from which a run takes the AWS provider, and its releases."""

    @property
    def types(self) -> dict[str, InstanceType | None]:
        """Name → type for each of the fleet's types, the preferred one first; None if unknown."""
        return {name: catalogue.find(name, self.account) for name in types_of(self.stack)}

    @property
    def fit(self) -> Fit | None:
        """How many tasks fit on an instance of every type; None if a type is unknown."""
        return fit(self.stack, self.instance_type) if self.instance_type else None

    def may_own(self, *identities: str) -> bool:
        """Return whether the state has one of these names or ARNs, or could not be read."""
        return self.owned is None or bool(self.owned & {*identities})

    def subnets(self, ids: Collection[str]) -> tuple[Subnet, ...] | None:
        """Return the existing subnets of ``ids`` in their order; None if subnets are unknown."""
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
    rollbacks: Mapping[str, bool] | None = None,
    other_scalers: tuple[str, ...] = (),
    mirrored: Mirrored = NO_MIRROR,
) -> Context:
    """Return the context for ``stack``; without an account, all its facts are unknown.

    For a ``partial`` stack, the instance type is None if it is unknown, and no memory is reserved
    on it if the user data is unknown.
    """
    account = account or AccountFacts(region=known(lambda: stack.stack.region) or "")
    names = known(lambda: types_of(stack)) or ()
    found = smallest_of(names, lambda name: catalogue.find(name, account))
    reserved = known(lambda: reserved_memory(user_data_of(stack, bootstrap), stack.fleet.ami).mib)
    if found is not None and reserved is not None:
        found = found.reserving(reserved)
    moment = now or datetime.now(UTC)
    kept = state or StateFacts()
    return Context(
        stack,
        account,
        found,
        owned,
        provider,
        bootstrap,
        kept,
        moment,
        rollbacks or {},
        other_scalers,
        mirrored,
    )


def user_data_of(stack: Stack, bootstrap: str) -> str:
    """Return the user data of instances: ``bootstrap`` and the extra user data."""
    extra = stack.fleet.extra_user_data
    return f"{bootstrap}\n{extra}" if bootstrap else extra
