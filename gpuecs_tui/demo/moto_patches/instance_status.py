"""Status checks of instances."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instances import Instance

from gpuecs_tui.demo.plays import active

IMPAIRED = {"Status": "impaired", "Details": [{"Name": "reachability", "Status": "failed"}]}
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html"""


def status_checks() -> None:
    """Every running instance passes its status checks."""
    original: Any = Instance.instance_status

    def status(self: Instance) -> dict[str, Any]:
        running = self.state_code == RUNNING
        return IMPAIRED if running and active.is_on("status-check") else original.fget(self)

    Instance.instance_status = property(status)  # type: ignore[assignment, method-assign] # a property for another


RUNNING = 16
"""Code of the instance state ``running`` (API_InstanceState)."""

GAPS = (status_checks,)
