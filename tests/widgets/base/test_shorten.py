"""Which part of a long text stays visible."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from gpuecs_tui.widgets.base.shorten import image, middle

REGISTRY = "987654321098.dkr.ecr.ap-southeast-2.amazonaws.com"
DIGEST = "@sha256:" + "0f" * 28 + "cafe1234"


@pytest.mark.parametrize(
    ("reference", "width", "shown"),
    [
        ("nginx:1", 20, "nginx:1"),
        (f"{REGISTRY}/vllm:0.6", 30, "9876543210…zonaws.com/vllm:0.6"),
        (f"{REGISTRY}/a/b/vllm:0.6", 20, "987…com/a/b/vllm:0.6"),
        (f"{REGISTRY}/a/b/vllm:0.6", 14, "…/a/b/vllm:0.6"),
        (f"{REGISTRY}/a/b/vllm:0.6", 12, "…/b/vllm:0.6"),
        (f"vllm{DIGEST}", 20, "vllm@…cafe1234"),
        (f"{REGISTRY}/vllm:0.6", 6, "…m:0.6"),
        ("a" * 40 + ":tag", 12, "…aaaaaaa:tag"),
    ],
)
def test_repository_and_tag_or_the_end_of_the_digest_stay(
    reference: str, width: int, shown: str
) -> None:
    assert image(reference, width) == shown


def test_the_registry_is_shortened_in_its_middle() -> None:
    found = image(f"{REGISTRY}/team/vllm:0.6.3-cu121{DIGEST}", 50)
    assert found.startswith("98765") and found.endswith(".com/team/vllm:0.6.3-cu121@…cafe1234")
    assert cell_len(found) == 50


@settings(max_examples=200)
@given(text=st.text(max_size=90), width=st.integers(0, 60))
def test_nothing_is_wider_than_asked(text: str, width: int) -> None:
    assert cell_len(image(text, width)) <= width
    assert cell_len(middle(text, width)) <= width
