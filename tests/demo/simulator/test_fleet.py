"""What an instance registers and which cluster it joins, according to its type and its user
data."""

from __future__ import annotations

import pytest

from gpuecs_tui.demo.simulator.fleet import cluster_in, empty_room


@pytest.mark.parametrize(
    ("user_data", "cluster"),
    [
        ("#!/bin/bash\necho ECS_CLUSTER=llm >> /etc/ecs/ecs.config\n", "llm"),
        ("#!/bin/bash\ncat <<'E' >> /etc/ecs/ecs.config\nECS_CLUSTER=a_b-1\nE\n", "a_b-1"),
        ("echo \"ECS_CLUSTER='quoted'\" >> /etc/ecs/ecs.config", "quoted"),
        ("#!/bin/bash\n# ECS_CLUSTER=commented\n", "default"),
        ('[settings.ecs]\ncluster = "bottle"\n', "bottle"),
        ("", "default"),
    ],
)
def test_the_cluster_of_user_data(user_data: str, cluster: str) -> None:
    assert cluster_in(user_data) == cluster


@pytest.mark.parametrize(
    ("instance_type", "user_data", "cpu", "memory", "gpus"),
    [
        ("g4dn.xlarge", "", 4096, 15684, 1),
        ("g5.12xlarge", "", 49152, 191178, 4),
        ("g4dn.xlarge", "ECS_RESERVED_MEMORY=256", 4096, 15428, 1),
        ("g4dn.xlarge", "[settings.ecs]\nreserved-memory = 100", 4096, 15584, 1),
        ("m5.large", "", 2048, 7823, 0),
    ],
)
def test_what_the_agent_registers(
    instance_type: str, user_data: str, cpu: int, memory: int, gpus: int
) -> None:
    room = empty_room(instance_type, user_data)
    assert (room.cpu, room.memory, room.gpus) == (cpu, memory, gpus)
