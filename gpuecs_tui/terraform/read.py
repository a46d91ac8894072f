"""Open a directory by its Terraform: ``read(render(stack)).stack == stack``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.stack.problems import Problem, problems
from gpuecs_tui.stack.relevance import counts
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.terraform.hcl_tree import Attribute, Literal, ReadProblem
from gpuecs_tui.terraform.read_answers import Unread, gather
from gpuecs_tui.terraform.read_configuration import (
    Configuration,
    is_json,
    is_override,
    load,
    read_texts,
)
from gpuecs_tui.terraform.read_difference import not_covered, unified_diff
from gpuecs_tui.terraform.read_past import is_earlier, past_in
from gpuecs_tui.terraform.read_rules import HELPERS, KNOWN
from gpuecs_tui.terraform.render import OWN_FILES, render, render_earlier
from gpuecs_tui.terraform.stored_state import Backend, noted_backend

__all__ = ["Edit", "ReadBack", "ReadProblem", "Unread", "read", "read_back"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A file that differs from what would be written for the stack that was read."""

    file: str
    diff: str
    """Unified, from what would be written to what is there."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a directory holds."""

    kind: str
    """``empty``: no Terraform; ``foreign``: none of a stack's resources in it; ``stack``."""
    stack: Stack | None
    """None unless every decision was found and they make a valid stack."""
    answers: Mapping[str, Value]
    """The decisions as far as they were found, by dotted key."""
    problems: tuple[Problem, ...]
    """Why the decisions found are no valid stack, such as sizes that a hand edit turned around."""
    unread: tuple[Unread, ...]
    """What no decision covers; a write would lose it."""
    edits: tuple[Edit, ...]
    """Hand edits in our files; without a stack, every one of ours that is there."""
    texts: Mapping[str, str]
    """File name → text as it was read."""
    earlier: bool = False
    """The earlier version wrote it: see ``read_past``."""
    rendered: Mapping[str, str] = field(default_factory=dict)
    """File name → text without the hand edits; empty without a stack."""

    @property
    def edited(self) -> frozenset[str]:
        """Names of the files that must not be overwritten without a yes."""
        return frozenset(edit.file for edit in self.edits)


def read(directory: Path) -> ReadBack:
    """Read the stack in ``directory``, which may be absent or empty.

    An unfinished write is left as it is (``unfinished_write``). Takes 0.1 s for a stack, 0.5 s the
    first time: not for the event loop. Raises ReadProblem for a file that is no Terraform or can't
    be read.
    """
    return read_back(read_texts(directory), noted_backend(directory, os.environ))


def read_back(texts: Mapping[str, str], noted: Backend | None = None) -> ReadBack:
    """Return what ``read`` would for a directory with these files. Raises ReadProblem.

    ``noted`` is the backend that ``init`` noted there: it has what a partial block leaves open.
    """
    configuration = completed(load(texts), noted)
    if not KNOWN & configuration.blocks.keys():
        kind = "foreign" if texts else "empty"
        return ReadBack(kind, None, {}, (), (), _untouchable(texts), texts)
    found = gather(configuration)
    resolved = resolve(found.answers, None)
    reasons = problems(found.answers, resolved)
    complete = not reasons and all(key in found.answers for key in _decided(found.answers))
    stack = resolved.stack if complete else None
    if stack is None:
        unread = (*found.unread, *_strangers(configuration), *_not_looked_into(texts))
        edits = _untouchable(texts)
        earlier = is_earlier(configuration)
        return ReadBack("stack", None, found.answers, reasons, unread, edits, texts, earlier)
    earlier = is_earlier(configuration)
    files = render_earlier(stack) if earlier else render(stack, past_in(configuration))
    edits = tuple(
        Edit(name, diff)
        for name in OWN_FILES
        if name in texts and (diff := unified_diff(name, files.get(name, ""), texts[name]))
    )
    missed = [*found.unread, *_not_looked_into(texts)]
    if edits:
        missed += not_covered(configuration, load(files), files)
    unread = tuple(dict.fromkeys(missed))
    return ReadBack("stack", stack, found.answers, (), unread, edits, texts, earlier, files)


def completed(configuration: Configuration, noted: Backend | None) -> Configuration:
    """Return ``configuration`` with the settings of its backend that only ``init`` was given."""
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


def _decided(answers: Mapping[str, Value]) -> list[str]:
    """Return the keys that a whole stack must have been read with; the others don't count there."""
    return [key for key in KEYS if counts(key, answers)]


def _not_looked_into(texts: Mapping[str, str]) -> list[Unread]:
    """Return the files that can change what the others say, in ways that are not followed here."""
    return [
        Unread(name, None, name, reason)
        for name in texts
        if (
            reason := _("is laid over the other files, which is not read")
            if is_override(name)
            else _("is JSON, which is not read")
            if is_json(name) and name.endswith(".tf.json")
            else ""
        )
    ]


def _untouchable(texts: Mapping[str, str]) -> tuple[Edit, ...]:
    return tuple(
        Edit(name, unified_diff(name, "", text))
        for name, text in texts.items()
        if name in OWN_FILES
    )


def _strangers(configuration: Configuration) -> tuple[Unread, ...]:
    """Return the resources that no decision ends in, where there is no stack to compare with."""
    return tuple(
        Unread(file, block.line, address, _("is not part of a stack"))
        for address, (file, block) in configuration.blocks.items()
        if block.kind == "resource" and address not in KNOWN | HELPERS
    )
