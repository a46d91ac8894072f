"""Container Insights of a cluster, read from the demo account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpuecs_tui.aws.discovery.lookups import read_references
from gpuecs_tui.aws.facts import Named
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.aws.service.cluster_insights import insights_of
from gpuecs_tui.aws.session import connect
from tests.support.small_account import account, known, stack

CLUSTER = "insights-of-a-test"


@pytest.mark.usefixtures("on_demo_account")
def test_the_setting_is_read_for_a_stack_that_leaves_it_as_it_is() -> None:
    reader = connect("", "us-east-1")
    plain = stack(names__cluster=CLUSTER)
    facts = account(clusters=known((Named(CLUSTER, ""),)))
    reader.call("ecs", "CreateCluster", clusterName=CLUSTER)
    try:
        for value, expected in (("disabled", "off"), ("enhanced", "enhanced"), ("enabled", "on")):
            setting = [{"name": "containerInsights", "value": value}]
            reader.call("ecs", "UpdateCluster", cluster=CLUSTER, settings=setting)
            found = read_references(reader, plain, facts).lookups
            reading = found.cluster_insights[CLUSTER]
            assert isinstance(reading, Known) and reading.value == value
            assert insights_of(plain, found.cluster_insights) == expected
        off = stack(names__cluster=CLUSTER, fleet__container_insights="off")
        assert insights_of(off, found.cluster_insights) == "off"
        assert not read_references(reader, off, facts).lookups.cluster_insights
        other = replace(facts, clusters=known(()))
        assert not read_references(reader, plain, other).lookups.cluster_insights
    finally:
        reader.call("ecs", "DeleteCluster", cluster=CLUSTER)
        reader.close()
