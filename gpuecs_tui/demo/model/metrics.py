"""The CloudWatch metrics of the demo account: ``gpuecs-tui demo metric NAME VALUE`` sets them.

A metric keeps its value until it is set again. A metric that was never set has no data.
"""

from __future__ import annotations

REQUESTS, CPU, MEMORY = "RequestCount", "CPUUtilization", "MemoryUtilization"
OF_GPUS = "nvidia_smi_"
"""The start of the names of GPU metrics, which have data only while an instance runs."""
"""The names of the predefined metrics. Requests are those of the load balancer in a minute."""

values: dict[str, float] = {}
"""Name → its value in each minute."""


def set_metric(name: str, value: float | None) -> None:
    """Set a metric; None: it has no data from now on."""
    if value is None:
        values.pop(name, None)
    else:
        values[name] = value
