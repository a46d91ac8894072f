"""Manual changes that no key covers: the differences of two configurations, by address."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.terraform.base.own_files import EXTRA_USER_DATA, USER_DATA
from gpuecs_tui.terraform.hcl.tree import Attribute, Body, mentions
from gpuecs_tui.terraform.hcl.types import as_text
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import Configuration
from gpuecs_tui.terraform.read.files import in_load_order, is_variables
from gpuecs_tui.terraform.read.overrides import made_by
from gpuecs_tui.terraform.read.rules import LISTENER, LISTENERS, SCALABLE_TARGET
from gpuecs_tui.terraform.read.unread import block_of_key

_PRIMITIVE = (str, int, float, bool)
_COMPARED = ("resource", "data", "provider")
"""Kinds of block that define what Terraform creates and where. They are compared in every file."""
_FOLLOWED = ("locals", "terraform", "backend", "cloud", "moved")
"""Kinds of block that are read where they are used, or that have no effect of their own."""
_CONTAINERS = "container_definitions"
_LEFT_OUT = frozenset({f"{SCALABLE_TARGET}.suspended_state"})
"""Blocks that set what AWS does without them, so that a directory may lack them."""


def not_covered(
    found: Configuration,
    written: Configuration,
    files: Mapping[str, str],
    *,
    said: Collection[Unread] = (),
    open_keys: Collection[str] = (),
) -> Iterator[Unread]:
    """Yield what ``found`` contains that is different or missing in ``written``.

    Blocks are compared by address, whatever their file is called, after the override files were
    merged into them. A resource of ``written`` that ``found`` lacks is yielded too. ``files`` are
    the texts of ``written``: a block in a file that is the same in both is skipped unless an
    override file changes it. ``written`` has a default for each of the ``open_keys``, which are
    unknown because of what was ``said``: the attributes of those keys are not compared.
    """
    if not open_keys:
        yield from _named_values(found, written, files)
        yield from _lacking(found, written)
    skipped = _places_of(open_keys, said, found)
    named = {each.what for each in said}
    # An attribute that is missing because an answer is its default is not an edit.
    decided = None if open_keys else _places_of(KEYS, said, found) | _LEFT_OUT
    for unread in _blocks(found, written, files, decided):
        # depends_on follows from the answers, including the unknown ones.
        if unread.what in named or (open_keys and unread.what.endswith(".depends_on")):
            continue
        # In Terraform, null is the same as no argument.
        left_out = decided is not None and unread.what in decided and _is_null(found, unread.what)
        if not left_out and not any(_overlap(unread.what, place) for place in skipped):
            yield unread
    if open_keys:
        return
    for name in (*USER_DATA, *EXTRA_USER_DATA):
        if name in found.texts and name in files and found.texts[name] != files[name]:
            yield Unread(name, None, name, _("differs from what gpuecs-tui would write"))


def _is_null(found: Configuration, what: str) -> bool:
    kind, name, *path = what.split(".")
    return found.value(f"{kind}.{name}", ".".join(path)) is None


def _places_of(
    open_keys: Collection[str], said: Collection[Unread], found: Configuration
) -> frozenset[str]:
    """Return the attributes that the ``open_keys`` set, as addresses with attribute paths."""
    places = {each.what for each in said if each.keys and each.what not in found.blocks}
    for key in open_keys:
        address, path = block_of_key(key)
        addresses = LISTENERS if address == LISTENER else (address,)
        if path and path != _CONTAINERS:
            places |= {f"{each}.{path}" for each in addresses}
    return frozenset(places)


def _overlap(one: str, other: str) -> bool:
    """Tell whether one of two dotted paths is equal to the other or leads into it."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _named_values(
    found: Configuration, written: Configuration, files: Mapping[str, str]
) -> Iterator[Unread]:
    """Yield variable values in our files, and locals, that gpuecs-tui would not write."""
    for name, body in found.bodies.items():
        if name in files and found.texts[name] != files[name]:
            for each in _attributes(name, "", body, written.bodies[name], found, written):
                yield _unused(each, found, written) or each
    yield from _locals(found, written)


def _unused(value: Unread, found: Configuration, written: Configuration) -> Unread | None:
    """Return why the ``value`` in a variable file has no effect; None if that is unknown.

    A later variable file sets the variable too, or the attributes that would use it have another
    value, such as that of an override file.
    """
    variable = value.what
    if not is_variables(value.file) or variable not in written.bodies[value.file].attributes:
        return None
    setting = [
        name
        for name, body in found.bodies.items()
        if is_variables(name) and variable in body.attributes
    ]
    last = in_load_order(setting)[-1]
    if last != value.file:
        reason = _("has no effect: {file}, which Terraform loads later, sets it too")
        return replace(value, reason=reason.format(file=last), is_followed=True)
    for address, path in _users(written, f"var.{variable}"):
        placed = found.expression(address, path)
        if placed is not None and not mentions(placed[0], f"var.{variable}"):
            reason = _("has no effect: {place} sets {what} to another value").format(
                place=f"{placed[1].file}:{placed[1].line}", what=f"{address}.{path}"
            )
            return replace(value, reason=reason, is_followed=True)
    return None


def _users(written: Configuration, reference: str) -> Iterator[tuple[str, str]]:
    """Yield address and dotted path of the attributes that refer to ``reference``."""
    for address, (_file, block) in written.blocks.items():
        if block.kind in _COMPARED:
            yield from ((address, path) for path in _paths(block.body, reference))


def _paths(body: Body, reference: str) -> Iterator[str]:
    for name, attribute in body.attributes.items():
        if mentions(attribute.value, reference):
            yield name
    for block in body.blocks:
        yield from (f"{made_by(block)}.{path}" for path in _paths(block.body, reference))


def _lacking(found: Configuration, written: Configuration) -> Iterator[Unread]:
    if found.may_hide:
        return
    for address, (_file, block) in written.blocks.items():
        if block.kind == "resource" and address not in found.blocks:
            yield Unread("", None, address, _("is not in this directory"))


def _blocks(
    found: Configuration,
    written: Configuration,
    files: Mapping[str, str],
    decided: Collection[str] | None,
) -> Iterator[Unread]:
    """Yield what differs, and what is missing except the ``decided``."""
    same = {name for name, text in files.items() if found.texts.get(name) == text}
    overridden = {address for _file, _line, address in found.overridden}
    stack_files = {
        file
        for address, (file, block) in found.blocks.items()
        if block.kind == "resource" and address in written.blocks
    }
    for address, (file, block) in found.blocks.items():
        if block.kind in _FOLLOWED or (file in same and address not in overridden):
            continue
        twin = written.blocks.get(address)
        if twin is not None and (file in files or block.kind in _COMPARED):
            yield from _body(file, address, block.body, twin[1].body, found, written)
            if decided is not None:
                yield from _missing(
                    address, block.body, twin[1].body, written, decided, (file, block.line)
                )
        elif twin is None and (file in files or (file in stack_files and block.kind == "resource")):
            yield Unread(file, block.line or None, address, _("is not part of a gpuecs-tui stack"))


def _locals(found: Configuration, written: Configuration) -> Iterator[Unread]:
    """Yield the locals whose value differs here: expressions that refer to them look the same."""
    for file, body in found.bodies.items():
        for block in body.named("locals"):
            for name, attribute in block.body.attributes.items():
                mine, theirs = found.scope.locals[name], written.scope.locals.get(name)
                # Of several definitions, this is the one that applies.
                if theirs is None or attribute.value != mine:
                    continue
                if not _same(attribute, Attribute(name, theirs, 0), found, written):
                    yield _uncovered(file, attribute.line, f"local.{name}")


def _body(
    file: str, what: str, body: Body, twin: Body, found: Configuration, written: Configuration
) -> Iterator[Unread]:
    yield from _attributes(file, what, body, twin, found, written)
    seen: dict[tuple[str, tuple[str, ...]], int] = {}
    for block in body.blocks:
        kind = (block.kind, block.labels)
        position = seen[kind] = seen.get(kind, -1) + 1
        twins = [each for each in twin.blocks if (each.kind, each.labels) == kind]
        inner, place = f"{what}.{made_by(block)}", block.file or file
        if position < len(twins):
            yield from _body(place, inner, block.body, twins[position].body, found, written)
        else:
            yield _uncovered(place, block.line, inner)


def _missing(
    what: str,
    body: Body,
    twin: Body,
    written: Configuration,
    decided: Collection[str],
    place: tuple[str, int],
) -> Iterator[Unread]:
    """Yield what ``twin`` sets and ``body``, at ``place``, does not set, except the ``decided``."""
    reason = _("is missing, which no gpuecs-tui setting covers")
    file, line = place
    for attribute in twin.attributes.values():
        path = f"{what}.{attribute.name}"
        is_set = written.scope.value(attribute.value) not in (None, [])
        if is_set and attribute.name not in body.attributes and path not in decided:
            yield Unread(file, line or None, path, reason)
    seen: dict[str, int] = {}
    for block in twin.blocks:
        made = made_by(block)
        path = f"{what}.{made}"
        position = seen[made] = seen.get(made, -1) + 1
        same = [each for each in body.blocks if made_by(each) == made]
        inside = same[position] if position < len(same) else None
        at = (inside.file or file, inside.line) if inside else place
        lost = _missing(
            path, inside.body if inside else Body({}, ()), block.body, written, decided, at
        )
        if inside is not None and inside.kind == "dynamic":
            # The blocks that a dynamic block creates are not read.
            continue
        if inside is not None:
            yield from lost
        elif path not in decided and (any(lost) or block.body == Body({}, ())):
            yield Unread(file, line or None, path, reason)


def _attributes(
    file: str, what: str, body: Body, twin: Body, found: Configuration, written: Configuration
) -> Iterator[Unread]:
    # JSON syntax does not distinguish a block from an attribute: the tree has both, and the block
    # is compared.
    nested = {block.kind for block in body.blocks}
    for attribute in body.attributes.values():
        if attribute.name in nested:
            continue
        other = twin.attributes.get(attribute.name)
        if other is None and found.scope.value(attribute.value) in (None, []):
            continue
        if other is not None and _same(attribute, other, found, written):
            continue
        path = f"{what}.{attribute.name}".lstrip(".")
        names = [path]
        if other is not None and attribute.name == _CONTAINERS:
            parts = _container_parts(
                found.scope.value(attribute.value), written.scope.value(other.value)
            )
            names = [f"{path}.{part}" for part in parts] or names
        for name in names:
            yield _uncovered(attribute.file or file, attribute.line, name)


def _uncovered(file: str, line: int, what: str) -> Unread:
    return Unread(file, line or None, what, _("is not covered by any gpuecs-tui setting"))


def _container_parts(mine: HclValue, theirs: HclValue) -> list[str]:
    """Return the names in which the only container of a task differs; none if there are several."""
    if not (isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs) == 1):
        return []
    here, there = mine[0], theirs[0]
    if not (isinstance(here, dict) and isinstance(there, dict)):
        return []
    return [
        name
        for name in dict.fromkeys((*here, *there))
        if not _equal(here.get(name), there.get(name))
    ]


def _same(
    attribute: Attribute, other: Attribute, found: Configuration, written: Configuration
) -> bool:
    mine, theirs = found.scope.value(attribute.value), written.scope.value(other.value)
    if attribute.value == other.value and (
        isinstance(mine, UnknownValue) or isinstance(theirs, UnknownValue)
    ):
        return True
    return _equal(mine, theirs)


def _equal(mine: HclValue, theirs: HclValue) -> bool:
    if isinstance(mine, _PRIMITIVE) and isinstance(theirs, _PRIMITIVE):
        # Terraform converts these values to the type of the attribute.
        return as_text(mine) == as_text(theirs)
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return all(_equal(mine.get(name), theirs.get(name)) for name in mine.keys() | theirs.keys())
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(_equal, mine, theirs))
    return mine == theirs or (_is_empty(mine) and _is_empty(theirs))


def _is_empty(value: HclValue) -> bool:
    return value is None or value in ([], {})
