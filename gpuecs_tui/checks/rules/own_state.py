"""Rules about the stack's own state: backend configurations that can be misunderstood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Severity

FIELD = "state.backend"
RULES = (
    "state-moved",
    "state-unmoved",
    "state-unread",
    "partial-backend",
    "backend-variable",
    "encrypted-state",
    "workspace-file",
    "dynamodb-lock",
)
"""The texts of these findings are made where the state is read
(terraform/recovery/own_state.py)."""


def _remarks(rule: str, context: Context) -> Iterator[Finding]:
    for remark in context.state.remarks:
        if remark.rule == rule:
            remedy = remark.remedy[:1].lower() + remark.remedy[1:].rstrip(".")
            yield Finding(rule, Severity(remark.severity), FIELD, remark.message, remedy)


STATE_RULES: dict[str, Callable[[Context], Iterator[Finding]]] = {
    rule: partial(_remarks, rule) for rule in RULES
}
"""Rule id → rule."""
