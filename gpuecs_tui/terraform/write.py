"""Put rendered files into a directory: compared first, then all of them or none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.edits import Kept, keep_edits
from gpuecs_tui.terraform.hcl_tree import Body, ReadProblem
from gpuecs_tui.terraform.read import read_back
from gpuecs_tui.terraform.read_configuration import is_override, load, read_texts
from gpuecs_tui.terraform.read_difference import unified_diff
from gpuecs_tui.terraform.render import OWN_FILES
from gpuecs_tui.terraform.unfinished_write import WriteProblem
from gpuecs_tui.terraform.write_files import replace_all
from gpuecs_tui.terraform.write_stage import STAGE

__all__ = ["Change", "Changes", "Clash", "WriteProblem", "compare", "write"]

_ONCE = frozenset({"resource", "data", "variable", "output", "provider"})
"""Blocks of which a configuration may hold an address only once."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a write does to one file."""

    file: str
    kind: str
    """``create``, ``change`` or ``delete``: one of ours that the stack no longer needs."""
    diff: str
    """Unified, from what is there to what will be."""
    hand_edited: bool
    """What is there holds a person's work that the write would lose."""
    keeps_edits: bool = False
    """What is there holds a person's work, which stays."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A file that isn't ours declares what one of ours declares too; Terraform takes neither."""

    file: str
    line: int
    """Counted from 1."""
    address: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a write would do to a directory."""

    directory: Path
    files: tuple[Change, ...]
    """Only files that change, in the order of the rendered ones."""
    unchanged: tuple[str, ...]
    foreign: tuple[str, ...]
    """Names in the directory that are nobody's but the user's; never touched."""
    clashes: tuple[Clash, ...]
    before: Mapping[str, str]
    """Name → text of our files as they were compared."""
    after: Mapping[str, str]
    """Name → text of what will be there: as rendered, with the hand edits that could be kept."""

    @property
    def hand_edited(self) -> tuple[str, ...]:
        """Names whose loss must be accepted."""
        return tuple(change.file for change in self.files if change.hand_edited)


def compare(directory: Path, files: Mapping[str, str]) -> Changes:
    """Return what writing ``files`` (from ``render``) into ``directory`` would change.

    Hand edits about other lines than the new decisions are kept (``edits``). A file that can't be
    understood counts as hand-edited. An unfinished write is left as it is (``unfinished_write``).
    Raises ReadProblem for a file that can't be read at all, WriteProblem for a directory that is
    none.
    """
    if directory.exists() and not directory.is_dir():
        raise WriteProblem(_("{file} is not a directory.").format(file=directory))
    texts = read_texts(directory)
    before = {name: text for name, text in texts.items() if name in OWN_FILES}
    edited, result = _edited(texts, files)
    changes: list[Change] = []
    for name in OWN_FILES:
        old, new = before.get(name), result.files.get(name)
        if old == new:
            continue
        kind = "create" if old is None else "delete" if new is None else "change"
        diff = unified_diff(name, old or "", new or "")
        lost, kept = name in edited - result.kept, name in result.kept
        changes.append(Change(name, kind, diff, lost, kept))
    return Changes(
        directory=directory,
        files=tuple(changes),
        unchanged=tuple(name for name in files if before.get(name) == result.files[name]),
        foreign=_foreign(directory),
        clashes=tuple(_clashes(texts, files)),
        before=before,
        after=result.files,
    )


def write(changes: Changes, accept: Collection[str] = ()) -> None:
    """Carry out ``changes``: afterwards every file is new, or after a WriteProblem every one old.

    ``accept`` names the hand-edited files that may be overwritten or deleted; one that it leaves
    out is a WriteProblem, as is a file that changed since the comparison, and any clash.
    """
    if changes.clashes:
        clash = changes.clashes[0]
        raise WriteProblem(
            _("{file}, line {line}, declares {address}, which the stack would declare too.").format(
                file=clash.file, line=clash.line, address=clash.address
            ),
            _("Remove it there, or use another directory."),
        )
    if refused := [name for name in changes.hand_edited if name not in accept]:
        raise WriteProblem(
            _("{file} was edited by hand, and writing would lose that.").format(file=refused[0]),
            _("Look at the difference and accept it, or use another directory."),
        )
    replaced = {change.file: changes.after.get(change.file) for change in changes.files}
    if replaced:
        replace_all(changes.directory, replaced, changes.before)


def _edited(texts: Mapping[str, str], files: Mapping[str, str]) -> tuple[frozenset[str], Kept]:
    try:
        found = read_back(texts)
    except ReadProblem:
        return frozenset(texts), Kept(dict(files), frozenset())
    return found.edited, keep_edits(found, files)


def _foreign(directory: Path) -> tuple[str, ...]:
    try:
        names = sorted(path.name for path in directory.iterdir())
    except FileNotFoundError:
        return ()
    return tuple(name for name in names if name not in OWN_FILES and name != STAGE)


def _clashes(texts: Mapping[str, str], files: Mapping[str, str]) -> Iterator[Clash]:
    others = {
        name: text
        for name, text in texts.items()
        if name not in OWN_FILES and name.endswith(".tf") and not is_override(name)
    }
    if not others:
        return
    declared = {
        address for body in load(files).bodies.values() for address, _line in _declared(body)
    }
    try:
        bodies = load(others).bodies
    except ReadProblem:
        # Terraform will say what is wrong in a file of the user's own.
        return
    for name, body in bodies.items():
        for address, line in _declared(body):
            if address in declared:
                yield Clash(name, line, address)


def _declared(body: Body) -> Iterator[tuple[str, int]]:
    """Yield address and line of what a configuration may declare only once."""
    for block in body.blocks:
        if block.kind in _ONCE:
            yield block.address, block.line
        elif block.kind == "locals":
            for local in block.body.attributes.values():
                yield f"local.{local.name}", local.line
        elif block.kind == "terraform":
            for inner in block.body.blocks:
                yield f"terraform.{inner.kind}", inner.line
