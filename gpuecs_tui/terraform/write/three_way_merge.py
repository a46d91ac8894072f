"""Carry manual changes over into newly rendered files.

Three texts of each file are merged: the rendered stack of the directory, the text in the directory,
and the new text. A key that can't be read takes its new value, so that its expression is treated as
a manual change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.relevance import relevant
from gpuecs_tui.stack.resolve import Answers, resolve
from gpuecs_tui.terraform.base.file_names import VARIABLE_FILE
from gpuecs_tui.terraform.base.own_files import OWN_FILES, TERRAFORM_FILES
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.read.answers import gather
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.difference import Show, unified_diff
from gpuecs_tui.terraform.read.past import is_earlier, past_in
from gpuecs_tui.terraform.read.rules import KNOWN
from gpuecs_tui.terraform.render.stack_files import Files, render, render_earlier
from gpuecs_tui.terraform.write.merge_text import Stretch, stretches
from gpuecs_tui.terraform.write.merge_values import MergedValues, merge_values

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Kept:
    """Files to write, with the manual changes that could be kept."""

    files: Files
    """Name → text after the write: our files, and changed variable files of the user."""
    present: Answers
    """The decisions that were read from the directory; none if it contains no stack."""
    wanted: Answers
    """The decisions for which ``files`` are written."""
    edited: frozenset[str]
    """Names of files with manual changes."""
    lost: Mapping[str, str]
    """Name → unified diff of only the manual changes that the write would lose."""
    overruled: tuple[str, ...] = ()
    """Keys that keep their value after the write because another file sets them."""
    from_environment: tuple[str, ...] = ()
    """Variables whose value comes from the environment and can't be written."""


@dataclass(slots=True)
class _Merge:
    """The stretches of every file, and the option that is chosen for each."""

    own: dict[str, tuple[Stretch, ...]]
    others: dict[str, str]
    """Files without a choice: variable files, and files of the user."""
    styles: dict[str, _Style]
    choice: dict[tuple[str, int], int] = field(default_factory=dict)
    """File and place of a stretch → its option; 0 if it is missing."""
    lost_files: dict[str, str] = field(default_factory=dict)
    """Name → unified diff of the files whose manual changes are all lost."""
    show: Show = unified_diff

    def settle(self, name: str, text: str | None) -> None:
        """Set the text of a file; None: the file is absent."""
        if text is not None:
            self.others[name] = text

    def open_file(self, name: str, before: str | None, mine: str, theirs: str | None) -> None:
        """Add a file that is merged line by line; a user's file does not change."""
        self.styles[name], plain = _style(name, mine)
        before = plain if before is None else before
        self.own[name] = stretches(before, plain, before if theirs is None else theirs)

    def open_stretches(self) -> list[tuple[str, int]]:
        """Return the stretches that can lose manual changes."""
        return [
            (name, place)
            for name, parts in self.own.items()
            for place, part in enumerate(parts)
            if len(part.options) > 1
        ]

    def last(self, unit: tuple[str, int]) -> int:
        """Return the option of a stretch that contains no manual change."""
        name, place = unit
        return len(self.own[name][place].options) - 1

    def texts(self) -> dict[str, str]:
        """Return all files with the chosen options."""
        return {
            **self.others,
            **{name: self.styles[name].restore("".join(self._chosen(name))) for name in self.own},
        }

    def lost(self, name: str) -> str:
        """Return the unified diff of a file's manual changes that the choice loses."""
        before = "".join(
            text if self.choice.get((name, place), 0) < part.keeping else part.mine
            for place, (part, text) in enumerate(
                zip(self.own[name], self._chosen(name), strict=True)
            )
        )
        return self.show(name, before, "".join(self._chosen(name)))

    def _chosen(self, name: str) -> list[str]:
        return [
            part.options[self.choice.get((name, place), 0)]
            for place, part in enumerate(self.own[name])
        ]


@dataclass(frozen=True, slots=True)
class _Sides:
    """The three versions of each file."""

    texts: Mapping[str, str]
    """The texts in the directory."""
    files: Mapping[str, str]
    """The texts to write."""
    readable: Mapping[str, str]
    """``texts`` without the files that can't be parsed."""
    ancestor: Mapping[str, str]
    """The texts that would be written for the stack in the directory; empty if there is none."""

    @property
    def damaged(self) -> frozenset[str]:
        """Names of the files that can't be parsed."""
        return frozenset(self.texts.keys() - self.readable.keys())

    def of(self, name: str) -> tuple[str | None, str | None, str | None]:
        """Return a file's ancestor, its text in the directory, and its text to write."""
        return self.ancestor.get(name), self.texts.get(name), self.files.get(name)

    def is_foreign(self, name: str) -> bool:
        """Tell whether the manual changes in a file are unknown: then the whole file counts as
        one."""
        before, mine, theirs = self.of(name)
        new = before is None and None not in (mine, theirs) and mine != theirs
        return name in self.damaged or new

    def edited(self) -> frozenset[str]:
        """Return the names of our files with manual changes."""
        return frozenset(
            name
            for name in OWN_FILES
            if name in self.texts and self.texts[name] != self.ancestor.get(name)
        )


@dataclass(frozen=True, slots=True)
class _Style:
    """Changes that an editor makes to a whole file without a change in meaning."""

    bom: bool = False
    crlf: bool = False

    def restore(self, text: str) -> str:
        if self.crlf:
            text = text.replace("\n", "\r\n")
        return _BOM + text if self.bom else text


def keep_edits(
    texts: Mapping[str, str],
    files: Mapping[str, str],
    *,
    explicit: Collection[str] | None = None,
    environ: Mapping[str, str] | None = None,
    show: Show = unified_diff,
) -> Kept:
    """Return ``files`` with the manual changes of a directory that contains ``texts``.

    ``explicit`` names the keys that the user decided (None: all). Of the other keys, one that can't
    be read in the directory keeps its text there. A manual change is dropped only if the decisions
    would not be read back as decided with it. ``environ`` contains Terraform's TF_VAR_*. ``show``
    creates the diffs.
    """
    readable = _readable(texts)
    present, wanted = _decisions(readable), _decisions(files)
    ancestor = _as_written(_stack({**wanted, **present}), readable) if present else {}
    sides = _Sides(texts, files, readable, ancestor)
    free = frozenset() if explicit is None else wanted.keys() - {*explicit, *present}
    values = merge_values(readable, sides.ancestor, files, environ or {}, sides.damaged)
    merge = _merge(sides, values, show)
    hopeless = _choose(merge, wanted, free)
    if hopeless:
        # Variables of decisions that could not be read; a variable has the last part of its key as
        # its name.
        forced = {key.rpartition(".")[2] for key in hopeless}
        values = merge_values(readable, sides.ancestor, files, environ or {}, sides.damaged, forced)
        merge = _merge(sides, values, show)
        hopeless = _choose(merge, wanted, free)
    lost = {**merge.lost_files, **{name: diff for name in merge.own if (diff := merge.lost(name))}}
    return Kept(
        {
            name: text
            for name, text in merge.texts().items()
            if name in OWN_FILES or text != texts.get(name)
        },
        present,
        wanted,
        sides.edited(),
        lost,
        tuple(key for key in wanted if key in hopeless and present.get(key) != wanted[key]),
        values.from_environment,
    )


def files_of_decisions(present: Answers, changed: Answers) -> frozenset[str]:
    """Return the names of our files that change with the answers ``changed``."""
    before, after = render(_stack(present)), render(_stack({**present, **changed}))
    return frozenset(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def _merge(sides: _Sides, values: MergedValues, show: Show) -> _Merge:
    """Return the merge of every file with all manual changes that don't conflict with an answer."""
    merge = _Merge({}, {**sides.readable, **values.files}, {}, show=show)
    for name in OWN_FILES:
        if name == VARIABLE_FILE and values.settled:
            continue
        merge.others.pop(name, None)
        before, mine, theirs = sides.of(name)
        if sides.is_foreign(name):
            merge.lost_files[name] = merge.show(name, mine or "", theirs or "")
            merge.settle(name, theirs)
        elif mine is None:
            if before is None or before != theirs:
                merge.settle(name, theirs)
                if before is not None and name != VARIABLE_FILE:
                    merge.lost_files[name] = merge.show(name, "", theirs or "")
        elif theirs is not None or before is None:
            merge.open_file(name, before, mine, theirs)
        elif mine != before:
            merge.lost_files[name] = merge.show(name, mine, "")
    return merge


def _style(name: str, text: str) -> tuple[_Style, str]:
    if name not in TERRAFORM_FILES:
        # Instances run exactly the bytes of a script.
        return _Style(), text
    bom = text.startswith(_BOM)
    text = text.removeprefix(_BOM)
    crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
    return _Style(bom, crlf), text.replace("\r\n", "\n") if crlf else text


def _choose(merge: _Merge, wanted: Answers, free: Collection[str]) -> frozenset[str]:
    """Drop as few manual changes as possible until the files read as the wanted answers.

    ``free`` are the keys that may stay unread. Returns the keys that differ from the wanted answers
    even without any manual change, because a file of the user sets them.
    """

    def wrong() -> frozenset[str]:
        try:
            answers = _decisions(merge.texts())
        except ReadProblem:
            return frozenset(wanted)
        return frozenset(
            key
            for key, value in wanted.items()
            if answers.get(key) != value and not (key in free and key not in answers)
        )

    if not wrong():
        return frozenset()
    units = merge.open_stretches()
    merge.choice = {unit: merge.last(unit) for unit in units}
    hopeless = wrong()
    waiting = units
    while waiting:
        refused = _add(merge, waiting, lambda: wrong() <= hopeless)
        if len(refused) == len(waiting):
            break
        # A change may need another one that was tried later, such as the declaration of a variable.
        waiting = refused
    return hopeless


def _add(
    merge: _Merge, units: list[tuple[str, int]], sound: Callable[[], bool]
) -> list[tuple[str, int]]:
    """Restore the changes, as many at once as possible; return those that can't be kept."""
    before = dict(merge.choice)
    merge.choice |= dict.fromkeys(units, 0)
    if sound():
        return []
    merge.choice = before
    if len(units) == 1:
        return units
    middle = len(units) // 2
    return [*_add(merge, units[:middle], sound), *_add(merge, units[middle:], sound)]


def _readable(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the files without those that can't be parsed."""
    broken = load_configuration(texts).broken
    return {name: text for name, text in texts.items() if name not in broken}


def _decisions(texts: Mapping[str, str]) -> dict[str, Value]:
    """Return the decisions in ``texts``. Raises ReadProblem for a file that can't be parsed."""
    configuration = load_configuration(texts)
    for problem in configuration.broken.values():
        raise problem
    if not KNOWN & configuration.blocks.keys():
        return {}
    return gather(configuration).answers


def _as_written(stack: Stack, texts: Mapping[str, str]) -> Files:
    """Return the files of ``stack`` as the version rendered them that wrote the directory."""
    configuration = load_configuration(texts)
    if is_earlier(configuration):
        return render_earlier(stack)
    return render(stack, past_in(configuration))


def _stack(answers: Answers) -> Stack:
    return resolve(relevant(answers), None).stack
