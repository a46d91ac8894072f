"""Override files, merged into the other files as Terraform does.

https://developer.hashicorp.com/terraform/language/files/override#merging-behavior
"""

from __future__ import annotations

from dataclasses import replace

from gpuecs_tui.terraform.hcl.tree import Block, Body

_MERGED = "lifecycle"
"""The one nested block that is merged argument by argument instead of being replaced."""


def laid_over(base: Body, over: Body, file: str) -> Body:
    """Return ``base`` merged with ``over``, the same block in the override file ``file``."""
    attributes = dict(base.attributes)
    for name, attribute in over.attributes.items():
        attributes[name] = replace(attribute, file=file)
    kinds = {made_by(block) for block in over.blocks}
    kept = [block for block in base.blocks if made_by(block) not in kinds]
    for block in over.blocks:
        twin = next(base.named(block.kind), None) if block.kind == _MERGED else None
        body = laid_over(twin.body, block.body, file) if twin else _placed(block.body, file)
        kept.append(replace(block, body=body, file=file))
    return Body(attributes, tuple(kept))


def made_by(block: Block) -> str:
    """Return the kind of block that a nested block creates; a dynamic block has it as its label."""
    return block.labels[0] if block.kind == "dynamic" and block.labels else block.kind


def _placed(body: Body, file: str) -> Body:
    return Body(
        {name: replace(attribute, file=file) for name, attribute in body.attributes.items()},
        tuple(replace(block, body=_placed(block.body, file), file=file) for block in body.blocks),
    )
