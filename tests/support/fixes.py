"""Applies a finding's fix to the answers."""

from __future__ import annotations

from collections.abc import Mapping

from gpuecs_tui.checks import Finding
from gpuecs_tui.stack.fields import Value


def apply_fix(finding: Finding, answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return ``answers`` with the finding's fix applied; unchanged if it has no fix."""
    return {**answers, **dict(finding.fix or ())}
