"""Events as the lines that ``terraform plan`` and ``apply`` print, with their colours.

Each line keeps the level and the address of its event, so that readers do not have to guess them
from the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.engine.events import (
    Diagnostic,
    Event,
    Hook,
    Note,
    Outputs,
    PlannedChange,
    ResourceEvent,
    Text,
    Version,
)
from gpuecs_tui.terraform.engine.log_line import Level, LogLine

BOLD, RED, GREEN, YELLOW, CYAN, DIM, RESET = (
    f"\x1b[{code}m" for code in ("1", "31", "32", "33", "36", "2", "0")
)
"""The colours that Terraform itself uses, as SGR sequences."""
_SIGNS = {
    "create": (GREEN, "+", "will be created"),
    "update": (YELLOW, "~", "will be updated in-place"),
    "replace": (RED, "-/+", "must be replaced"),
    "delete": (RED, "-", "will be destroyed"),
    "read": (CYAN, "<=", "will be read during apply"),
    "import": (CYAN, "<-", "will be imported"),
    "move": (CYAN, "->", "has moved"),
    "remove": (YELLOW, ".", "will no longer be managed"),
    "forget": (YELLOW, ".", "will no longer be managed"),
}
"""Terraform's own words and signs, so that users can search the log for them."""
_LEVELS = {"warn": Level.WARNING, "error": Level.ERROR}
"""All other levels of events are ``Level.INFO``."""
_SGR = re.compile(r"\x1b\[[0-9;:]*m")
_CONTROL = re.compile(
    r"\x1b\[[0-9;:]*m|([\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff])"
)
_PICTURES = 0x2400
"""Code point of Unicode's first picture of a control character (U+2400, for NUL)."""


def escape_controls_but_colours(text: str) -> str:
    """Return one line without terminal control sequences except colours.

    Other control characters become visible: C0 as Unicode's pictures of them, C1 as ``\\u....``.
    Characters that change the writing direction or are not valid text also become ``\\u....``. A
    colour left open is closed.
    """
    shown = _CONTROL.sub(lambda match: _visible(match[1]) if match[1] else match[0], text)
    colours = _SGR.findall(shown)
    return shown + RESET if colours and colours[-1] not in (RESET, "\x1b[m") else shown


def without_colours(line: str) -> str:
    """Return the text of a line from ``log_lines`` without its colours."""
    return _SGR.sub("", line)


def log_lines(event: Event) -> list[LogLine]:
    """Return the lines to show for an event; none for drift and bookkeeping events."""
    level = _level_of(event)
    address = event.address if isinstance(event, Diagnostic | ResourceEvent) else ""
    return [
        LogLine(escape_controls_but_colours(text), level, address, continues=number > 0)
        for number, text in enumerate(_lines(event))
    ]


def _level_of(event: Event) -> Level | None:
    if isinstance(event, Text):
        return None
    if isinstance(event, Diagnostic):
        return Level.ERROR if event.severity == "error" else Level.WARNING
    # Terraform sends the event of a failed step at level info.
    failed = isinstance(event, Hook) and event.step == "errored"
    if failed or (isinstance(event, Version) and not event.is_known):
        return Level.ERROR
    return _LEVELS.get(event.level, Level.INFO)


def _lines(event: Event) -> Iterator[str]:
    if isinstance(event, Diagnostic):
        yield from _boxed(event)
    elif isinstance(event, PlannedChange):
        if not event.is_drift:
            yield _planned(event)
    elif isinstance(event, Hook):
        if event.phase != "apply" or not event.is_data or event.step == "errored":
            colour = RED if event.step == "errored" else ""
            yield from (f"{BOLD}{colour}{line}{RESET}" for line in event.message.splitlines())
    elif isinstance(event, Outputs):
        yield from _outputs(event)
    elif isinstance(event, Note):
        colour = {"warn": YELLOW, "error": RED}.get(event.level, CYAN)
        yield from (f"{colour}{line}{RESET}" for line in event.message.splitlines())
    elif isinstance(event, Version):
        yield f"{DIM}{event.message}{RESET}"
        if not event.is_known:
            message = _("Unknown event version {ui}: events are shown as received.")
            yield f"{RED}{message.format(ui=event.ui)}{RESET}"
    elif isinstance(event, Text):
        yield event.message
    elif event.type == "change_summary":
        yield ""
        yield f"{BOLD}{GREEN}{event.message}{RESET}"
    else:
        yield from event.message.splitlines()


def _planned(event: PlannedChange) -> str:
    colour, sign, words = _SIGNS.get(event.action, ("", " ", event.action))
    reason = f" ({event.reason.replace('_', ' ')})" if event.reason else ""
    return f"{colour}{sign:>5}{RESET} {BOLD}{event.address}{RESET} {words}{reason}"


def _outputs(event: Outputs) -> Iterator[str]:
    shown = {
        name: output
        for name, output in event.values.items()
        if isinstance(output, dict) and ("value" in output or output.get("sensitive"))
    }
    if not shown or any("action" in output for output in shown.values()):
        # A plan lists its outputs without values.
        return
    yield ""
    yield f"{BOLD}{GREEN}Outputs:{RESET}"
    yield ""
    for name, output in shown.items():
        literal = json.dumps(output.get("value"), ensure_ascii=False)
        value = "<sensitive>" if output.get("sensitive") else literal
        yield f"{name} = {value}"


def _boxed(event: Diagnostic) -> Iterator[str]:
    is_error = event.severity == "error"
    bar = f"{RED if is_error else YELLOW}│{RESET} "
    edge = RED if is_error else YELLOW
    title = _("Error") if is_error else _("Warning")
    yield f"{edge}╷{RESET}"
    first, *rest = event.summary.splitlines() or [""]
    yield f"{bar}{BOLD}{edge}{title}: {RESET}{BOLD}{first}{RESET}"
    yield from (bar + line for line in rest)
    if event.address or event.file:
        yield bar
    if event.address:
        yield f"{bar}  with {event.address},"
    if event.file:
        inside = f", in {event.context}" if event.context else ""
        yield f"{bar}  on {event.file} line {event.line}{inside}:"
        for number, code in enumerate(event.code.splitlines(), start=event.code_line):
            yield f"{bar}{number:>4}: {code}"
    yield from (f"{bar}    {DIM}{value}{RESET}" for value in event.values)
    if event.detail:
        yield bar
        yield from (bar + line for line in event.detail.splitlines())
    yield f"{edge}╵{RESET}"


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(_PICTURES + code)
    return "\u2421" if code == 0x7F else f"\\u{code:04x}"
