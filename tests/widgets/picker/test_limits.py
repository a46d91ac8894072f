"""What an empty field means."""

from __future__ import annotations

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.widgets.picker.limits import empty_means
from tests.support.small_account import ANSWERS


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "the VPC's CIDR blocks"),
        ({"network.ingress_prefix_list_ids": ("pl-0123456789abcdef0",)}, "none"),
        ({"network.ingress_security_group_ids": ("sg-0123456789abcdef0",)}, "none"),
        ({"load_balancer.internal": False}, ""),
    ],
)
def test_other_clients_replace_the_default_of_the_allowed_addresses(
    changes: dict[str, Value], says: str
) -> None:
    stack = resolve({**ANSWERS, **changes}, None).stack
    assert empty_means("network.ingress_cidrs", stack) == says
    assert empty_means("fleet.key_name", stack).startswith("none (")
