"""The stages in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from gpuecs_tui.deployment.cause import StageId
from gpuecs_tui.deployment.stages import Stage, StageState
from gpuecs_tui.durations import in_steps, in_words
from gpuecs_tui.i18n import N_, _

TITLES: Mapping[StageId, str] = {
    "fleet": N_("Group size"),
    "launching": N_("Instances launched"),
    "running": N_("Instances running"),
    "agent": N_("Instances in cluster"),
    "placed": N_("Task placed"),
    "pulled": N_("Image pulled"),
    "started": N_("Task started"),
    "healthy": N_("Target healthy"),
    "revision": N_("Revision current"),
    "note": N_("Note"),
}
"""Stage → its label, untranslated."""
STATES: Mapping[StageState, str] = {
    "done": N_("done"),
    "waiting": N_("waiting"),
    "failed": N_("failed"),
    "unknown": N_("unknown"),
    "skipped": N_("not needed"),
}
"""State → its word, untranslated."""


def stage_words(stage: Stage, now: datetime) -> str:
    """Return the state of a stage with its times: "waiting for 4 min (usually 2 min)"."""
    parts = [_(STATES[stage.state])]
    if stage.state == "done" and stage.took is not None:
        parts.append(_("in {time}").format(time=in_words(stage.took)))
    elif stage.state in ("waiting", "failed") and stage.since is not None:
        age = in_steps(max(now - stage.since, timedelta()))
        parts.append(_("for {time}").format(time=age) if age else "")
    if stage.state in ("waiting", "failed") and stage.usual is not None:
        parts.append(_("(usually {time})").format(time=in_words(stage.usual)))
    return " ".join(filter(None, parts))
