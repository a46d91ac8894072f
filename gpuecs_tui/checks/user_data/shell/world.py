"""The possible state of the machine at one point of a shell script: files, variables, events.

One World is one possible course of the script. ``unknown_mark`` makes the mark of text that a
course can't know.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from gpuecs_tui.checks.user_data.shell.syntax import Node

CONFIG = "/etc/ecs/ecs.config"
"""The agent's settings (ECS developer guide, "Amazon ECS container agent configuration")."""
ENDLESS = "endless"
"""The kind of event for a loop that never ends."""
PIPE = "|"
"""The name that replaces a path for the data that a pipe or a substitution reads."""
MENTION = re.compile(r"ecs\.config(?![\w.-])|/etc/ecs(?![\w.-])(?!/\w)|/etc/ecs/[^\s\"'/]*[*?\[{]")
"""Matches the agent's file or its directory, by name or by a pattern."""


TEXT_MAX = 64 * 1024
"""Maximum characters of a word or an output: four times the limit of EC2 for user data."""
_OPEN, _CLOSE = "\x01", "\x02"


class TooComplex(Exception):
    """The script has more courses, commands, or text than the limits allow."""


def unknown_mark(text: str) -> str:
    """Return the mark for the unknown result of ``text``, such as ``$(hostname)``."""
    return f"{_OPEN}{' '.join(shown(text).split())}{_CLOSE}"


def is_unknown(text: str) -> bool:
    """Return whether the text has an ``unknown_mark``."""
    return _OPEN in text


def shown(text: str) -> str:
    """Return the text for a message: each unknown part as it is written in the script."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def known_parts(text: str) -> str:
    """Return the text without its unknown parts."""
    return re.sub(f"{_OPEN}[^{_CLOSE}]*{_CLOSE}", "", text)


def starts_known(text: str) -> str:
    """Return the text before its first unknown part."""
    return text.partition(_OPEN)[0]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a file or of an output."""

    text: str
    """Unknown parts are marked."""
    where: str = ""
    """The script that wrote it, as named in messages."""
    command: str = ""
    """The command that wrote it."""


Data = tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A word after its expansions."""

    text: str
    """Unknown parts are marked."""
    is_pattern: bool = False
    """Whether the shell replaces it by file names."""
    hint: str = ""
    """Further text that the word may contain."""

    @property
    def is_known(self) -> bool:
        """Whether every part of the word is known."""
        return not is_unknown(self.text)

    @property
    def names_config(self) -> bool:
        """Whether the word contains the name of the agent's file or directory."""
        return bool(MENTION.search(shown(f"{self.text} {self.hint}")))


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that a command did to the agent or the instance."""

    kind: str
    text: str
    """The command."""
    where: str
    is_certain: bool = True
    """False: the effect happens at another time, or perhaps not."""


@dataclass(frozen=True, slots=True)
class World:
    """A possible state; never changed, only replaced."""

    files: Mapping[str, Data] = field(default_factory=dict)
    """Contents by absolute path; the content of any other path is unknown."""
    variables: Mapping[str, Field] = field(default_factory=dict)
    functions: Mapping[str, Node] = field(default_factory=dict)
    targets: Mapping[int, str] = field(default_factory=dict)
    """File descriptor → a path or PIPE; missing: the log of cloud-init."""
    stdin: Data | None = None
    """None: unknown."""
    out: Data = ()
    """The data written to PIPE."""
    cwd: str = "/"
    """Empty: unknown."""
    options: frozenset[str] = frozenset()
    """``e``, ``u`` and ``pipefail`` where set."""
    traps: Mapping[str, str] = field(default_factory=dict)
    begun: Chunk | None = None
    """The last command that overwrote the agent's file."""
    edited: Chunk | None = None
    """The last command that changed lines of the agent's file."""
    events: tuple[Effect, ...] = ()
    ok: bool = True
    """Whether the last command succeeded."""
    flow: str = ""
    """``exit``, ``return``, ``break`` or ``continue``; empty: the next command runs."""

    @property
    def key(self) -> tuple[object, ...]:
        """The key of a course: courses with the same key can be merged."""
        return (
            tuple(sorted(self.files.items())),
            tuple(sorted(self.variables.items(), key=lambda it: it[0])),
            tuple(sorted((name, node.offset) for name, node in self.functions.items())),
            tuple(sorted(self.targets.items())),
            self.stdin,
            self.out,
            self.cwd,
            self.options,
            tuple(sorted(self.traps.items())),
            self.begun,
            self.edited,
            self.events,
            self.ok,
            self.flow,
        )

    def path(self, name: Field) -> str:
        """Return the absolute path of a word; empty if it is unknown."""
        if not name.is_known or name.is_pattern or not name.text:
            return ""
        if not name.text.startswith("/") and not self.cwd:
            return ""
        return re.sub("^//+", "/", posixpath.normpath(posixpath.join(self.cwd, name.text)))

    def may_be_config(self, name: Field) -> bool:
        """Return whether a word with an unknown path may be the agent's file."""
        if name.is_pattern and name.is_known:
            pattern = posixpath.join(self.cwd or "/etc/ecs", name.text)
            return fnmatchcase(CONFIG, pattern)
        return name.names_config

    def having(self, name: str, value: Field) -> World:
        """Return the world with a variable set."""
        return replace(self, variables={**self.variables, name: value})

    def holding(self, path: str, data: Data) -> World:
        """Return the world with a file's content replaced."""
        return replace(self, files={**self.files, path: data})

    def without(self, path: str) -> World:
        """Return the world with a file of unknown content."""
        return replace(self, files={name: it for name, it in self.files.items() if name != path})

    def emitting(self, data: Data, number: int = 1) -> World:
        """Return the world after ``data`` was written to a file descriptor."""
        target = self.targets.get(number, "")
        if target == PIPE:
            return replace(self, out=self.out + data)
        if not target:
            return self
        return self.appending(target, data)

    def appending(self, path: str, data: Data) -> World:
        """Return the world after ``data`` was appended to a file; data that its end already has is
        not appended again."""
        before = self.files.get(path, (Chunk(unknown_mark(path)),))
        is_again = before[-len(data) :] == data and data_text(data).endswith("\n")
        return self if is_again else self.holding(path, before + data)

    def after(self, event: Effect) -> World:
        """Return the world with a further event; the same event is kept once."""
        return self if event in self.events else replace(self, events=(*self.events, event))


def data_text(data: Data) -> str:
    """Return the text of the data; unknown parts are marked."""
    return "".join(chunk.text for chunk in data)


def blurred(worlds: list[World]) -> list[World]:
    """Return the courses with every differing variable and file marked as unknown."""
    names = {name for it in worlds for name in it.variables}
    open_names = [name for name in names if len({it.variables.get(name) for it in worlds}) > 1]
    values: dict[str, Field] = {}
    for name in open_names:
        hint = {shown(it.variables[name].text) for it in worlds if name in it.variables}
        values[name] = Field(unknown_mark(f"${name}"), hint=" ".join(sorted(hint)))
    paths = {path for it in worlds for path in it.files}
    same = {
        path for path in paths if path == CONFIG or len({it.files.get(path) for it in worlds}) == 1
    }
    return [
        replace(
            it,
            variables={**it.variables, **values},
            files={path: data for path, data in it.files.items() if path in same},
        )
        for it in worlds
    ]
