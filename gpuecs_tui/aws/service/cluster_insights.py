"""Container Insights of a cluster that exists."""

from __future__ import annotations

from collections.abc import Mapping

from gpuecs_tui.aws.reading import Known, Reading
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.stack.fleet import INSIGHTS
from gpuecs_tui.stack.model import Stack

KEPT = "account"
"""The value of ``fleet.container_insights`` with which Terraform leaves the setting of a cluster as
it is (provider source, internal/service/ecs/cluster.go: ``setting`` is optional and computed)."""
BILLED = ("on", "enhanced")
_SETTING = "containerInsights"


def read_cluster_insights(reader: AccountReader, cluster: str) -> Reading[str]:
    """Return the value of a cluster's setting, such as ``enabled``; an empty text without one."""

    def read() -> str:
        answer = reader.call("ecs", "DescribeClusters", clusters=[cluster], include=["SETTINGS"])
        settings = [it for each in answer["clusters"] for it in each.get("settings", ())]
        return next((str(it["value"]) for it in settings if it["name"] == _SETTING), "")

    return reader.reading("ecs:DescribeClusters", read)


def insights_of(stack: Stack, present: Mapping[str, Reading[str]]) -> str:
    """Return what the cluster has after an apply, as a value of ``fleet.container_insights``.

    ``present`` are the settings of existing clusters by name (``Lookups.cluster_insights``).
    ``account`` if the cluster does not exist yet, or its setting is unknown.
    """
    wanted = stack.fleet.container_insights
    reading = present.get(stack.names.cluster)
    if wanted != KEPT or not isinstance(reading, Known):
        return wanted
    return next((key for key, value in INSIGHTS.items() if value == reading.value), KEPT)
