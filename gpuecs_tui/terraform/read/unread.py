"""Why an answer is unknown if no rule finds it, and what else in a directory is not read."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.terraform.hcl.tree import Block, Body, Withheld, mentions
from gpuecs_tui.terraform.hcl.values import UnknownValue
from gpuecs_tui.terraform.read.configuration import (
    MISSING,
    Configuration,
    SourceLocation,
    defined_twice,
)
from gpuecs_tui.terraform.read.overrides import made_by
from gpuecs_tui.terraform.read.rules import (
    BACKEND_KEY_RULES,
    BALANCER,
    CLUSTER,
    GROUP,
    HELPERS,
    KEY_RULES,
    KNOWN,
    LISTENER,
    LISTENERS,
    LOGS,
    PROVIDER,
    READ_APART,
    RECORD,
    SERVICE,
    TARGETS,
    TASK,
    TEMPLATE,
    TEST_LISTENER,
)


def _parted(place: str) -> tuple[str, str]:
    """Return address and path of an attribute of a resource."""
    kind, name, path = place.split(".", 2)
    return f"{kind}.{name}", path


_SPECIAL_PLACES: Mapping[str, tuple[str, str]] = {
    "stack.name": (CLUSTER, "name"),
    "fleet.ami": (TEMPLATE, "image_id"),
    "fleet.ami_release": (TEMPLATE, "image_id"),
    "fleet.instance_refresh": (GROUP, "instance_refresh"),
    "fleet.refresh_checkpoints": (GROUP, "instance_refresh"),
    "fleet.extra_user_data": (TEMPLATE, "user_data"),
    "fleet.gpu_metrics": (TEMPLATE, "user_data"),
    "fleet.large_images": (TEMPLATE, "user_data"),
    **{
        f"network.ingress_{name}": (LISTENER, "")
        for name in ("cidrs", "prefix_list_ids", "security_group_ids")
    },
    "network.vpc_endpoints": (GROUP, ""),
    "service.ignore_changes": (SERVICE, "lifecycle.ignore_changes"),
    "task.log_retention_days": (LOGS, "retention_in_days"),
    "names.log_group": (TASK, "container_definitions"),
    "service.test_port": (TEST_LISTENER, "port"),
    "stack.provider_minimum": ("terraform.required_providers", ""),
    "state.backend": ("backend", ""),
    **{
        key: _parted(place)
        for key, place in READ_APART.items()
        if key != "load_balancer.host_name"
        and (
            key.startswith(("alarms.", "autoscaling.", "load_balancer."))
            or "mixed_instances_policy" in place
        )
    },
    "load_balancer.host_name": (RECORD, "name"),
}
"""Where the keys without a rule are read; the remaining keys are in the container."""
_DECIDED_BY_ABSENCE = (
    "network.ingress_cidrs",
    "network.ingress_prefix_list_ids",
    "network.ingress_security_group_ids",
    "network.vpc_endpoints",
)
"""Keys whose answer depends on resources that are missing from all files."""
_ACCOUNT = (
    "assume_role", "assume_role_with_web_identity", "profile", "access_key", "secret_key", "token",
    "shared_config_files", "shared_credentials_files", "endpoints",
)  # fmt: skip
"""Arguments of the AWS provider that may select another account than the environment does."""
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/\S+")
"""IAM User Guide, "IAM identifiers"."""
_SPOILERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        GROUP,
        "launch_configuration",
        tuple(key for key, rule in KEY_RULES.items() if rule.address == TEMPLATE),
    ),
    (TEMPLATE, "instance_requirements", ("fleet.instance_type",)),
)
"""Address, the attribute that replaces those that the rules read, and the keys that it sets."""


_OPENING = ("aws_vpc_security_group_ingress_rule", "aws_security_group_rule")
_GROUPS = ("aws_security_group.instances", "aws_security_group.load_balancer")
"""Security groups whose rules follow from the answers."""
MIXED_TEMPLATE = "mixed_instances_policy.launch_template.launch_template_specification"
_LINKS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        GROUP,
        (
            "launch_template.id",
            "launch_template.name",
            f"{MIXED_TEMPLATE}.launch_template_id",
            f"{MIXED_TEMPLATE}.launch_template_name",
        ),
        TEMPLATE,
    ),
    (SERVICE, ("task_definition",), TASK),
    (SERVICE, ("load_balancer.target_group_arn",), TARGETS),
    (SERVICE, ("capacity_provider_strategy.capacity_provider",), PROVIDER),
    (PROVIDER, ("auto_scaling_group_provider.auto_scaling_group_arn",), GROUP),
    (LISTENER, ("load_balancer_arn",), BALANCER),
    (LISTENER, ("default_action.target_group_arn",), TARGETS),
)
"""Address, attributes that refer to another resource, and that resource's address."""


def absent(configuration: Configuration, keys: Iterable[str]) -> Iterator[Unread]:
    """Yield why the answers of ``keys`` are unknown: what should set them is missing."""
    by_reason: dict[Unread, list[str]] = {}
    for key in keys:
        by_reason.setdefault(_absent(configuration, key), []).append(key)
    for unread, open_keys in by_reason.items():
        yield Unread(unread.file, unread.line, unread.what, unread.reason, tuple(open_keys))


def _absent(configuration: Configuration, key: str) -> Unread:
    address, path = block_of_key(key)
    if address == LISTENER:
        declared = [it for it in LISTENERS if it in configuration.blocks]
        address = declared[0] if declared else LISTENERS[0]
    if address in configuration.blocks:
        file, block = configuration.blocks[address]
        if withheld := configuration.withheld(address):
            why, place = withheld
            return Unread(place.file, place.line or None, address, why.reason)
        if configuration.may_hide and key in _DECIDED_BY_ABSENCE:
            return _hidden(configuration)
        if placed := configuration.expression(address, path):
            value, place = configuration.scope.value(placed[0]), placed[1]
            reason = (
                value.reason if isinstance(value, UnknownValue) else _("could not be interpreted")
            )
            reason = null_reason() if value is None else reason
            return Unread(place.file, place.line or None, f"{address}.{path}", reason)
        reason = _("has no {name}").format(name=path) if path else _("does not set this value")
        return Unread(file, block.line or None, address, reason)
    for other, (file, block) in _same_type(configuration, address):
        reason = _("is not read: gpuecs-tui expects the name {address}").format(address=address)
        return Unread(file, block.line or None, other, reason)
    if configuration.may_hide:
        return _hidden(configuration)
    for other, (file, block) in configuration.blocks.items():
        if block.kind == "module":
            return Unread(file, block.line or None, other, _("is not read by gpuecs-tui"))
    return Unread("", None, address, _("is not in this directory"))


def null_reason() -> str:
    """Return why null sets nothing, as the end of a sentence."""
    return _("is null, which leaves the argument unset in Terraform")


def _hidden(configuration: Configuration) -> Unread:
    name = configuration.may_hide
    return broken_file(name, configuration)


def broken_file(name: str, configuration: Configuration) -> Unread:
    """Return the record of a file that could not be read."""
    problem = configuration.broken[name]
    reason = _("could not be read ({reason})").format(reason=problem.message.rstrip("."))
    return Unread(name, problem.line, name, reason)


def block_of_key(key: str) -> tuple[str, str]:
    """Return the address of the block that sets ``key``, and the dotted path inside it."""
    if key in _SPECIAL_PLACES:
        return _SPECIAL_PLACES[key]
    rule = KEY_RULES.get(key) or BACKEND_KEY_RULES.get(key)
    return (rule.address, rule.path) if rule else (TASK, "container_definitions")


def _same_type(
    configuration: Configuration, address: str
) -> Iterator[tuple[str, tuple[str, Block]]]:
    kind = address.partition(".")[0]
    for other, (file, block) in configuration.blocks.items():
        if block.kind == "resource" and block.labels[:1] == (kind,) and other != address:
            yield other, (file, block)


def spoilt(configuration: Configuration) -> Iterator[Unread]:
    """Yield what replaces an attribute that the rules read."""
    for address, name, keys in _SPOILERS:
        if address not in configuration.blocks:
            continue
        file, block = configuration.blocks[address]
        body = block.body
        inner = [each for each in body.blocks if name in (each.kind, *each.labels[:1])]
        attribute = body.attributes.get(name)
        if inner or (attribute and configuration.value(address, name) not in (None, MISSING)):
            line = inner[0].line if inner else getattr(attribute, "line", 0)
            yield Unread(
                file, line or None, f"{address}.{name}", _("is not read by gpuecs-tui"), keys
            )


def unlinked(configuration: Configuration) -> Iterator[Unread]:
    """Yield references to another resource than the one that the rules read."""
    for used_by, paths, target in _LINKS:
        address = configuration.first_declared(LISTENERS) if used_by == LISTENER else used_by
        if target not in configuration.blocks:
            continue
        for path in paths:
            placed = configuration.expression(address, path)
            # A record about the whole address makes only the keys of that address unknown.
            if placed is None or configuration.withheld(address):
                continue
            keys = tuple(
                key for key in KEYS if block_of_key(key)[0] == target and key != "names.log_group"
            )
            if isinstance(placed[0], Withheld):
                body = configuration.blocks[address][1].body
                if _mentioned(body, path.split("."), target):
                    continue
                what, file, line = (
                    placed[0].what or f"{address}.{path}",
                    placed[1].file,
                    placed[1].line,
                )
                yield Unread(file, line or None, what, placed[0].reason, keys)
                continue
            value = configuration.scope.value(placed[0])
            used = value.expression if isinstance(value, UnknownValue) else placed[0]
            if value is None or mentions(used, target) or value == _name_of(configuration, target):
                continue
            reason = _("does not refer to {address}, the resource that gpuecs-tui reads").format(
                address=target
            )
            yield Unread(placed[1].file, placed[1].line or None, f"{address}.{path}", reason, keys)


def _mentioned(body: Body, path: list[str], target: str) -> bool:
    """Tell whether one of several blocks, or a dynamic one, refers to ``target``."""
    kind, *rest = path
    if not rest:
        return kind in body.attributes and mentions(body.attributes[kind].value, target)
    for block in body.blocks:
        if made_by(block) == kind:
            made = block.body.named("content") if block.kind == "dynamic" else (block,)
            if any(_mentioned(each.body, rest, target) for each in made):
                return True
    return False


def of_another_version(configuration: Configuration) -> Iterator[Unread]:
    """Yield launch template versions other than the latest one.

    Without a version, the default version is used, which a change to the template does not update
    (AWS provider, ``aws_autoscaling_group``: ``version``, "Defaults to ``$Default``").
    """
    if not {GROUP, TEMPLATE} <= configuration.blocks.keys():
        return
    paths = ("launch_template", MIXED_TEMPLATE)
    path = next((it for it in paths if configuration.body(GROUP, *it.split("."))), None)
    if path is None:
        return
    placed = configuration.expression(GROUP, f"{path}.version")
    value = configuration.scope.value(placed[0]) if placed else None
    file, block = configuration.blocks[GROUP]
    place = placed[1] if placed else SourceLocation(file, block.line)
    what = f"{GROUP}.{path}.version"
    latest = isinstance(value, UnknownValue) and value.reference == f"{TEMPLATE}.latest_version"
    if latest or value == "$Latest":
        return
    default = isinstance(value, UnknownValue) and value.reference == f"{TEMPLATE}.default_version"
    if default or value in (None, "$Default"):
        if configuration.value(TEMPLATE, "update_default_version") is not True:
            reason = _(
                "is the default version, which a change to the launch template does not update"
            )
            yield Unread(place.file, place.line or None, what, reason)
        return
    keys = tuple(key for key in KEYS if block_of_key(key)[0] == TEMPLATE)
    reason = _("may be a different version than the one in this directory")
    yield Unread(place.file, place.line or None, what, reason, keys)


def _name_of(configuration: Configuration, address: str) -> object:
    return configuration.value(address, "family" if address == TASK else "name")


def further(configuration: Configuration, said: Iterable[Unread]) -> Iterator[Unread]:
    """Yield what is not read but makes no single answer unknown, except what is in ``said``."""
    named = {(unread.file, unread.what) for unread in said}
    for name in configuration.broken:
        if (name, name) not in named:
            yield broken_file(name, configuration)
    types = {address.partition(".")[0] for address in KNOWN}
    own = KNOWN | HELPERS
    for address, (file, block) in configuration.blocks.items():
        line = block.line or None
        is_other = block.kind == "resource" and block.labels[0] in types and address not in own
        if is_other and (file, address) not in named:
            yield Unread(file, line, address, _("is not part of a gpuecs-tui stack"))
        elif _opens(block, own) and (file, address) not in named:
            yield Unread(
                file,
                line,
                address,
                _("opens a security group of the stack, and gpuecs-tui does not read it"),
            )
        elif block.kind == "module" and (file, address) not in named:
            yield Unread(file, line, address, _("is not read by gpuecs-tui"))
        elif block.kind == "provider" and address == "provider.aws":
            yield from _other_account(configuration, file, block)
        if block.kind == "resource" and address in own:
            yield from _other_place(configuration, file, address, block)
    for file, body in configuration.bodies.items():
        for block in body.named("terraform"):
            for inner in block.body.named("encryption"):
                reason = _("encrypts the state, which gpuecs-tui does not read")
                place = inner.line or None
                yield Unread(file, place, "terraform.encryption", reason, blinds="state")
    for file, number, address in configuration.twice:
        if (file, address) not in named:
            yield Unread(file, number or None, address, defined_twice())
    for file, number, address in configuration.overridden:
        reason = _("is in an override file, which writing the stack does not change")
        yield Unread(file, number or None, address, reason, is_followed=True)


def _opens(block: Block, own: Collection[str]) -> bool:
    """Tell whether a foreign block opens a security group of the stack."""
    if block.kind != "resource" or block.labels[0] not in _OPENING or block.address in own:
        return False
    into = block.body.attributes.get("security_group_id")
    return into is not None and any(mentions(into.value, group) for group in _GROUPS)


def _here(name: str) -> str | None:
    """Return the value of a provider argument in the environment."""
    return os.environ.get("AWS_PROFILE") if name == "profile" else None


def _other_account(configuration: Configuration, file: str, block: Block) -> Iterator[Unread]:
    for name in _ACCOUNT:
        attribute = block.body.attributes.get(name)
        inner = [each for each in block.body.blocks if name in (each.kind, *each.labels[:1])]
        if attribute and configuration.scope.value(attribute.value) in (None, _here(name)):
            attribute = None
        if attribute is not None or inner:
            line = inner[0].line if inner else getattr(attribute, "line", 0)
            reason = _(
                "may make Terraform use a different account than the one that gpuecs-tui checks"
            )
            account = _account_of_role(configuration, block) if name == "assume_role" else ""
            what = f"provider.aws.{name}"
            yield Unread(file, line or None, what, reason, blinds="account", account=account)


def _account_of_role(configuration: Configuration, provider: Block) -> str:
    """Return the account id in the ARN of the role that is assumed last; empty if unknown."""
    inner = list(provider.body.named("assume_role"))
    if not inner:
        return ""
    attribute = inner[-1].body.attributes.get("role_arn")
    arn = configuration.scope.value(attribute.value) if attribute else None
    found = _ROLE_ARN.fullmatch(arn) if isinstance(arn, str) else None
    return found[1] if found else ""


def _other_place(
    configuration: Configuration, file: str, address: str, block: Block
) -> Iterator[Unread]:
    """Yield what puts a resource of the stack in another account or Region than the provider's."""
    chosen = block.body.attributes.get("provider")
    if chosen and getattr(chosen.value, "path", "") != "aws":
        reason = _("may be in a different account or Region than the one that gpuecs-tui checks")
        place = chosen.file or file
        yield Unread(place, chosen.line or None, f"{address}.provider", reason, blinds="account")
    # Provider 6 accepts a region for each resource.
    region = block.body.attributes.get("region")
    if region and configuration.scope.value(region.value) not in (
        None,
        configuration.value("provider.aws", "region"),
    ):
        reason = _("may be in a different Region than the one that gpuecs-tui checks")
        place = region.file or file
        yield Unread(place, region.line or None, f"{address}.region", reason, blinds="account")
