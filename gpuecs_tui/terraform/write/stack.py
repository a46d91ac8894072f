"""Write rendered files into a directory: compare first, then write all files or none."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.base.own_files import MOVED_FILE, OWN_FILES
from gpuecs_tui.terraform.hcl.tree import Body
from gpuecs_tui.terraform.read.configuration import BACKEND, load_configuration
from gpuecs_tui.terraform.read.files import is_configuration, is_override, read_files
from gpuecs_tui.terraform.read.sensitive_values import sensitive_in
from gpuecs_tui.terraform.read.variable_files import load_order
from gpuecs_tui.terraform.write import last_write
from gpuecs_tui.terraform.write.files import replace_all
from gpuecs_tui.terraform.write.gitignore import GITIGNORE, PATTERNS
from gpuecs_tui.terraform.write.merge_values import ENVIRONMENT
from gpuecs_tui.terraform.write.stage import STAGE
from gpuecs_tui.terraform.write.three_way_merge import Kept, files_of_decisions, keep_edits
from gpuecs_tui.terraform.write.unfinished_write import WriteProblem

__all__ = ["Clash", "FileChange", "Overruled", "WriteChanges", "WriteProblem", "compare", "write"]

_ONCE = frozenset({"resource", "data", "variable", "output", "provider"})
"""Kinds of blocks of which a configuration may contain each address only once."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a write does to one file."""

    file: str
    kind: str
    """``create``, ``change`` or ``delete`` (one of our files that the stack no longer needs)."""
    diff: str
    """The unified diff from the present text to the new text."""
    hand_edited: bool
    """The write loses a manual change in it, or a value that it must ask about (``Overruled``)."""
    keeps_edits: bool = False
    """It contains manual changes, and the write loses none of them."""
    lost: str = ""
    """The unified diff of only the manual changes that the write loses."""
    loses_edits: bool = False
    """Whether it is known that the write loses a manual change in it."""


@dataclass(frozen=True, slots=True)
class Overruled:
    """A decision in the directory that the write replaces, although the user did not see it."""

    key: str
    present: Value
    """The value in the directory."""
    wanted: Value
    """The value that is written."""
    is_edit: bool | None = True
    """Whether it was changed manually since gpuecs-tui wrote it; None if that is unknown."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Another file declares the same as one of our files; Terraform rejects both."""

    file: str
    line: int
    """Counted from 1; 0 if unknown, as in JSON and for a whole file."""
    address: str
    """The declared address; empty if the file can't be read, because it may declare any of ours."""


@dataclass(frozen=True, slots=True)
class WriteChanges:
    """The changes of a write to a directory."""

    directory: Path
    files: tuple[FileChange, ...]
    """Only files that change, in the order of the rendered ones."""
    foreign: tuple[str, ...]
    """Names in the directory that belong to the user; only values of variable files change."""
    clashes: tuple[Clash, ...]
    before: Mapping[str, str]
    """Name → text of our files and the changed ones as they were compared."""
    after: Mapping[str, str]
    """Name → text after the write: as rendered, with the manual changes that could be kept."""
    answers: Mapping[str, Value]
    """The decisions that are written."""
    overruled: tuple[Overruled, ...] = ()
    """Manually changed values that the write would replace."""
    without_effect: tuple[str, ...] = ()
    """Keys whose answer would have no effect because a file of the user sets them."""
    from_environment: tuple[str, ...] = ()
    """Variables that can't be written, because the environment sets them."""

    @property
    def hand_edited(self) -> tuple[str, ...]:
        """Names of the files whose changes are lost, which the user must accept."""
        return tuple(change.file for change in self.files if change.hand_edited)


def compare(
    directory: Path,
    files: Mapping[str, str],
    *,
    explicit: Collection[str] | None = None,
    by_hand: Callable[[str, Value], bool] | None = None,
    environ: Mapping[str, str] | None = None,
) -> WriteChanges:
    """Return the changes that writing ``files`` (from ``render``) would make in ``directory``.

    Manual changes of other lines than those of the new decisions are kept (``edits``, also for
    ``explicit``). ``by_hand`` tells whether a key's value in the directory is a manual change; such
    a value is only replaced after a confirmation (None: the decisions were made with the directory
    in view). ``environ`` is the environment that Terraform will get. An unfinished write is left
    unchanged (``unfinished_write``). Raises ReadProblem if a file can't be read at all,
    WriteProblem if the directory is not one.
    """
    if directory.exists() and not directory.is_dir():
        raise WriteProblem(_("{file} is not a directory.").format(file=directory))
    found = read_files(directory)
    for problem in found.unreadable.values():
        raise problem
    texts = dict(found.texts)
    sensitive = sensitive_in(
        load_configuration(texts), load_configuration(files), hiding=bool(found.opentofu)
    )
    kept = keep_edits(texts, files, explicit=explicit, environ=environ, show=sensitive.diff)
    overruled = tuple(_overruled(directory, kept, by_hand)) if by_hand is not None else ()
    asked = _files_of(overruled, kept)
    edited = _files_of([it for it in overruled if it.is_edit], kept)
    after = dict(kept.files)
    if not texts and not os.path.lexists(directory / GITIGNORE):
        after[GITIGNORE] = PATTERNS
    names = dict.fromkeys((*OWN_FILES, *after))
    before = {name: texts[name] for name in names if name in texts}
    changes: list[FileChange] = []
    for name in names:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        kind = "create" if old is None else "delete" if new is None else "change"
        lost = kept.lost.get(name, "")
        hand_edited = bool(lost) or name in asked
        keeps = name in kept.edited and not lost and new is not None
        diff = sensitive.diff(name, old or "", new or "")
        loses = bool(lost) or name in edited
        changes.append(FileChange(name, kind, diff, hand_edited, keeps, lost, loses))
    return WriteChanges(
        directory=directory,
        files=tuple(changes),
        foreign=_foreign(directory),
        # If none of our files ever existed, none was deleted manually.
        clashes=tuple(_clashes(texts, after if before.keys() & {*OWN_FILES} else files)),
        before=before,
        after=after,
        answers=kept.wanted,
        overruled=overruled,
        without_effect=kept.overruled,
        from_environment=kept.from_environment,
    )


def write(changes: WriteChanges, accept: Collection[str] = ()) -> None:
    """Carry out ``changes``: afterwards all files are new or, after a WriteProblem, all are old.

    ``accept`` names the manually changed files that may be overwritten or deleted. A WriteProblem
    is raised for one that it does not name, for a file that changed since the comparison, for any
    clash, and for a decision that can't take effect. The write is recorded (``last_write``).
    """
    if changes.clashes:
        raise _clash_problem(changes.clashes[0])
    _refuse_without_effect(changes)
    if refused := [it for it in changes.files if it.hand_edited and it.file not in accept]:
        words = (
            _("{file} contains manual changes that writing would overwrite.")
            if refused[0].loses_edits
            else _("Writing would replace values in {file} without a confirmation.")
        )
        raise WriteProblem(
            words.format(file=refused[0].file),
            _("Review the difference and accept it, or use another directory."),
        )
    replaced = {change.file: changes.after.get(change.file) for change in changes.files}
    _refuse_links(changes.directory, replaced)
    if replaced:
        replace_all(changes.directory, replaced, changes.before)
    # Users may delete moved blocks once every state was applied with them.
    ours = [name for name in changes.after if name in OWN_FILES and name != MOVED_FILE]
    last_write.remember(changes.directory, changes.answers, ours)


def _refuse_without_effect(changes: WriteChanges) -> None:
    if changes.from_environment:
        name = f"{ENVIRONMENT}{changes.from_environment[0]}"
        raise WriteProblem(
            _("Could not write the value of {name}: it is set in the environment.").format(
                name=name
            ),
            _("Change {name}, or unset it.").format(name=name),
        )
    if changes.without_effect:
        keys, directory = ", ".join(changes.without_effect), changes.directory
        others = [name for name in changes.foreign if _is_loaded(name)]
        if not others:
            # The directory has only our own files, in a form that could not be changed.
            ours = ", ".join(changes.before) or str(directory)
            raise WriteProblem(
                _("Could not change {keys} in {directory}.").format(keys=keys, directory=directory),
                _("Change it by hand in {files}.").format(files=ours),
            )
        raise WriteProblem(
            _("Another file in {directory} sets {keys}, so writing has no effect.").format(
                keys=keys, directory=directory
            ),
            _("Change it in that file: {files}.").format(files=", ".join(others)),
        )


def _is_loaded(name: str) -> bool:
    return name.endswith((".tf", ".tf.json")) or bool(load_order([name]))


def _refuse_links(directory: Path, names: Collection[str]) -> None:
    for name in names:
        path = directory / name
        if path.is_symlink():
            raise WriteProblem(
                _("{file} is a symbolic link. gpuecs-tui does not write through links.").format(
                    file=path
                ),
                _("Replace the link with a copy of its target {target}.").format(
                    target=os.path.realpath(path)
                ),
            )


def _overruled(
    directory: Path, kept: Kept, by_hand: Callable[[str, Value], bool]
) -> Iterator[Overruled]:
    for key, value in kept.present.items():
        # An irrelevant key, such as the certificate of an HTTP listener, is not an answer.
        if key in kept.wanted and kept.wanted[key] != value and by_hand(key, value):
            is_edit = last_write.edited_since(directory, key, value)
            yield Overruled(key, value, kept.wanted[key], is_edit)


def _files_of(overruled: Collection[Overruled], kept: Kept) -> frozenset[str]:
    """Return the names of the files that contain the manually decided values."""
    if not overruled:
        return frozenset()
    names = files_of_decisions(kept.present, {it.key: it.wanted for it in overruled})
    # The value of a variable may be in another variable file than ours.
    return names.union(load_order(kept.files)) if load_order(names) else names


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
        if name not in OWN_FILES and is_configuration(name) and not is_override(name)
    }
    if not others:
        return
    declared = {
        address
        for body in load_configuration(files).bodies.values()
        for address, _line in _declared(body)
    }
    configuration = load_configuration(others)
    for name, problem in configuration.broken.items():
        yield Clash(name, problem.line or 0, "")
    for name, body in configuration.bodies.items():
        for address, line in _declared(body):
            if address in declared:
                yield Clash(name, line, address)


def _clash_problem(clash: Clash) -> WriteProblem:
    place = _("{file}, line {line}") if clash.line else "{file}"
    where = place.format(file=clash.file, line=clash.line)
    if not clash.address:
        return WriteProblem(
            _("Could not read {where}: it may declare what the stack declares.").format(
                where=where
            ),
            _("Correct that file, or use another directory."),
        )
    return WriteProblem(
        _("{address} is declared in {where}, and the stack would declare it too.").format(
            where=where, address=clash.address
        ),
        _("Remove that declaration, or use another directory."),
    )


def _declared(body: Body) -> Iterator[tuple[str, int]]:
    """Yield address and line of the blocks that a configuration may declare only once."""
    for block in body.blocks:
        if block.kind in _ONCE:
            yield block.address, block.line
        elif block.kind == "locals":
            for local in block.body.attributes.values():
                yield f"local.{local.name}", local.line
        elif block.kind == "terraform":
            for inner in block.body.blocks:
                # A cloud block counts as a second backend.
                what = BACKEND if inner.kind == "cloud" else f"terraform.{inner.kind}"
                yield what, inner.line
