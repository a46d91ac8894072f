"""What a finding's fix makes of the answers."""

from __future__ import annotations

from collections.abc import Mapping

from gpuecs_tui.checks import Finding
from gpuecs_tui.stack.fields import Value


def apply_fix(finding: Finding, answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return ``answers`` as the finding's fix makes them; unchanged where it has none."""
    return {**answers, **dict(finding.fix or ())}
