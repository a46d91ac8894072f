"""The ``import`` blocks of a configuration: what the next apply imports into the state.

https://developer.hashicorp.com/terraform/language/import: ``to`` is an address, and ``id`` a string
that is known before the plan. ``for_each`` creates several imports from one block, and ``identity``
may replace ``id``.
"""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.stack.state_facts import DeclaredImport
from gpuecs_tui.terraform.base.addresses import without_key
from gpuecs_tui.terraform.hcl.tree import Block, Expression, Literal, Opaque, Reference
from gpuecs_tui.terraform.read.configuration import Configuration
from gpuecs_tui.terraform.read.files import is_configuration


def imports_in(configuration: Configuration) -> dict[str, DeclaredImport]:
    """Return what is imported, by resource address without a key."""
    return dict(_imports(configuration))


def _imports(configuration: Configuration) -> Iterator[tuple[str, DeclaredImport]]:
    for file, body in configuration.bodies.items():
        if not is_configuration(file):
            continue
        for block in body.named("import"):
            if "to" in block.body.attributes:
                address = _address(block.body.attributes["to"].value)
                yield without_key(address), DeclaredImport(file, _id(configuration, block))


def _address(to: Expression) -> str:
    match to:
        case Reference(path):
            return path
        case Opaque(text):
            return text.replace(" ", "")
        case Literal(str(text)):
            return text
        case _:
            return ""


def _id(configuration: Configuration, block: Block) -> str:
    if "for_each" in block.body.attributes or "id" not in block.body.attributes:
        return ""
    value = configuration.scope.value(block.body.attributes["id"].value)
    return value if isinstance(value, str) else ""
