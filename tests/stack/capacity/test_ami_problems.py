"""Contradictions between the AMI and its release, and between checkpoints."""

from __future__ import annotations

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import resolve
from tests.support.small_account import ANSWERS
from tests.support.strategies import G4DN_XLARGE

AL2023 = "al2023-ami-ecs-gpu-hvm-2023.0.20260921-kernel-6.1-x86_64-ebs"


def told(**changes: Value) -> list[str]:
    answers = {**ANSWERS, **{f"fleet.{name}": value for name, value in changes.items()}}
    return [it.key for it in problems(answers, resolve(answers, G4DN_XLARGE))]


def test_a_release_belongs_to_its_operating_system() -> None:
    assert told(ami_release=AL2023) == told(ami="bottlerocket", ami_release="1.49.0") == []
    assert told(ami_release="1.49.0") == ["fleet.ami_release"]
    assert told(ami="bottlerocket", ami_release=AL2023) == ["fleet.ami_release"]
    assert told(ami="ami-0123456789abcdef0", ami_release=AL2023) == ["fleet.ami_release"]
    assert told(ami_release="latest") == ["fleet.ami_release"]


@pytest.mark.parametrize(
    ("checkpoints", "valid"),
    [
        ((), True),
        (("100",), True),
        (("1", "50", "100"), True),
        (("50", "20", "100"), False),
        (("50",), False),
        (("0", "100"), False),
        (("50", "101"), False),
        (("50", "50", "100"), False),
    ],
)
def test_checkpoints(checkpoints: tuple[str, ...], valid: bool) -> None:
    found = told(instance_refresh=True, refresh_checkpoints=checkpoints)
    assert found == ([] if valid else ["fleet.refresh_checkpoints"])
    assert told(refresh_checkpoints=checkpoints)[:1] == (
        ["fleet.refresh_checkpoints"] if checkpoints else []
    )
