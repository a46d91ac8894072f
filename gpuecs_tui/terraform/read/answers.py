"""Read the answers from a configuration: the inverse of ``render``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.identity import ROLE_KEYS
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.monitoring.gpu_metrics import CONFIGURATION
from gpuecs_tui.stack.relevance import may_be_relevant, relevant
from gpuecs_tui.stack.task import LOG_GROUP_EXISTS
from gpuecs_tui.stack.unread import Unread, by_key
from gpuecs_tui.stack.user_data import LARGE_IMAGE_SETTINGS
from gpuecs_tui.terraform.base.own_files import EXTRA_USER_DATA, USER_DATA
from gpuecs_tui.terraform.hcl.tree import Items, Reference, Withheld, calls
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.balancer import access_logs, host_name, stickiness, web_acl
from gpuecs_tui.terraform.read.configuration import (
    BACKEND,
    Configuration,
    Missing,
    SourceLocation,
    defined_twice,
)
from gpuecs_tui.terraform.read.container import container_answers, further_containers
from gpuecs_tui.terraform.read.files import is_override
from gpuecs_tui.terraform.read.fleet.launches import image, refresh
from gpuecs_tui.terraform.read.fleet.mixed_instances import mixed_instances
from gpuecs_tui.terraform.read.gathered import Gathered
from gpuecs_tui.terraform.read.monitoring import monitoring
from gpuecs_tui.terraform.read.network import endpoints, ingress
from gpuecs_tui.terraform.read.releases import releases
from gpuecs_tui.terraform.read.rules import (
    BACKEND_KEY_RULES,
    CLUSTER,
    KEY_RULES,
    LISTENER,
    LISTENERS,
    LOGS,
    ROLES,
    SERVICE,
    TEMPLATE,
    KeyRule,
)
from gpuecs_tui.terraform.read.scaling.task_scaling import scaling
from gpuecs_tui.terraform.read.unread import absent, of_another_version, spoilt, unlinked


def gather(configuration: Configuration) -> Gathered:
    """Return every answer in the configuration, and what makes other answers unknown."""
    found = Gathered()
    if lost := next((name for name in configuration.broken if is_override(name)), ""):
        # An unreadable override file may change any answer.
        problem = configuration.broken[lost]
        reason = _("is an override file that could not be read ({reason})").format(
            reason=problem.message.rstrip(".")
        )
        found.refuse(KEYS, SourceLocation(lost, problem.line or 0), lost, reason)
        return found
    listener = configuration.first_declared(LISTENERS)
    for key, rule in KEY_RULES.items():
        if rule.address == LISTENER:
            rule = replace(rule, address=listener)
        _follow(key, rule, configuration, found)
    for special in _SPECIAL:
        special(configuration, found)
    for unread in (
        *spoilt(configuration),
        *unlinked(configuration),
        *of_another_version(configuration),
    ):
        found.refuse(
            unread.keys, SourceLocation(unread.file, unread.line or 0), unread.what, unread.reason
        )
    found.answers = relevant(found.answers)
    # What has no effect anyway, such as a GPU target without GPU metrics, leaves nothing open.
    found.unread = [
        replace(it, keys=tuple(key for key in it.keys if may_be_relevant(key, found.answers)))
        for it in found.unread
    ]
    explained = by_key(found.unread)
    open_keys = [key for key in unknown_keys(found.answers) if key not in explained]
    found.unread = _merged([*found.unread, *absent(configuration, open_keys)])
    return found


def _merged(unread: Iterable[Unread]) -> list[Unread]:
    """Return one record per place and reason, with all its keys."""
    keys: dict[Unread, dict[str, None]] = {}
    for each in unread:
        keys.setdefault(replace(each, keys=()), {}).update(dict.fromkeys(each.keys))
    return [replace(each, keys=tuple(found)) for each, found in keys.items()]


def unknown_keys(answers: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the relevant keys that are missing in ``answers``, which were read from Terraform."""
    return tuple(key for key in KEYS if key not in answers and may_be_relevant(key, answers))


def _follow(key: str, rule: KeyRule, configuration: Configuration, found: Gathered) -> None:
    value = configuration.value(rule.address, rule.path)
    if isinstance(value, Missing) or value is None:
        # In Terraform, null is the same as no argument.
        if rule.address in configuration.blocks and rule.absent is not None:
            found.answers[key] = rule.absent
        return
    if rule.created is not None and _is_created(value, configuration):
        found.answers[key] = rule.created
        return
    if rule.words and not isinstance(value, (UnknownValue, list, dict)):
        other = UnknownValue(Withheld("", _("has a value that no gpuecs-tui setting covers")))
        value = rule.words.get(value, other)
    placed = configuration.expression(rule.address, rule.path)
    what = f"{rule.address}.{rule.path}"
    found.take(key, value, placed[1] if placed else None, what)


def _is_created(value: HclValue, configuration: Configuration) -> bool:
    items = value if isinstance(value, list) else [value]
    return bool(items) and all(
        isinstance(item, UnknownValue)
        and _resource(item.reference) in configuration.blocks
        and not item.reference.startswith(("data.", "local.", "var."))
        for item in items
    )


def _resource(reference: str) -> str:
    """Return the address in a reference to an attribute, also for a resource with a count."""
    address = reference.rpartition(".")[0]
    return address.removesuffix(".0")


def _name(configuration: Configuration, found: Gathered) -> None:
    value = configuration.scope.value(Reference("var.name"))
    if isinstance(value, UnknownValue) or value is None:
        value = configuration.value(CLUSTER, "name")
    if isinstance(value, str) and not KEYS["stack.name"].problem(value):
        found.answers["stack.name"] = value


def _interface_tags(configuration: Configuration, found: Gathered) -> None:
    """Read whether the template gives network interfaces tags: one of its blocks says so."""
    key, kind = "fleet.tag_network_interfaces", "tag_specifications"
    body = configuration.body(TEMPLATE)
    if body is None:
        return
    file, template = configuration.blocks[TEMPLATE]
    place, what = SourceLocation(file, template.line), f"{TEMPLATE}.{kind}"
    if any(kind in it.labels for it in body.named("dynamic")):
        found.refuse((key,), place, what, _("is not written out as blocks"))
        return
    kinds = [
        configuration.scope.value(it.body.attributes["resource_type"].value)
        for it in body.named(kind)
        if "resource_type" in it.body.attributes
    ]
    if unknown := [it for it in kinds if not isinstance(it, str)]:
        found.take(key, unknown[0], place, what)
    else:
        found.answers[key] = "network-interface" in kinds


def _roles(configuration: Configuration, found: Gathered) -> None:
    roles = [role for role in ROLES if role in configuration.blocks]
    for key, path in zip(ROLE_KEYS, ("path", "permissions_boundary"), strict=True):
        values = [_or_absent(configuration.value(role, path), key) for role in roles]
        if any(value != values[0] for value in values):
            reason = _("differs between the roles of the stack")
            placed = next(filter(None, (configuration.expression(it, path) for it in roles)), None)
            found.refuse((key,), placed[1] if placed else None, path, reason)
            continue
        placed = configuration.expression(roles[0], path) if roles else None
        value = values[0] if values else KEYS[key].default
        found.take(
            key, value, placed[1] if placed else None, f"{roles[0]}.{path}" if roles else path
        )


def _or_absent(value: HclValue | Missing, key: str) -> HclValue:
    """Return ``value``, or the default of ``key`` without the argument: as AWS does."""
    return KEYS[key].default if isinstance(value, Missing) or value is None else value


_IN_USER_DATA = ("fleet.extra_user_data", "fleet.large_images", "fleet.gpu_metrics")


def _user_data(configuration: Configuration, found: Gathered) -> None:
    placed = configuration.expression(TEMPLATE, "user_data")
    if placed is None or configuration.scope.value(placed[0]) is None:
        return
    used: set[str] = set()
    for call in calls(placed[0]):
        if call.name in ("file", "templatefile", "filebase64") and call.arguments:
            path = configuration.scope.value(call.arguments[0])
            used.add(path.rpartition("/")[2] if isinstance(path, str) else "")
    what = f"{TEMPLATE}.user_data"
    if lost := next((name for name in used if name in configuration.broken), ""):
        reason = _("is built from {file}, which could not be read").format(file=lost)
        found.refuse(_IN_USER_DATA, placed[1], what, reason)
    elif not (used & {*USER_DATA} and used <= {*USER_DATA, *EXTRA_USER_DATA}):
        reason = _("is a custom script, which gpuecs-tui does not read")
        found.refuse(_IN_USER_DATA, placed[1], what, reason)
    else:
        names = [name for name in EXTRA_USER_DATA if name in used]
        text = "".join(configuration.texts.get(name, "") for name in names)
        found.take("fleet.extra_user_data", text, placed[1], what)
        started = "".join(configuration.texts.get(name, "") for name in USER_DATA)
        found.answers["fleet.large_images"] = any(it in started for it in LARGE_IMAGE_SETTINGS)
        found.answers["fleet.gpu_metrics"] = any(
            CONFIGURATION in line and not line.lstrip().startswith("#")
            for line in started.splitlines()
        )


def _logs(configuration: Configuration, found: Gathered) -> None:
    if LOGS not in configuration.blocks:
        if "task.log_group" in found.answers and not configuration.may_hide:
            found.answers["task.log_retention_days"] = LOG_GROUP_EXISTS
        return
    _follow("task.log_retention_days", KeyRule(LOGS, "retention_in_days", 0), configuration, found)


def _ignored(configuration: Configuration, found: Gathered) -> None:
    if SERVICE not in configuration.blocks:
        return
    placed = configuration.expression(SERVICE, "lifecycle.ignore_changes")
    if placed is None:
        found.answers["service.ignore_changes"] = ()
        return
    items = placed[0].items if isinstance(placed[0], Items) else (placed[0],)
    paths = [item.path for item in items if isinstance(item, Reference)]
    value: Any = paths if len(paths) == len(items) else UnknownValue(placed[0])
    found.take("service.ignore_changes", value, placed[1], f"{SERVICE}.lifecycle.ignore_changes")


def _container(configuration: Configuration, found: Gathered) -> None:
    for key, value, place, what in container_answers(configuration):
        found.take(key, value, place, what)
    for unread in further_containers(configuration):
        found.refuse(
            unread.keys, SourceLocation(unread.file, unread.line or 0), unread.what, unread.reason
        )
    if "task.log_group" in found.answers:
        found.answers["names.log_group"] = found.answers["task.log_group"]


def _state(configuration: Configuration, found: Gathered) -> None:
    if "backend" not in configuration.blocks and configuration.may_hide:
        return
    if "backend" not in configuration.blocks:
        found.answers["state.backend"] = "local"
        return
    file, block = configuration.blocks["backend"]
    if again := [
        SourceLocation(it, line) for it, line, what in configuration.twice if what == BACKEND
    ]:
        found.refuse(("state.backend", *BACKEND_KEY_RULES), again[0], BACKEND, defined_twice())
        return
    kind = block.labels[0] if block.labels else block.kind
    found.take("state.backend", kind, SourceLocation(file, block.line), BACKEND)
    if found.answers.get("state.backend") == "s3":
        for key, rule in BACKEND_KEY_RULES.items():
            _follow(key, rule, configuration, found)


_SPECIAL: tuple[Callable[[Configuration, Gathered], None], ...] = (
    _name, _roles, _interface_tags, mixed_instances, image, refresh, _user_data, ingress,
    endpoints, _container, _logs, _ignored, scaling, releases, stickiness, access_logs, host_name,
    web_acl, monitoring, _state,
)  # fmt: skip
