"""Our parser and python-hcl2 agree on what a stack's Terraform declares, block by block.

python-hcl2 fails on part of what Terraform accepts, so it does not read users' files. Where it is
right, as on what this program writes, it is an independent second opinion on the parser that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
import pytest

from gpuecs_tui.terraform.hcl.parse import parse
from gpuecs_tui.terraform.hcl.tree import Block, Body, Literal
from tests.support.terraform.earlier_stacks import EARLIER

FILES = sorted(EARLIER.rglob("*.tf"))


def test_there_are_files_to_compare() -> None:
    assert len(FILES) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_both_see_the_same_blocks_and_plain_values(path: Path) -> None:
    text = path.read_text("utf-8")
    ours = sorted(_ours(parse(text, path.name)))
    assert ours == sorted(_theirs(hcl2.loads(text)))
    assert ours


def _ours(body: Body, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for attribute in body.attributes.values():
        value = attribute.value
        yield (*place, attribute.name), repr(value.value) if isinstance(value, Literal) else ""
    for block in body.blocks:
        yield (*place, *_title(block)), "block"
        yield from _ours(block.body, (*place, *_title(block)))


def _title(block: Block) -> tuple[str, ...]:
    return (block.kind, *block.labels)


def _theirs(body: dict[str, Any], place: tuple[str, ...] = ()) -> Iterator[Any]:
    for name, value in body.items():
        if name.startswith("__"):
            continue
        if isinstance(value, list) and any(map(_is_block, _leaves(value))):
            for block in value:
                title: tuple[str, ...] = (name,)
                inner = block
                while "__is_block__" not in inner:
                    ((label, inner),) = inner.items()
                    title = (*title, label.strip('"'))
                yield (*place, *title), "block"
                yield from _theirs(inner, (*place, *title))
        else:
            yield (*place, name), _plain(value)


def _is_block(value: object) -> bool:
    return isinstance(value, dict) and "__is_block__" in value


def _leaves(blocks: list[Any]) -> Iterator[Any]:
    for block in blocks:
        while isinstance(block, dict) and "__is_block__" not in block and len(block) == 1:
            (block,) = block.values()
        yield block


def _plain(value: object) -> str:
    if isinstance(value, str):
        quoted = value.startswith('"') and value.endswith('"')
        if not quoted or "${" in value or "%{" in value or "\\" in value:
            return {"null": "None"}.get(value, "")
        return repr(value[1:-1])
    return repr(value) if isinstance(value, bool | int | float) else ""
