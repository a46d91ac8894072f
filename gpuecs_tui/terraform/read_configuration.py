"""A directory's Terraform, parsed: its blocks by address, and what its names stand for."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform import hcl_budget
from gpuecs_tui.terraform.hcl_parse import parse
from gpuecs_tui.terraform.hcl_tree import Block, Body, Expression, ReadProblem
from gpuecs_tui.terraform.hcl_values import Known, Scope
from gpuecs_tui.terraform.render import OWN_FILES
from gpuecs_tui.terraform.variable_files import json_expressions, load_order

VARIABLE_FILE = "terraform.tfvars"
_LOADED = (".tf", ".tf.json", ".auto.tfvars", ".auto.tfvars.json")
"""Endings of the files that Terraform loads beside ``terraform.tfvars``."""
FILE_MAX = 4 * 1024 * 1024
"""Bytes; no Terraform that people write is larger, and parsing takes a second for 100 KiB."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Neither the block nor the attribute is there."""


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands."""

    file: str
    line: int
    """Counted from 1."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What Terraform would load from a directory."""

    bodies: Mapping[str, Body]
    """File name → its tree, for ``*.tf`` and the variable files."""
    blocks: Mapping[str, tuple[str, Block]]
    """Address → file and block; ``data.…``, ``provider.aws``, ``variable.…`` among them."""
    scope: Scope
    texts: Mapping[str, str]
    """File name → text of everything that was read, scripts included."""

    def body(self, address: str, *path: str) -> Body | None:
        """Return the body of a block, or of the first block inside it that ``path`` leads to."""
        if address not in self.blocks:
            return None
        body = self.blocks[address][1].body
        for kind in path:
            block = next(body.named(kind), None)
            if block is None:
                return None
            body = block.body
        return body

    def expression(self, address: str, path: str) -> tuple[Expression, Place] | None:
        """Return an attribute's expression by dotted path, with its place; None if absent."""
        *outer, name = path.split(".")
        body = self.body(address, *outer)
        if body is None or name not in body.attributes:
            return None
        attribute = body.attributes[name]
        return attribute.value, Place(self.blocks[address][0], attribute.line)

    def value(self, address: str, path: str) -> Known:
        """Return an attribute's value; MISSING if it is absent, Unknown if it can't be told."""
        found = self.expression(address, path)
        return MISSING if found is None else self.scope.value(found[0])


def load(texts: Mapping[str, str]) -> Configuration:
    """Return the configuration in ``texts`` (file name → text). Raises ReadProblem."""
    parsed = [name for name in texts if name.endswith((".tf", ".tfvars"))]
    if beyond := hcl_budget.first_beyond(texts, parsed):
        raise ReadProblem(
            _("{file} is too large to be read: the directory holds more than {n} words.").format(
                file=beyond, n=hcl_budget.TOKENS_MAX
            ),
            beyond,
            remedy=_("Move generated code to a module of its own."),
        )
    bodies = {name: parse(texts[name], name) for name in parsed}
    blocks: dict[str, tuple[str, Block]] = {}
    variables: dict[str, Expression] = {}
    local_values: dict[str, Expression] = {}
    for name, body in bodies.items():
        if is_override(name):
            continue
        for block in body.blocks:
            blocks.setdefault(block.address, (name, block))
            if block.kind == "locals":
                local_values |= {key: value.value for key, value in block.body.attributes.items()}
            elif block.kind == "variable" and "default" in block.body.attributes:
                variables[".".join(block.labels)] = block.body.attributes["default"].value
            elif block.kind == "terraform":
                for inner in block.body.named("backend"):
                    blocks.setdefault("backend", (name, inner))
    for name in load_order(texts):
        if is_json(name):
            variables |= json_expressions(texts[name])
        else:
            variables |= {key: value.value for key, value in bodies[name].attributes.items()}
    return Configuration(bodies, blocks, Scope(variables, local_values), texts)


def read_texts(directory: Path) -> dict[str, str]:
    """Return every file that says what the stack is: ours, other ``*.tf``, variable files.

    An absent directory has none. Raises ReadProblem for what is no regular file (ours only), no
    UTF-8, or can't be opened.
    """
    texts: dict[str, str] = {}
    for path in _candidates(directory):
        try:
            # Only ours are ever replaced, which a link would make a surprise.
            status = path.lstat() if path.name in OWN_FILES else path.stat()
            if not stat.S_ISREG(status.st_mode):
                if path.name in OWN_FILES:
                    raise ReadProblem(
                        _("{file} is a link or no regular file.").format(file=path), path.name
                    )
                continue
            if status.st_size > FILE_MAX:
                raise ReadProblem(_("{file} is too large.").format(file=path), path.name)
            # Decoded from bytes: reading as text would turn a script's CRLF into LF.
            texts[path.name] = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise ReadProblem(
                _("{file}, line {line}: not UTF-8 text.").format(file=path.name, line=line),
                path.name,
                line,
            ) from None
        except FileNotFoundError:
            # Gone since the listing, or a link to nothing, which Terraform reports itself.
            continue
        except OSError as error:
            raise ReadProblem(
                _("{file} can't be read: {reason}.").format(file=path, reason=error.strerror),
                path.name,
            ) from None
    return texts


def _candidates(directory: Path) -> Iterator[Path]:
    try:
        paths = sorted(directory.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise ReadProblem(
            _("{file} can't be read: {reason}.").format(file=directory, reason=error.strerror),
            str(directory),
        ) from None
    own = {name: position for position, name in enumerate(OWN_FILES)}
    for path in sorted(paths, key=lambda path: (own.get(path.name, len(own)), path.name)):
        if path.name in own or path.name.endswith(_LOADED) or path.name == f"{VARIABLE_FILE}.json":
            yield path


def is_override(name: str) -> bool:
    """Tell whether Terraform lays a file over the others instead of adding it to them."""
    stem = name.removesuffix(".json").removesuffix(".tf")
    return stem != name and (stem == "override" or stem.endswith("_override"))


def is_json(name: str) -> bool:
    """Tell whether a file is in Terraform's other language, which isn't read here."""
    return name.endswith(".json")
