"""The result of one finished command, from its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.engine.diagnosis import Diagnosis, diagnose, last_words
from gpuecs_tui.terraform.engine.events import ChangeSummary, Event, Hook, Outputs

KILLED = "killed"
"""Kind of the failure of a Terraform that a signal ended."""
_HERE = Path()


def counts(events: Sequence[Event]) -> dict[str, int]:
    """Return the numbers of a plan's events; the names are the fields of ``ChangeCounts``."""
    refreshed = {it.address for it in events if isinstance(it, Hook) and it.phase == "refresh"}
    sums = [event for event in events if isinstance(event, ChangeSummary)]
    if not sums:
        return {"add": 0, "change": 0, "destroy": 0, "imported": 0, "existing": len(refreshed)}
    last = sums[-1]
    return {
        "add": last.add,
        "change": last.change,
        "destroy": last.remove,
        "imported": last.imported,
        "existing": len(refreshed),
    }


def outputs(events: Sequence[Event]) -> Mapping[str, Any] | None:
    """Return the outputs after an apply, sensitive ones without value; None without such an
    event."""
    shown = [event for event in events if isinstance(event, Outputs)]
    return outputs_without_secrets(shown[-1].values) if shown else None


def outputs_without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return outputs, in the format of ``output -json`` or of an event, without sensitive
    values."""
    kept = {}
    for name, output in values.items():
        if isinstance(output, dict):
            hidden = {"value"} if output.get("sensitive") else set()
            kept[name] = {key: item for key, item in output.items() if key not in hidden}
    return kept


def failure(events: Sequence[Event], returncode: int, directory: Path = _HERE) -> Diagnosis:
    """Return why a command failed, from its diagnostics, its signal or its last words.

    ``directory`` is where it ran.
    """
    found = diagnose(events, directory)
    if found is not None:
        return found
    if returncode < 0:
        message = _("Terraform was killed by signal {number}.").format(number=-returncode)
        remedy = _(
            "Run a new plan. It imports the resources that were created but are missing from the "
            "state."
        )
        return Diagnosis(KILLED, message, remedy)
    message = _("Terraform exited with code {code}. {words}")
    return Diagnosis("other", message.format(code=returncode, words=last_words(events)).strip(), "")
