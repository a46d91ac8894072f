"""Reads what a destroyed stack left in the account, by its names, ids and tags.

One round of calls in parallel, plus the prices of what was found. ECR images are never read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeVar

from gpuecs_tui.aws.prices import read_on_demand, read_other
from gpuecs_tui.aws.prices_facts import PRICE_LIST, Price
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.aws.session import AccountReader, Closed
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.kept_revision import revision_name

Kind = Literal["interfaces", "volumes", "log_groups", "security_groups", "instances"]
T = TypeVar("T")

SECONDS = 20.0
"""How long all reads together may take: the destroy has ended, and the user waits for the prompt.
Measured on the demo account: 0.3 s."""
_WAKE_SECONDS = 0.2
_PAGES = {"MaxItems": 1000}
"""Maximum number of items of one list."""
FREE = "free"
"""Product of what costs nothing."""
VOLUME, ADDRESS = "volume", "public_address"
"""Fields of Prices: a GiB-month of gp3, an hour of a public IPv4 address."""
_GP3_IOPS, _GP3_THROUGHPUT = 3000, 125
"""IOPS and MiB/s that the price of a gp3 volume includes (Amazon EBS pricing)."""
_STATES = ("pending", "running", "stopping", "stopped")
"""States of an instance that does not end by itself."""
_SCALED = 50
"""Maximum number of ids per ``DescribeAutoScalingInstances`` (its API reference)."""
_STOPPED = ("stopping", "stopped")


@dataclass(frozen=True, slots=True)
class StackNames:
    """The names, ids and tags of the resources that were destroyed, as their plans have them."""

    region: str = ""
    account: str = ""
    """12 digits."""
    families: tuple[str, ...] = ()
    revisions: frozenset[str] = frozenset()
    """Each ``family:revision`` that this stack registered."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the task definition."""
    groups: tuple[str, ...] = ()
    """Auto Scaling groups."""
    security_groups: tuple[str, ...] = ()
    """Ids."""
    volume_tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the volumes of the instances."""
    log_groups: Mapping[str, bool] = field(default_factory=dict)
    """Name → whether the stack created it."""

    def __bool__(self) -> bool:
        return bool(self.region)


@dataclass(frozen=True, slots=True)
class Leftover:
    """One resource in the account."""

    id: str
    about: str = ""
    """What AWS says about it: a state, a description."""
    held_by: str = ""
    """The id of what uses it."""
    product: str = ""
    """FREE, VOLUME, ADDRESS or an instance type; empty if this program knows no price for it."""
    count: int = 1
    """Units of the product: GiB, or 1."""
    at_least: bool = False
    """Whether AWS bills more for it than the product."""


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What was found, by kind, and what could not be read."""

    revisions: Reading[tuple[str, ...]]
    """ACTIVE revisions of the task family, such as ``llm:7``, in order."""
    found: Mapping[Kind, Reading[tuple[Leftover, ...]]]
    prices: Mapping[str, Reading[Price]] = field(default_factory=dict)
    """Product → its price."""


def read_leftovers(reader: AccountReader, names: StackNames, seconds: float = SECONDS) -> Leftovers:
    """Read what is left of the stack with these ``names``.

    A part that could not be read within ``seconds`` is Unknown. Raises Closed.
    """
    until = time.monotonic() + seconds
    revisions = _begin(reader, "ecs:ListTaskDefinitions", partial(active_revisions, reader, names))
    jobs: Mapping[Kind, tuple[str, Callable[[AccountReader, StackNames], tuple[Leftover, ...]]]] = {
        "interfaces": ("ec2:DescribeNetworkInterfaces", _interfaces),
        "volumes": ("ec2:DescribeVolumes", _volumes),
        "log_groups": ("logs:DescribeLogGroups", _log_groups),
        "security_groups": ("ec2:DescribeSecurityGroups", _security_groups),
        "instances": ("ec2:DescribeInstances", _instances),
    }
    begun = {
        kind: _begin(reader, call, partial(read, reader, names))
        for kind, (call, read) in jobs.items()
    }
    found = {kind: _end(reader, jobs[kind][0], it, until) for kind, it in begun.items()}
    left = [it for each in found.values() if isinstance(each, Known) for it in each.value]
    products = {it.product for it in left} - {FREE, ""}
    asked = {it: reader.submit(partial(_price, reader, it)) for it in products}
    return Leftovers(
        _end(reader, "ecs:ListTaskDefinitions", revisions, until),
        found,
        {it: _end(reader, PRICE_LIST, price, until) for it, price in asked.items()},
    )


def active_revisions(reader: AccountReader, names: StackNames) -> tuple[str, ...]:
    """Return the ACTIVE revisions of the stack's families, in order. Raises AwsProblem."""
    found: set[str] = set()
    for family in names.families:
        arns = reader.items(
            "ecs",
            "ListTaskDefinitions",
            "taskDefinitionArns",
            familyPrefix=family,
            status="ACTIVE",
            PaginationConfig=_PAGES,
        )
        found |= {it for it in map(revision_name, arns) if it.rpartition(":")[0] == family}
    return tuple(sorted(found, key=_number))


def _number(revision: str) -> tuple[str, int]:
    family, _colon, number = revision.rpartition(":")
    return family, int(number)


def _begin(reader: AccountReader, call: str, read: Callable[[], T]) -> Future[Reading[T]]:
    return reader.submit(partial(reader.reading, call, read))


def _end(reader: AccountReader, call: str, begun: Future[Reading[T]], until: float) -> Reading[T]:
    while not begun.done():
        if reader.closed:
            raise Closed
        if time.monotonic() >= until:
            return Unknown(call, _("{call} did not answer in time").format(call=call), "")
        wait((begun,), _WAKE_SECONDS)
    return begun.result()


def _price(reader: AccountReader, product: str) -> Reading[Price]:
    if product in (VOLUME, ADDRESS):
        return read_other(reader, product)
    return read_on_demand(reader, product)


def _items(
    reader: AccountReader, operation: str, key: str, filters: Mapping[str, Iterable[str]]
) -> list[Any]:
    return reader.items(
        "ec2",
        operation,
        key,
        Filters=[{"Name": name, "Values": [*values]} for name, values in filters.items()],
        PaginationConfig=_PAGES,
    )


def _interfaces(reader: AccountReader, names: StackNames) -> tuple[Leftover, ...]:
    if not names.security_groups:
        return ()
    filters = {"group-id": names.security_groups}
    return tuple(
        Leftover(
            it["NetworkInterfaceId"],
            str(it.get("Description") or it.get("InterfaceType") or ""),
            _holder(it) if it.get("Status") == "in-use" else "",
            ADDRESS if (it.get("Association") or {}).get("PublicIp") else FREE,
        )
        for it in _items(reader, "DescribeNetworkInterfaces", "NetworkInterfaces", filters)
    )


def _holder(interface: Mapping[str, Any]) -> str:
    attached = interface.get("Attachment") or {}
    return str(attached.get("InstanceId") or attached.get("InstanceOwnerId") or "?")


def _volumes(reader: AccountReader, names: StackNames) -> tuple[Leftover, ...]:
    if not names.volume_tags:
        return ()
    filters = {f"tag:{name}": (value,) for name, value in names.volume_tags.items()}
    return tuple(
        Leftover(
            it["VolumeId"],
            f"{it.get('VolumeType')}, {it['Size']} GiB",
            next((each["InstanceId"] for each in it.get("Attachments") or ()), ""),
            VOLUME if it.get("VolumeType") == "gp3" else "",
            it["Size"],
            (it.get("Iops") or 0) > _GP3_IOPS or (it.get("Throughput") or 0) > _GP3_THROUGHPUT,
        )
        for it in _items(reader, "DescribeVolumes", "Volumes", filters)
        if it.get("State") not in ("deleting", "deleted")
    )


def _log_groups(reader: AccountReader, names: StackNames) -> tuple[Leftover, ...]:
    found = []
    for name, created in names.log_groups.items():
        answer = reader.call("logs", "DescribeLogGroups", logGroupNamePrefix=name)
        for it in answer["logGroups"]:
            if it["logGroupName"] == name:
                about = "" if created else _("not created by this stack")
                product = "" if it.get("storedBytes") else FREE
                found.append(Leftover(name, about, product=product))
    return tuple(found)


def _security_groups(reader: AccountReader, names: StackNames) -> tuple[Leftover, ...]:
    if not names.security_groups:
        return ()
    groups = _items(
        reader, "DescribeSecurityGroups", "SecurityGroups", {"group-id": names.security_groups}
    )
    return tuple(Leftover(it["GroupId"], it["GroupName"], product=FREE) for it in groups)


def _instances(reader: AccountReader, names: StackNames) -> tuple[Leftover, ...]:
    if not names.groups:
        return ()
    filters = {"tag:aws:autoscaling:groupName": names.groups, "instance-state-name": _STATES}
    reservations = _items(reader, "DescribeInstances", "Reservations", filters)
    instances = [it for each in reservations for it in each["Instances"]]
    if not instances:
        return ()
    ids = [it["InstanceId"] for it in instances][:_SCALED]
    scaled = reader.call("autoscaling", "DescribeAutoScalingInstances", InstanceIds=ids)
    lives = {it["InstanceId"]: it["LifecycleState"] for it in scaled["AutoScalingInstances"]}
    return tuple(_instance(it, lives.get(it["InstanceId"], "")) for it in instances)


def _instance(it: Mapping[str, Any], life: str) -> Leftover:
    state = it["State"]["Name"]
    product = "" if it.get("InstanceLifecycle") else str(it["InstanceType"])
    about = ", ".join(filter(None, (str(it["InstanceType"]), state, life)))
    # The volumes of a stopped instance are billed, the instance is not.
    return Leftover(it["InstanceId"], about, product=FREE if state in _STOPPED else product)
