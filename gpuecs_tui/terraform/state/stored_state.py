"""A Terraform state in memory: its resources, and what is wrong with a damaged one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import TerraformProblem

STATE_VERSION = 4
"""The version of the state format that Terraform writes since 0.12."""
_PARTS = frozenset({"version", "serial", "lineage", "resources"})
"""Fields of a state; every state has at least one of them."""
ENCRYPTED = "encrypted_data"
"""The field with the content of a state that OpenTofu has encrypted (its
internal/encryption/state.go)."""


class StateProblem(TerraformProblem):
    """A state that can't be read or written."""


class NewerState(StateProblem):
    """A state in a format version that is not supported here; it may be intact."""


class NotRead(StateProblem):
    """A state that exists, or may exist, and can't be read here."""

    rule = "state-unread"
    """Id in docs/failure-modes.md of the rule that says so."""


class EncryptedState(NotRead):
    """A state that OpenTofu has encrypted."""

    rule = "encrypted-state"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Could not read {name}: it is encrypted by OpenTofu.").format(name=name),
            _("Run `tofu state list` in the directory to read it."),
        )


@dataclass(frozen=True, slots=True)
class StoredResource:
    """One managed resource instance of a state."""

    address: str
    """Module path, type, name and key, as Terraform writes it."""
    id: str
    """Its attribute ``id``; empty if it has none."""
    tainted: bool
    """Its creation did not complete: the next apply replaces it."""
    attributes: Mapping[str, Any]
    """As stored, including secrets: never show them unmasked."""
    sensitive: tuple[str, ...] = ()
    """Names of attributes that are sensitive as a whole or in part."""


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state as it was read."""

    serial: int
    """Serial of its last change; 0 for a state that was never written."""
    lineage: str
    """Identity of the state over its lifetime; empty if nothing was stored yet."""
    resources: tuple[StoredResource, ...]

    def find(self, address: str) -> StoredResource | None:
        """Return the resource at ``address``, or None."""
        return next((it for it in self.resources if it.address == address), None)


NOTHING = StoredState(0, "", ())
"""The state of a directory in which nothing was applied yet."""


def is_encrypted(raw: Mapping[str, Any]) -> bool:
    """Tell whether a parsed state is one that OpenTofu has encrypted.

    It keeps serial and lineage readable (opentofu.org/docs/language/state/encryption).
    """
    return ENCRYPTED in raw


def parse_state(text: bytes, name: str) -> StoredState:
    """Return the state in ``text``; ``name`` is its name in errors.

    Raises StateProblem, NewerState.
    """
    try:
        raw = json.loads(text.strip() or b"{}")
        fault = state_fault(raw)
    except ValueError:
        fault = _("it is not JSON")
    except RecursionError:
        fault = _("its values are nested too deeply")
    if not fault and is_encrypted(raw):
        raise EncryptedState(name)
    if fault:
        raise StateProblem(
            _("{name} is not a Terraform state: {fault}.").format(name=name, fault=fault),
            _("Keep it, and restore the last good copy."),
        )
    version = raw.get("version", STATE_VERSION)
    if version != STATE_VERSION:
        raise NewerState(
            _(
                "{name} has version {version} of the state format, which this version of "
                "gpuecs-tui does not know."
            ).format(name=name, version=version),
            _("Update gpuecs-tui, or use the Terraform version that wrote it."),
        )
    return StoredState(
        int(raw.get("serial") or 0),
        str(raw.get("lineage") or ""),
        tuple(_resources(raw)),
    )


def state_fault(raw: object) -> str:
    """Return what is wrong with the format of a state, as the end of a sentence; empty if nothing.

    Terraform's own reader (states/statefile/version4.go) rejects other types too.
    """
    wrong = _("the value of {name} is not valid")
    if not isinstance(raw, dict):
        return _("it is not a JSON object")
    if raw and not raw.keys() & _PARTS:
        return _("it has none of the fields of a state")
    for name, kind in (("version", int), ("serial", int), ("lineage", str)):
        value = raw.get(name)
        if value is not None and type(value) is not kind:
            return wrong.format(name=name)
    if not isinstance(raw.get("outputs") or {}, dict):
        return wrong.format(name="outputs")
    if any(not isinstance(it, dict) for it in (raw.get("outputs") or {}).values()):
        return wrong.format(name="outputs")
    resources = raw.get("resources") or []
    if not isinstance(resources, list) or not all(map(_is_resource, resources)):
        return wrong.format(name="resources")
    return ""


def _resources(raw: Mapping[str, Any]) -> Iterator[StoredResource]:
    for resource in raw.get("resources") or ():
        if resource.get("mode") != "managed":
            continue
        module = f"{resource['module']}." if resource.get("module") else ""
        for instance in resource.get("instances") or ():
            # Deposed: the old one of a replacement, no longer at its address.
            if instance.get("deposed"):
                continue
            attributes = instance.get("attributes") or {}
            yield StoredResource(
                f"{module}{resource.get('type')}.{resource.get('name')}{_key(instance)}",
                str(attributes.get("id") or ""),
                instance.get("status") == "tainted",
                attributes,
                tuple(_sensitive(instance)),
            )


def _is_resource(resource: object) -> bool:
    if not isinstance(resource, dict):
        return False
    texts = (resource.get(name) for name in ("module", "mode", "type", "name"))
    instances = resource.get("instances") or []
    return (
        all(it is None or isinstance(it, str) for it in texts)
        and isinstance(instances, list)
        and all(map(_is_instance, instances))
    )


def _is_instance(instance: object) -> bool:
    if not isinstance(instance, dict):
        return False
    flat = (instance.get(name) or {} for name in ("attributes", "attributes_flat"))
    paths = instance.get("sensitive_attributes") or []
    return (
        all(isinstance(it, dict) for it in flat)
        and isinstance(paths, list)
        and all(isinstance(it, list) and all(isinstance(at, dict) for at in it) for it in paths)
    )


def _key(instance: Mapping[str, Any]) -> str:
    key = instance.get("index_key")
    return "" if key is None else f"[{json.dumps(key, ensure_ascii=False)}]"


def _sensitive(instance: Mapping[str, Any]) -> Iterator[str]:
    for path in instance.get("sensitive_attributes") or ():
        first = path[0] if isinstance(path, list) and path else {}
        if first.get("type") == "get_attr":
            yield str(first.get("value"))
