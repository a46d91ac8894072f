"""The backend in a directory's Terraform: its type, its settings, and the settings not read.

Terraform also reads settings from ``init -backend-config`` ("partial configuration"), which a team
may keep in TF_CLI_ARGS_init. OpenTofu allows variables and locals in the block (since 1.8);
Terraform rejects them.

Sources: developer.hashicorp.com/terraform/language/backend, "Partial configuration";
opentofu.org/docs/language/settings/backends/configuration, "Variables and Locals".
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.terraform.base.extra_arguments import BACKEND_CONFIG, extra_options
from gpuecs_tui.terraform.hcl.tree import (
    Block,
    Body,
    Expression,
    Items,
    Literal,
    Pairs,
    ReadProblem,
    Reference,
)

ARGUMENTS = "TF_CLI_ARGS_init"
"""Environment variable whose options Terraform adds to every ``init``."""
CLOUD = "cloud"
"""The type of a ``cloud`` block, as Terraform records it too."""
_ENDINGS = (".tf", ".tofu", ".tf.json", ".tofu.json")
_MENTIONED = re.compile(r"\b(backend|cloud)\b")
_INTERPOLATED = re.compile(r"[$%]\{")


@dataclass(frozen=True, slots=True)
class BackendBlock:
    """A ``backend`` or ``cloud`` block."""

    type: str
    """For example ``s3``; ``cloud`` for a ``cloud`` block."""
    settings: Mapping[str, Any]
    """Settings with literal values: string, number, bool, None, or lists and mappings of these."""
    unread: tuple[str, ...] = ()
    """Names of settings whose value is a variable or another expression."""
    file: str = ""
    line: int = 0
    """Counted from 1; 0 if it is unknown."""

    @property
    def place(self) -> str:
        """Return file and line, such as ``main.tf:3``."""
        return f"{self.file}:{self.line}" if self.line else self.file


def backend_block(directory: Path, environ: Mapping[str, str]) -> BackendBlock | None:
    """Return the backend in the files of ``directory``, None without one.

    An override file takes precedence. Raises ReadProblem for a file that may contain a backend and
    can't be parsed, and for a second block, which Terraform rejects.
    """
    found: BackendBlock | None = None
    base: list[BackendBlock] = []
    for path in _files(directory):
        try:
            # A comment may contain bytes that are not UTF-8; Terraform still loads the file.
            text = read_regular(path).decode("utf-8-sig", "surrogateescape")
        except OSError:
            continue
        if not _MENTIONED.search(text):
            continue
        in_file = _in_json if path.suffix == ".json" else _in_text
        blocks = list(in_file(text, path.name))
        if _is_override(path):
            kinds = [block.type == CLOUD for block in blocks]
            _refuse_second([it for it in blocks if kinds.count(it.type == CLOUD) > 1])
            found = blocks[-1] if blocks else found
        else:
            # OpenTofu takes a .tofu file in the place of the .tf file of the same name.
            base += [] if ".tofu" in path.suffixes else blocks
            found = found or next(iter(blocks), None)
    _refuse_second(base)
    return None if found is None else _with_arguments(found, directory, environ)


def _refuse_second(blocks: Sequence[BackendBlock]) -> None:
    if len(blocks) > 1:
        raise ReadProblem(
            _("{first} and {second} both set a backend. Terraform allows only one.").format(
                first=blocks[0].place, second=blocks[1].place
            ),
            blocks[1].file,
            blocks[1].line or None,
            _("Remove one of the backend or cloud blocks."),
        )


def has_configuration(directory: Path) -> bool:
    """Tell whether the directory has any Terraform file."""
    return next(_files(directory), None) is not None


def backend_arguments(environ: Mapping[str, str]) -> list[str]:
    """Return the values of the ``-backend-config`` options in TF_CLI_ARGS_init.

    Each is a file or ``NAME=VALUE``. A value that a shell could not split gives none.
    """
    return [
        it.value
        for it in extra_options(environ, ARGUMENTS)
        if it.name == BACKEND_CONFIG and it.value
    ]


def kept_arguments(environ: Mapping[str, str]) -> str:
    """Return only the ``-backend-config`` options of TF_CLI_ARGS_init; may be empty."""
    return " ".join(
        shlex.quote(f"-{BACKEND_CONFIG}={value}") for value in backend_arguments(environ)
    )


def _files(directory: Path) -> Iterator[Path]:
    """Yield the files that the engine loads, those that override others last.

    What Terraform ignores by name: hidden files. Editors' ``x.tf~`` and ``#x.tf#`` have another end
    (internal/configs/parser_config_dir.go, IsIgnoredFile).
    """
    try:
        paths = sorted(path for path in directory.iterdir() if path.name.endswith(_ENDINGS))
    except OSError:
        return
    loaded = [path for path in paths if not path.name.startswith(".")]
    yield from sorted(loaded, key=_is_override)


def _is_override(path: Path) -> bool:
    stem = path.name.removesuffix(".json").removesuffix(".tf").removesuffix(".tofu")
    return stem == "override" or stem.endswith("_override")


def _in_text(text: str, name: str) -> Iterator[BackendBlock]:
    """Yield the backend blocks of a file, and then its cloud blocks."""
    # Late: the parser takes 0.15 s to import, and most directories have no backend block.
    from gpuecs_tui.terraform.hcl.parse import parse

    outer = list(parse(text, name).named("terraform"))
    for kind in ("backend", CLOUD):
        for block in (each for it in outer for each in it.body.named(kind)):
            settings, unread = _settings(block)
            type_ = block.labels[0] if block.labels else CLOUD
            yield BackendBlock(type_, settings, unread, name, block.line)


def _settings(block: Block) -> tuple[dict[str, Any], tuple[str, ...]]:
    settings, unread = _plain_body(block.body)
    for inner in block.body.blocks:
        # Such as assume_role, a block until Terraform 1.6 and for ``remote``'s workspaces.
        values, others = _plain_body(inner.body)
        settings[inner.kind] = values
        unread += [f"{inner.kind}.{name}" for name in others]
    return settings, tuple(unread)


def _plain_body(body: Body) -> tuple[dict[str, Any], list[str]]:
    settings: dict[str, Any] = {}
    unread: list[str] = []
    for name, attribute in body.attributes.items():
        try:
            settings[name] = _plain(attribute.value)
        except ValueError:
            unread.append(name)
    return settings, unread


def _plain(expression: Expression) -> Any:
    """Return the value of an expression without names or functions. Raises ValueError."""
    match expression:
        case Literal(value):
            return value
        case Items(items):
            return [_plain(item) for item in items]
        case Pairs(pairs):
            return {_name(key): _plain(value) for key, value in pairs}
        case _other:
            raise ValueError


def _name(key: Expression) -> str:
    # An object's key may be written as a bare word.
    return key.path if isinstance(key, Reference) else str(_plain(key))


def _in_json(text: str, name: str) -> Iterator[BackendBlock]:
    """Yield the backend blocks of a file, and then its cloud blocks."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        raise ReadProblem(
            _("Could not read {file}: it is not JSON.").format(file=name), name
        ) from None
    outer = list(_objects(tree.get("terraform") if isinstance(tree, dict) else None))
    for backends in (each for it in outer for each in _objects(it.get("backend"))):
        for type_, bodies in backends.items():
            settings = next(_objects(bodies), {})
            unread = tuple(key for key, value in settings.items() if _is_template(value))
            plain = {key: value for key, value in settings.items() if key not in unread}
            yield BackendBlock(str(type_), plain, unread, name)
    for cloud in (each for it in outer for each in _objects(it.get(CLOUD))):
        yield BackendBlock(CLOUD, cloud, (), name)


def _objects(value: object) -> Iterator[dict[str, Any]]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def _is_template(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_is_template, value.values()))
    if isinstance(value, list):
        return any(map(_is_template, value))
    return isinstance(value, str) and bool(_INTERPOLATED.search(value))


def _with_arguments(
    block: BackendBlock, directory: Path, environ: Mapping[str, str]
) -> BackendBlock:
    given: dict[str, Any] = {}
    for value in backend_arguments(environ):
        name, equals, text = value.partition("=")
        given |= {name: text} if equals else _of_file(directory / value)
    if not given:
        return block
    unread = tuple(name for name in block.unread if name not in given)
    settings = {**block.settings, **given}
    return BackendBlock(block.type, settings, unread, block.file, block.line)


def _of_file(path: Path) -> dict[str, Any]:
    from gpuecs_tui.terraform.hcl.parse import parse

    try:
        text = read_regular(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise ReadProblem(
            _("Could not read {file}, which is set in {variable}.").format(
                file=path, variable=ARGUMENTS
            ),
            str(path),
        ) from None
    if path.suffix == ".json":
        try:
            return next(_objects(json.loads(text)), {})
        except (ValueError, RecursionError):
            raise ReadProblem(
                _("Could not read {file}: it is not JSON.").format(file=path), str(path)
            ) from None
    settings, unread = _plain_body(parse(text, path.name))
    if unread:
        raise ReadProblem(
            _(
                "{file} sets {name} to an expression. Terraform accepts only literal values there."
            ).format(file=path, name=unread[0]),
            str(path),
        )
    return settings
