"""Terraform's and OpenTofu's ``-json`` events as typed values (docs: "Machine-Readable UI").

``Decoder`` never raises, whatever a line contains: a line that is not a JSON object becomes
``Text``, and an unknown type keeps its ``@message``. After the announcement of an unknown major
version of the format, events are only shown, never interpreted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from gpuecs_tui.i18n import _

NOTE = "gpuecs_tui_note"
"""Type of an event that gpuecs-tui writes as a text."""
STATE = "gpuecs_tui_state"
"""Type of an event that gpuecs-tui writes for a transition; its key ``state`` is the new state."""
_BEGIN = '{"@'
"""The beginning of every event: its first key is @level."""
UI_MAJOR = "1"
"""Supported major version of the format (Terraform and OpenTofu send 1.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The fields of every event; also used for event types without a class of their own."""

    message: str
    """Terraform's text for it, possibly several lines."""
    level: str = "info"
    """trace, debug, info, warn or error."""
    at: str = ""
    """Time, RFC 3339; empty if missing."""
    type: str = ""
    """The event's type as sent; empty for a line that is not an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Event):
    """A line that is not an event: plain text of Terraform or of a provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Event):
    """First event of every command."""

    ui: str
    """Version of the event format, such as 1.2."""

    @property
    def is_known(self) -> bool:
        """Tell whether the format's major version is supported."""
        return self.ui.partition(".")[0] == UI_MAJOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Event):
    """A text from gpuecs-tui; ``state`` is the new state of the run, if it reports one."""

    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceEvent(Event):
    """An event about one resource."""

    address: str
    """Its full address, module path and key included."""
    resource_type: str
    is_data: bool
    """A data source: it is only read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange(ResourceEvent):
    """The plan will do ``action``: create, update, replace, delete, read, import, move, …"""

    action: str
    reason: str = ""
    """Why, such as ``cannot_update`` or ``tainted``; empty for an ordinary change."""
    is_drift: bool = False
    """Only reported as different from the state (resource_drift)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook(ResourceEvent):
    """A step with one resource: refresh, apply or provisioning, its start, progress or end."""

    phase: str
    """``refresh``, ``apply``, ``provision``, or what newer releases add."""
    step: str
    """``start``, ``progress``, ``complete`` or ``errored``."""
    action: str = ""
    """create, update, delete or read; only for an apply step."""
    elapsed: float | None = None
    """Seconds, as Terraform counts them (whole ones)."""
    id_value: str = ""
    """The provider's identity of the resource, for an import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSummary(Event):
    """The counts of a plan or of an apply."""

    add: int
    change: int
    remove: int
    imported: int
    operation: str
    """plan, apply or destroy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs(Event):
    """The stack's outputs; a sensitive one comes without its value."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """Name → {sensitive, type, value, action}, as sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic(Event):
    """An error or a warning."""

    severity: str
    """``error`` or ``warning``."""
    summary: str
    detail: str = ""
    address: str = ""
    file: str = ""
    line: int = 0
    """Counted from 1; 0 if the place is unknown."""
    context: str = ""
    """The block around it, such as ``resource "aws_lb" "this"``."""
    code: str = ""
    """The source lines with the error."""
    code_line: int = 0
    """Line number of the first of them."""
    values: tuple[str, ...] = ()
    """The values of the expressions in them, as Terraform prints them."""


class Decoder:
    """Turns lines into events, and tracks the version of the format."""

    def __init__(self) -> None:
        self.understood = True
        """False after an unknown major version was announced."""

    def decode(self, line: str) -> Event:
        """Return the event in ``line``. Never raises."""
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError):
            return self._decode_rest(line)
        if not isinstance(raw, dict) or not isinstance(raw.get("@message"), str):
            return Text(message=line)
        base: _Base = {
            "message": raw["@message"],
            "level": _text(raw, "@level") or "info",
            "at": _text(raw, "@timestamp"),
            "type": _text(raw, "type"),
        }
        if base["type"] in (NOTE, STATE):
            return Note(**base, state=_text(raw, "state"))
        if base["type"] == "version":
            version = Version(**base, ui=_text(raw, "ui"))
            self.understood = version.is_known
            return version
        return _interpret(raw, base) if self.understood else Event(**base)

    def _decode_rest(self, line: str) -> Event:
        """Return the event of a line that is not JSON.

        If a full disk cut off an event, the next event may follow it on the same line. A quotation
        mark within an event is escaped, so ``_BEGIN`` can only be the beginning of an event.
        """
        if (begin := line.rfind(_BEGIN)) > 0:
            return self.decode(line[begin:])
        if line.startswith(_BEGIN):
            words = _("The output of Terraform is incomplete here.")
            return Note(message=words, level="warn", type=NOTE)
        return Text(message=line)


def _interpret(raw: dict[str, Any], base: _Base) -> Event:
    kind = base["type"]
    if kind in ("planned_change", "resource_drift"):
        change = _object(raw, "change")
        return PlannedChange(
            **base,
            **_resource(change),
            action=_text(change, "action"),
            reason=_text(change, "reason"),
            is_drift=kind == "resource_drift",
        )
    if kind == "change_summary":
        changes = _object(raw, "changes")
        return ChangeSummary(
            **base,
            add=_number(changes, "add"),
            change=_number(changes, "change"),
            remove=_number(changes, "remove"),
            imported=_number(changes, "import"),
            operation=_text(changes, "operation"),
        )
    if kind == "outputs":
        return Outputs(**base, values=_object(raw, "outputs"))
    if kind == "diagnostic":
        return _diagnostic(_object(raw, "diagnostic"), base)
    hook = raw.get("hook")
    if isinstance(hook, dict) and "_" in kind:
        return _hook(hook, base)
    return Event(**base)


def _hook(hook: dict[str, Any], base: _Base) -> Hook:
    phase, _, step = base["type"].rpartition("_")
    elapsed = hook.get("elapsed_seconds")
    return Hook(
        **base,
        **_resource(hook),
        phase=phase,
        step=step,
        action=_text(hook, "action"),
        elapsed=float(elapsed) if isinstance(elapsed, int | float) else None,
        id_value=_text(hook, "id_value"),
    )


def _diagnostic(raw: dict[str, Any], base: _Base) -> Diagnostic:
    place, snippet = _object(raw, "range"), _object(raw, "snippet")
    values = snippet.get("values")
    return Diagnostic(
        **base,
        severity=_text(raw, "severity"),
        summary=_text(raw, "summary") or base["message"],
        detail=_text(raw, "detail"),
        address=_text(raw, "address"),
        file=_text(place, "filename"),
        line=_number(_object(place, "start"), "line"),
        context=_text(snippet, "context"),
        code=_text(snippet, "code"),
        code_line=_number(snippet, "start_line"),
        values=tuple(
            f"{_text(value, 'traversal')} {_text(value, 'statement')}"
            for value in (values if isinstance(values, list) else ())
            if isinstance(value, dict)
        ),
    )


class _Resource(TypedDict):
    address: str
    resource_type: str
    is_data: bool


class _Base(TypedDict):
    message: str
    level: str
    at: str
    type: str


def _resource(raw: dict[str, Any]) -> _Resource:
    resource = _object(raw, "resource")
    local = _text(resource, "resource")
    return {
        "address": _text(resource, "addr"),
        "resource_type": _text(resource, "resource_type"),
        "is_data": local.startswith("data."),
    }


def _object(raw: dict[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def _text(raw: dict[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _number(raw: dict[str, Any], key: str) -> int:
    value = raw.get(key)
    return value if isinstance(value, int) else 0
