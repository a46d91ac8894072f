"""What two configurations don't share: the hand edits that no decision covers."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.terraform.hcl_text import quote
from gpuecs_tui.terraform.hcl_tree import Attribute, Block, Body
from gpuecs_tui.terraform.hcl_values import Unknown, as_text
from gpuecs_tui.terraform.read_configuration import Configuration
from gpuecs_tui.terraform.render import EXTRA_USER_DATA, USER_DATA

_PRIMITIVE = (str, int, float, bool)
SENSITIVE = "(sensitive)"
"""What Terraform itself shows in the place of a sensitive value is ``(sensitive value)``."""
_TELLING = 4
"""Characters from which on a text is looked for without quotes too; shorter ones are everywhere."""
_LONG = 8
"""Characters from which on one line of a text of several lines is looked for by itself."""
_NO_END = "\\ No newline at end of file"


def unified_diff(name: str, old: str, new: str) -> str:
    """Return the unified diff from ``old`` to ``new``, "" when they are the same."""
    if old == new:
        return ""
    # Split at line feeds only: a script may hold characters that Python also takes for line ends.
    lines = difflib.unified_diff(_lines(old), _lines(new), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_END}\n" for line in lines)


def without_secrets(diff: str, secrets: Collection[str]) -> str:
    """Return ``diff`` with every text of ``secrets`` replaced, as it may be shown."""
    lines = (line.strip() for secret in secrets for line in secret.splitlines())
    parts = {*secrets, *(line for line in lines if len(line) >= _LONG)}
    for secret in sorted(parts, key=len, reverse=True):
        diff = diff.replace(quote(secret), SENSITIVE)
        if len(secret) >= _TELLING:
            diff = diff.replace(secret, SENSITIVE)
    return diff


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def not_covered(
    found: Configuration, written: Configuration, files: Mapping[str, str]
) -> Iterator[Unread]:
    """Yield what stands in ``found`` and means something else, or nothing, in ``written``.

    ``files`` are the texts of ``written``; a file that is the same in both is passed over.
    """
    for name, body in found.bodies.items():
        if name in files and found.texts[name] != files[name]:
            top = Block(name, (), body, 1)
            written_body = written.bodies[name]
            yield from _attributes(name, "", top.body, written_body, found, written)
            for block in body.blocks:
                yield from _block(name, block, found, written)
    for name in (*USER_DATA, *EXTRA_USER_DATA):
        if name in found.texts and name in files and found.texts[name] != files[name]:
            yield Unread(name, None, name, _("differs from what would be written"))


def _block(
    name: str, block: Block, found: Configuration, written: Configuration
) -> Iterator[Unread]:
    twin = written.blocks.get(block.address)
    if block.kind in ("locals", "terraform", "moved"):
        return
    if twin is None:
        yield Unread(name, block.line, block.address, _("is not part of a stack"))
        return
    yield from _body(name, block.address, block.body, twin[1].body, found, written)


def _body(
    file: str, what: str, body: Body, twin: Body, found: Configuration, written: Configuration
) -> Iterator[Unread]:
    yield from _attributes(file, what, body, twin, found, written)
    for kind in dict.fromkeys(block.kind for block in body.blocks):
        twins = list(twin.named(kind))
        for position, block in enumerate(body.named(kind)):
            inner = f"{what}.{kind}"
            if position >= len(twins):
                yield Unread(file, block.line, inner, _("is not covered by any decision"))
            else:
                yield from _body(file, inner, block.body, twins[position].body, found, written)


def _attributes(
    file: str, what: str, body: Body, twin: Body, found: Configuration, written: Configuration
) -> Iterator[Unread]:
    for attribute in body.attributes.values():
        other = twin.attributes.get(attribute.name)
        if other is None and found.scope.value(attribute.value) in (None, []):
            continue
        if other is None or not _same(attribute, other, found, written):
            path = f"{what}.{attribute.name}".lstrip(".")
            yield Unread(file, attribute.line, path, _("is not covered by any decision"))


def _same(
    attribute: Attribute, other: Attribute, found: Configuration, written: Configuration
) -> bool:
    if attribute.value == other.value:
        return True
    mine, theirs = found.scope.value(attribute.value), written.scope.value(other.value)
    if isinstance(mine, _PRIMITIVE) and isinstance(theirs, _PRIMITIVE):
        # Terraform converts them as the attribute needs it.
        return as_text(mine) == as_text(theirs)
    return not isinstance(mine, Unknown) and bool(mine == theirs)
