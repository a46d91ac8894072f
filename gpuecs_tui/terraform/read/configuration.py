"""The parsed Terraform of a directory: its blocks by address, and the values of its names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl import budget
from gpuecs_tui.terraform.hcl.json_syntax import parse_json, parse_json_variables
from gpuecs_tui.terraform.hcl.parse import parse
from gpuecs_tui.terraform.hcl.tree import (
    Block,
    Body,
    Expression,
    FunctionCall,
    Literal,
    ReadProblem,
    Withheld,
    calls,
    texts_in,
)
from gpuecs_tui.terraform.hcl.values import HclValue, Scope
from gpuecs_tui.terraform.read.files import is_configuration, is_json, is_override, is_variables
from gpuecs_tui.terraform.read.overrides import laid_over
from gpuecs_tui.terraform.read.rules import KNOWN
from gpuecs_tui.terraform.read.variables import variable_scope


@dataclass(frozen=True, slots=True)
class Missing:
    """The block or the attribute does not exist."""


MISSING = Missing()
_UNIQUE = ("resource", "data", "variable", "output", "module", "provider")
"""Kinds of block of which a second one with the same address is an error to Terraform."""
BACKEND = "terraform.backend"
"""Name of a backend or cloud block in messages: a directory has only one."""
_REPEATS = ("count", "for_each")
"""Meta-arguments that create several resources from one block."""


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A place in a file."""

    file: str
    line: int
    """Counted from 1."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What Terraform would load from a directory."""

    bodies: Mapping[str, Body]
    """File name → its tree, for configuration and variable files that could be read."""
    blocks: Mapping[str, tuple[str, Block]]
    """Address → file and block; ``data.…``, ``provider.aws``, ``variable.…`` among them. Override
    files are merged into them."""
    scope: Scope
    texts: Mapping[str, str]
    """File name → text of everything that was read, scripts included."""
    broken: Mapping[str, ReadProblem] = field(default_factory=dict)
    """File name → why a file that Terraform loads could not be read."""
    overridden: tuple[tuple[str, int, str], ...] = ()
    """File, line and address of each block of an override file."""
    twice: tuple[tuple[str, int, str], ...] = ()
    """File, line and address of each definition that repeats another one."""

    secrets: frozenset[str] = frozenset()
    """Texts that are marked as sensitive, and shown nowhere."""

    @property
    def may_hide(self) -> str:
        """Return an unreadable file that may contain further blocks; "" if every file was read."""
        return next((name for name in self.broken if is_configuration(name)), "")

    def first_declared(self, addresses: tuple[str, ...]) -> str:
        """Return the first address that is declared, or the last one."""
        return next((it for it in addresses if it in self.blocks), addresses[-1])

    def body(self, address: str, *path: str) -> Body | None:
        """Return the body of a block, or of the only block inside it that ``path`` leads to.

        None if there is none, or if it is not written out (``withheld``).
        """
        found = self._walk(address, path)
        return None if found is None or isinstance(found, tuple) else found

    def withheld(self, address: str, *path: str) -> tuple[Withheld, SourceLocation] | None:
        """Return why the block at ``path`` can't be read, and the place that causes it."""
        found = self._walk(address, path)
        return found if isinstance(found, tuple) else None

    def expression(self, address: str, path: str) -> tuple[Expression, SourceLocation] | None:
        """Return an attribute's expression by dotted path, with its place; None if absent.

        A Withheld if ``count``, ``for_each``, a dynamic block or several blocks of a kind make it
        unknown.
        """
        *outer, name = path.split(".")
        found = self._walk(address, () if name in _REPEATS else outer, repeats=name in _REPEATS)
        if isinstance(found, tuple):
            return found
        if found is None or name not in found.attributes:
            return None
        attribute = found.attributes[name]
        return attribute.value, SourceLocation(
            attribute.file or self.blocks[address][0], attribute.line
        )

    def value(self, address: str, path: str) -> HclValue:
        """Return an attribute's value; MISSING if it is absent, UnknownValue if only Terraform
        knows it."""
        found = self.expression(address, path)
        return MISSING if found is None else self.scope.value(found[0])

    def _walk(
        self, address: str, path: Iterable[str], *, repeats: bool = False
    ) -> Body | tuple[Withheld, SourceLocation] | None:
        if address not in self.blocks:
            return None
        file, block = self.blocks[address]
        if not repeats and (counted := self._repeated(address, block)):
            return counted, SourceLocation(file, block.line)
        body, what = block.body, address
        for kind in path:
            what = f"{what}.{kind}"
            for dynamic in body.named("dynamic"):
                if kind in dynamic.labels:
                    reason = _("comes from a dynamic block, which gpuecs-tui does not read")
                    place = SourceLocation(dynamic.file or file, dynamic.line)
                    return Withheld(kind, reason, what), place
            inner = list(body.named(kind))
            if len(inner) > 1 and not _is_bottlerocket(inner):
                reason = _("occurs more than once, which gpuecs-tui does not read")
                return Withheld(kind, reason, what), SourceLocation(
                    inner[1].file or file, inner[1].line
                )
            if not inner:
                return None
            file, body = inner[0].file or file, inner[0].body
        return body

    def _repeated(self, address: str, block: Block) -> Withheld | None:
        if any(address == other for _file, _line, other in self.twice):
            return Withheld(address, defined_twice(), address)
        # A resource from which no key is read may be repeated, such as one rule per address range.
        for name in _REPEATS if address in KNOWN else ():
            if name in block.body.attributes:
                expression = block.body.attributes[name].value
                if name == "count" and self.scope.value(expression) == 1:
                    continue
                reason = _("uses {name}, which gpuecs-tui does not read").format(name=name)
                return Withheld(name, reason, address)
        return None


def load_configuration(
    texts: Mapping[str, str],
    unreadable: Mapping[str, ReadProblem] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Configuration:
    """Return the configuration in ``texts`` (file name → text).

    ``unreadable`` are files that Terraform would load but that could not be read. ``environ``
    supplies TF_VAR_… (default: none). A file that can't be parsed is in ``broken``; the others are
    read.
    """
    bodies, broken = _bodies(texts)
    broken |= dict(unreadable or {})
    blocks: dict[str, tuple[str, Block]] = {}
    local_values: dict[str, Expression] = {}
    twice: list[tuple[str, int, str]] = []
    for name, body in bodies.items():
        if is_configuration(name) and not is_override(name):
            for block in body.blocks:
                if block.kind in _UNIQUE and block.address in blocks:
                    twice.append((name, block.line, block.address))
                blocks.setdefault(block.address, (name, block))
                if block.kind == "locals":
                    for key, attribute in block.body.attributes.items():
                        if key in local_values:
                            twice.append((name, attribute.line, f"local.{key}"))
                    local_values |= _values(block)
                for inner in _backends(block):
                    if "backend" in blocks:
                        twice.append((name, inner.line, BACKEND))
                    blocks.setdefault("backend", (name, inner))
    overridden: list[tuple[str, int, str]] = []
    for name in sorted(name for name in bodies if is_override(name)):
        inside = [inner for block in bodies[name].blocks for inner in _backends(block)]
        for kind in ("backend", "cloud"):
            # One file may have one block of each kind; the cloud block takes effect.
            more = [inner for inner in inside if inner.kind == kind][1:]
            twice += [(name, inner.line, BACKEND) for inner in more]
        for block in bodies[name].blocks:
            if block.kind == "locals":
                local_values |= _values(block)
            overridden += _override(blocks, name, block)
    variables = variable_scope(blocks, bodies, broken, environ or {})
    refused = {address: Withheld(address, defined_twice()) for _file, _line, address in twice}
    local_values |= _by_name(refused, "local")
    values = {**variables.values, **_by_name(refused, "variable")}
    scope = Scope(values, local_values, variables.types)
    secrets = variables.secrets | {
        text
        for body in bodies.values()
        for call in _calls_of(body)
        if call.name == "sensitive"
        for text in texts_in(call)
    }
    return Configuration(
        bodies, blocks, scope, texts, broken, tuple(overridden), tuple(twice), secrets
    )


def _bodies(texts: Mapping[str, str]) -> tuple[dict[str, Body], dict[str, ReadProblem]]:
    names = [name for name in texts if is_configuration(name) or is_variables(name)]
    broken: dict[str, ReadProblem] = {}
    while beyond := budget.first_beyond(texts, names):
        broken[beyond] = ReadProblem(
            _(
                "{file} is too large: the Terraform files in the directory have more than {n} "
                "words and symbols."
            ).format(file=beyond, n=budget.TOKENS_MAX),
            beyond,
            remedy=_("Move generated code to a separate module."),
        )
        names.remove(beyond)
    bodies: dict[str, Body] = {}
    for name in names:
        try:
            bodies[name] = _parser(name)(texts[name], name)
        except ReadProblem as problem:
            broken[name] = problem
    return bodies, broken


def _is_bottlerocket(volumes: list[Block]) -> bool:
    """Tell whether these are a data volume and the system volume with the size of the image.

    gpuecs-tui writes a Bottlerocket stack in this form; the answers are in the first volume.
    """
    names = [block.body.attributes.get("device_name") for block in volumes]
    own = [Literal(name) for name in ("/dev/xvdb", "/dev/xvda")]
    sized = [
        "volume_size" in disk.body.attributes for block in volumes for disk in block.body.blocks
    ]
    return [name and name.value for name in names] == own and sized == [True, False]


def _parser(name: str) -> Callable[[str, str], Body]:
    if not is_json(name):
        return parse
    return parse_json_variables if is_variables(name) else parse_json


def _override(
    blocks: dict[str, tuple[str, Block]], name: str, block: Block
) -> Iterator[tuple[str, int, str]]:
    """Merge a block of the override file ``name`` into ``blocks``; yield the address it changes."""
    if block.kind == "locals":
        for key, attribute in block.body.attributes.items():
            yield name, attribute.line, f"local.{key}"
    elif block.kind == "terraform":
        for inner in _backends(block):
            yield name, inner.line, BACKEND
            blocks["backend"] = (name, inner)
    else:
        yield name, block.line, block.address
        # Without a base block, Terraform rejects it with an error of its own.
        file, base = blocks.get(block.address, (name, block))
        body = laid_over(base.body, block.body, name)
        blocks[block.address] = (file, replace(base, body=body))


def _calls_of(body: Body) -> Iterator[FunctionCall]:
    for attribute in body.attributes.values():
        yield from calls(attribute.value)
    for block in body.blocks:
        yield from _calls_of(block.body)


def defined_twice() -> str:
    """Return why Terraform rejects a second definition, as the end of a sentence."""
    return _("is defined more than once, which Terraform rejects")


def _by_name(refused: Mapping[str, Withheld], kind: str) -> dict[str, Expression]:
    prefix = f"{kind}."
    return {
        address.removeprefix(prefix): why
        for address, why in refused.items()
        if address.startswith(prefix)
    }


def _values(locals_block: Block) -> dict[str, Expression]:
    return {name: each.value for name, each in locals_block.body.attributes.items()}


def _backends(block: Block) -> Iterator[Block]:
    if block.kind == "terraform":
        yield from block.body.named("backend")
        yield from block.body.named("cloud")
