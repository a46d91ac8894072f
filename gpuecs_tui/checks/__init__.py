"""Rules that check whether a stack will work in an account. Never imports textual or boto3."""

from gpuecs_tui.checks.finding import Finding, Severity
from gpuecs_tui.checks.placement import Fit, Rollout, fit, rollout
from gpuecs_tui.checks.registry import check, findings_from_problems
from gpuecs_tui.checks.rules.timing import Timing, timing

__all__ = [
    "Finding",
    "Fit",
    "Rollout",
    "Severity",
    "Timing",
    "check",
    "findings_from_problems",
    "fit",
    "rollout",
    "timing",
]
