"""The shipped catalogue of GPU instance types, used if the account can't be read.

For each type, ``catalogue.json`` contains the recorded figures of EC2, the memory that the ECS
agent registers (measured, estimated, or None: assumed), whether ECS has an AMI for the type, and
the sources. Imports no boto3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.instance_type import InstanceType, quota_family

EC2 = "ec2"
"""The source of an entry whose figures are from EC2."""


@cache
def _data() -> dict[str, Any]:
    text = resources.files("gpuecs_tui.aws").joinpath("catalogue.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


@cache
def _types() -> dict[str, InstanceType]:
    found = (entry_type(entry) for entry in _data()["instance_types"])
    return {it.name: it for it in sorted(found, key=order)}


def entry_type(entry: Mapping[str, Any]) -> InstanceType:
    """Return an entry of ``catalogue.json`` as a type."""
    fields = {key: value for key, value in entry.items() if key != "source"}
    source = entry["source"]
    return InstanceType(**fields, figures_source="" if source == EC2 else source)


def order(it: InstanceType) -> tuple[str, int, int, str]:
    """Return the sort key of types: family, then size (g4dn.xlarge before g4dn.12xlarge)."""
    return it.name.partition(".")[0], it.vcpus, it.gpus, it.name


@cache
def names() -> frozenset[str]:
    """Return the names of all types in the catalogue."""
    return frozenset(_types())


def load() -> Known[tuple[InstanceType, ...]]:
    """Return the catalogue's types by family and size; the source contains its date."""
    day = _data()["generated"]
    return Known(
        tuple(_types().values()),
        _("catalogue of {day}").format(day=day),
        datetime.fromisoformat(day).replace(tzinfo=UTC),
    )


def instance_types(account: AccountFacts | None) -> Known[tuple[InstanceType, ...]]:
    """Return the account's own types, or the catalogue if they are unknown."""
    if account is not None and isinstance(account.instance_types, Known):
        return account.instance_types
    return load()


def find(name: str, account: AccountFacts | None = None) -> InstanceType | None:
    """Return the type called ``name`` from the account or else the catalogue; None if in neither.

    If the account was read and lacks the type (for example another Region's type), the catalogue
    still gives its size. Whether the type is offered is a separate fact.
    """
    if account is not None and isinstance(account.instance_types, Known):
        for it in account.instance_types.value:
            if it.name == name:
                return it
    return _types().get(name)


def merge(live: InstanceType) -> InstanceType:
    """Return EC2's figures of a type, completed with the catalogue's facts about ECS.

    A new size of a known family gets the family's support. For a family that the catalogue lacks,
    support by the AMI's driver is unknown: ``unlisted``.
    """
    known = _types().get(live.name)
    return replace(
        live,
        registered_mib=known.registered_mib if known else None,
        registered_source=known.registered_source if known else "assumed",
        ecs_support=_support(live, known),
        quota_family=quota_family(live.name),
        figures_source="",
    )


def why_not(it: InstanceType) -> str:
    """Return why GPU tasks can't run on ``it``, as the end of a sentence; empty if they can."""
    if it.supported:
        return ""
    match it.ecs_support:
        case "no-arm64-ecs-gpu-ami":
            return _("the type is arm64, and ECS has no GPU AMI for arm64")
        case "unsupported-amd":
            return _("its GPUs are made by AMD, and ECS supports only NVIDIA GPUs")
        case "ami-code-fractional":
            return _("it has a fraction of a GPU, and gpuecs-tui supports only whole GPUs")
        case "unsupported-driver":
            return _("it needs a newer NVIDIA driver than the ECS GPU AMI has")
        case "unsupported-kepler":
            return _("its GPUs are too old for the NVIDIA driver of the ECS GPU AMI")
        case "unlisted":
            return _("the catalogue does not list it, so its support by the ECS GPU AMI is unknown")
    return _("it has no NVIDIA GPU")


def only_seen(it: InstanceType) -> str:
    """Return the only evidence that ECS supports ``it``; empty if AWS documents the support.

    The documentation is the ECS developer guide's table of GPU instance types.
    """
    match it.ecs_support:
        case "ami-code":
            return _("only the change log of the ECS GPU AMI mentions it")
        case "inferred":
            return _("only the EKS AMI with the same NVIDIA driver is known to support it")
    return ""


def support_words(it: InstanceType) -> str:
    """Return whether ECS runs GPU tasks on ``it``, and the kind of source.

    Documented and undocumented support begin with different words.
    """
    if not it.supported:
        return _("no: {reason}").format(reason=why_not(it))
    if where := only_seen(it):
        return _("undocumented: {where}").format(where=where)
    return _("documented: the ECS developer guide lists its family")


def support_source(it: InstanceType) -> str:
    """Return the catalogue's note on the source of ``ecs_support``; empty if it has none."""
    return str(_data()["ecs_support"].get(it.ecs_support, ""))


def registered_words(it: InstanceType) -> str:
    """Return the memory that the ECS agent registers with how that is known."""
    return _("{mib} MiB, {source}").format(mib=it.registers.mib, source=memory_source(it))


def memory_source(it: InstanceType) -> str:
    """Return the word for how ``it.registers`` is known."""
    words = {"measured": _("measured"), "estimated": _("estimated"), "assumed": _("assumed")}
    return words[it.registers.source]


def figures_words(it: InstanceType) -> str:
    """Return the origin of a type's figures if they are not from EC2; else an empty text."""
    if it.figures_source == "recalled":
        return _("figures not from EC2, unverified")
    return ""


def _support(live: InstanceType, known: InstanceType | None) -> str:
    if live.gpu_manufacturer.upper() != "NVIDIA":
        return "unsupported-amd"
    if live.gpus == 0:
        return "ami-code-fractional"
    if live.architecture == "arm64":
        return "no-arm64-ecs-gpu-ami"
    if known:
        return known.ecs_support
    family = live.name.partition(".")[0]
    return next(
        (it.ecs_support for it in _types().values() if it.name.partition(".")[0] == family),
        "unlisted",
    )
