from __future__ import annotations

import pytest

from gpuecs_tui.stack.fields import Value
from tests.support.small_account import ANSWERS, account, findings, of_rule

MEMORY = "task.memory"


@pytest.mark.parametrize(
    ("name", "memory", "severity"),
    [
        ("g4dn.xlarge", 15155, None),
        ("g4dn.xlarge", 15156, "warning"),
        ("g4dn.xlarge", 15684, "warning"),
        ("g4dn.xlarge", 15685, "error"),
        ("g4dn.xlarge", 16384, "error"),
        # A type with the same RAM and another measured value.
        ("g5.xlarge", 15794, "warning"),
        ("g5.xlarge", 15795, "error"),
        # Without a measurement, the bound is the kernel's, 63/64 of 16384.
        ("g6.xlarge", 15155, None),
        ("g6.xlarge", 16128, "warning"),
        ("g6.xlarge", 16129, "error"),
        # An estimate proves nothing: 61266 is the estimate, 61488 the bound.
        ("p3.2xlarge", 61400, "warning"),
        ("p3.2xlarge", 61489, "error"),
    ],
)
def test_memory_fit(name: str, memory: int, severity: str | None) -> None:
    found = of_rule("memory-fit", fleet__instance_type=name, task__memory=memory)
    assert found == ([(severity, MEMORY)] if severity else [])


@pytest.mark.parametrize(
    ("memory", "severity", "remedy"),
    [
        (181862 // 4, None, ""),
        (181862 // 4 + 1, "warning", f"set task.memory to {181862 // 4}"),
        (191178 // 4, "warning", f"set task.memory to {181862 // 4}"),
    ],
)
def test_memory_of_tasks_that_share_an_instance(
    memory: int, severity: str | None, remedy: str
) -> None:
    found = [
        it
        for it in findings(
            account(),
            fleet__instance_type="g5.12xlarge",
            service__distinct_instances=False,
            task__memory=memory,
            task__container_memory=1000,
        )
        if it.rule == "memory-fit"
    ]
    assert [it.severity for it in found] == ([severity] if severity else [])
    assert all(it.remedy == remedy for it in found)


@pytest.mark.parametrize(("cpu", "bad"), [(4096, False), (4097, True)])
def test_cpu_fit(cpu: int, bad: bool) -> None:
    found = of_rule("cpu-fit", task__cpu=cpu)
    assert found == ([("error", "task.cpu")] if bad else [])


def test_the_fix_of_cpu_takes_the_container_along() -> None:
    both = findings(account(), task__cpu=5000)[0]
    assert both.fix == (("task.cpu", 4096), ("task.container_cpu", 4096))
    alone = findings(account(), task__cpu=5000, task__container_cpu=4000)[0]
    assert alone.fix == (("task.cpu", 4096),)


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({"task__gpus": 1}, None),
        ({"task__gpus": 2}, "error"),
        ({"fleet__instance_type": "g5.12xlarge", "task__gpus": 4}, None),
        ({"fleet__instance_type": "g5.12xlarge", "task__gpus": 5}, "error"),
        # Three of four GPUs are idle, with one task per instance by default.
        ({"fleet__instance_type": "g5.12xlarge"}, "warning"),
        ({"fleet__instance_type": "g5.12xlarge", "service__distinct_instances": False}, None),
        ({"fleet__instance_type": "g5.12xlarge", "task__gpus": 3}, "warning"),
        (
            {
                "fleet__instance_type": "g5.12xlarge",
                "service__distinct_instances": False,
                "task__host_port": 80,
            },
            "warning",
        ),
    ],
)
def test_gpu_fit(changes: dict[str, Value], severity: str | None) -> None:
    assert of_rule("gpu-fit", **changes) == ([(severity, "task.gpus")] if severity else [])


@pytest.mark.parametrize(
    ("name", "ami", "severity"),
    [
        ("g4dn.xlarge", "al2023", None),
        ("p5.48xlarge", "al2023", None),
        ("g7e.2xlarge", "al2023", "unknown"),  # inferred
        ("p4de.24xlarge", "ami-0123456789abcdef0", "unknown"),
        ("p6-b200.48xlarge", "al2023", "unknown"),  # from the changes in the AMI's repository
        ("g6f.large", "al2023", "error"),
        ("gr6f.4xlarge", "bottlerocket", "error"),
        ("g6f.large", "ami-0123456789abcdef0", "error"),  # no AMI makes a whole GPU available
        ("g5g.xlarge", "al2023", "error"),
        ("g5g.xlarge", "bottlerocket", "warning"),
        ("g7.2xlarge", "al2023", "error"),
        ("g7.2xlarge", "ami-0123456789abcdef0", "warning"),
        ("g4ad.xlarge", "al2023", "error"),
        ("g4ad.xlarge", "bottlerocket", "error"),
        ("p2.xlarge", "al2023", "error"),
        ("m5.large", "al2023", "error"),
        ("t3.nonsense", "al2023", "error"),
    ],
)
def test_gpu_type(name: str, ami: str, severity: str | None) -> None:
    found = of_rule("gpu-type", fleet__instance_type=name, fleet__ami=ami)
    assert found == ([(severity, "fleet.instance_type")] if severity else [])


def test_a_type_that_nobody_could_be_asked_about_is_unknown() -> None:
    found = [
        it for it in findings(None, fleet__instance_type="g99.xlarge") if it.rule == "gpu-type"
    ]
    assert [it.severity for it in found] == ["unknown"]
    assert [it for it in findings(None, ANSWERS) if it.rule == "gpu-type"] == []
