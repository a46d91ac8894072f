"""Read the stack in a directory from its Terraform: ``read(render(stack)).stack == stack``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.problems import Problem, problems
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.terraform.base.own_files import OWN_FILES
from gpuecs_tui.terraform.hcl.tree import Attribute, Literal, ReadProblem
from gpuecs_tui.terraform.read.answers import gather, unknown_keys
from gpuecs_tui.terraform.read.configuration import Configuration, load_configuration
from gpuecs_tui.terraform.read.files import DirectoryFiles, read_files
from gpuecs_tui.terraform.read.past import is_earlier, past_in
from gpuecs_tui.terraform.read.rules import HELPERS, KNOWN
from gpuecs_tui.terraform.read.sensitive_values import Sensitive, sensitive_in
from gpuecs_tui.terraform.read.uncovered import not_covered
from gpuecs_tui.terraform.read.unread import further
from gpuecs_tui.terraform.render.stack_files import render, render_earlier
from gpuecs_tui.terraform.state.backend import Backend, noted_backend

__all__ = ["ManualEdit", "ReadBack", "ReadProblem", "Unread", "read", "read_back"]


@dataclass(frozen=True, slots=True)
class ManualEdit:
    """A file that differs from what would be written for the stack that was read."""

    file: str
    diff: str
    """The unified diff from what would be written to the text in the directory."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The result of reading a directory."""

    kind: str
    """``empty``: no Terraform; ``foreign``: none of a stack's resources in it; ``stack``."""
    stack: Stack | None
    """None unless every decision was found and they make a valid stack."""
    answers: Mapping[str, Value]
    """The answers that were found, by dotted key."""
    problems: tuple[Problem, ...]
    """Why the answers are not a valid stack, such as a minimum above the maximum after a manual
    change."""
    unread: tuple[Unread, ...]
    """What was not read or is not covered by a key, and what a write would lose. Each one lists the
    answers that are unknown because of it."""
    edits: tuple[ManualEdit, ...]
    """Manual changes in our files; without a stack, all of our files that exist."""
    texts: Mapping[str, str]
    """File name → its text."""
    earlier: bool = False
    """The earlier version wrote the directory: see ``read_past``."""

    @property
    def unknown(self) -> frozenset[str]:
        """Keys whose answers could not be read from the Terraform.

        No default may be used for one of them.
        """
        return frozenset(unknown_keys(self.answers)) if self.kind == "stack" else frozenset()


def read(directory: Path, environ: Mapping[str, str] | None = None) -> ReadBack:
    """Read the stack in ``directory``, which may be absent or empty.

    An unfinished write is left as it is (``unfinished_write``). ``environ`` (default: that of this
    process) may set variables. Takes 20 ms for a stack. Raises ReadProblem if the directory is
    unreadable; a file that can't be read leaves answers unknown.
    """
    settings = os.environ if environ is None else environ
    return _read_back(read_files(directory), settings, noted_backend(directory, settings))


def read_back(texts: Mapping[str, str], environ: Mapping[str, str] | None = None) -> ReadBack:
    """Return the result of ``read`` for a directory with these files."""
    return _read_back(DirectoryFiles(texts), os.environ if environ is None else environ, None)


def _read_back(
    files: DirectoryFiles, environ: Mapping[str, str], noted: Backend | None
) -> ReadBack:
    # The settings that ``init`` recorded complete a partial backend block.
    texts = files.texts
    configuration = completed(load_configuration(texts, files.unreadable, environ), noted)
    sensitive = sensitive_in(configuration, hiding=bool(files.opentofu))
    if not KNOWN & configuration.blocks.keys():
        kind = "foreign" if texts or configuration.broken else "empty"
        unread = tuple(further(configuration, ()))
        return ReadBack(
            kind,
            None,
            {},
            (),
            unread,
            _untouchable(configuration, sensitive),
            texts,
        )
    found = gather(configuration)
    resolved = resolve(found.answers, None)
    open_keys = frozenset(unknown_keys(found.answers))
    reasons = problems(found.answers, resolved, open_keys)
    stack = None if reasons or open_keys else resolved.stack
    missed = [*found.unread]
    earlier = is_earlier(configuration)
    compared = resolved.stack
    as_written = render_earlier(compared) if earlier else render(compared, past_in(configuration))
    edits = _untouchable(configuration, sensitive)
    if stack is not None:
        edits = tuple(
            ManualEdit(name, diff)
            for name in OWN_FILES
            if name in texts
            and (diff := sensitive.diff(name, as_written.get(name, ""), texts[name]))
        )
    # If no answer is known, there is nothing to compare the files with.
    if found.answers and dict(texts) != dict(as_written):
        missed += not_covered(
            configuration,
            load_configuration(as_written),
            as_written,
            said=found.unread,
            open_keys=open_keys,
        )
    more = list(further(configuration, missed))
    again = {(unread.file, unread.what) for unread in more}
    missed = [it for it in missed if it.keys or (it.file, it.what) not in again] + more
    if stack is None:
        missed += _strangers(configuration, missed)
    missed += _of_opentofu(files)
    unread = tuple(dict.fromkeys(missed))
    return ReadBack("stack", stack, found.answers, reasons, unread, edits, texts, earlier)


def completed(configuration: Configuration, noted: Backend | None) -> Configuration:
    """Return ``configuration`` with the backend settings that were given only to ``init``."""
    if noted is None or "backend" not in configuration.blocks:
        return configuration
    file, block = configuration.blocks["backend"]
    if block.labels != (noted.type,):
        return configuration
    attributes = dict(block.body.attributes)
    for name, value in noted.config.items():
        known = name in attributes and isinstance(attributes[name].value, Literal)
        if isinstance(value, str) and not known:
            attributes[name] = Attribute(name, Literal(value), block.line)
    whole = replace(block, body=replace(block.body, attributes=attributes))
    return replace(configuration, blocks={**configuration.blocks, "backend": (file, whole)})


def _of_opentofu(files: DirectoryFiles) -> Iterator[Unread]:
    for name in files.opentofu:
        yield Unread(
            name, None, name, _("is loaded by OpenTofu only, and gpuecs-tui does not read it")
        )


def _untouchable(configuration: Configuration, sensitive: Sensitive) -> tuple[ManualEdit, ...]:
    return tuple(
        ManualEdit(name, sensitive.diff(name, "", text))
        for name, text in configuration.texts.items()
        if name in OWN_FILES
    )


def _strangers(configuration: Configuration, said: Iterable[Unread]) -> Iterator[Unread]:
    """Yield the resources that no key covers, if no stack exists for a comparison."""
    named = {(unread.file, unread.what) for unread in said}
    for address, (file, block) in configuration.blocks.items():
        is_known = block.kind != "resource" or address in KNOWN | HELPERS
        if not is_known and (file, address) not in named:
            yield Unread(file, block.line or None, address, _("is not part of a gpuecs-tui stack"))
