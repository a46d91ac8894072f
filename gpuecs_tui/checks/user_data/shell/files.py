"""Commands that delete, replace or edit files, if they can affect the agent's settings.

Source: GNU Coreutils manual; GNU sed manual.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace

from gpuecs_tui.checks.user_data.shell.builtins import Builtin, content, may
from gpuecs_tui.checks.user_data.shell.run import ScriptRunner
from gpuecs_tui.checks.user_data.shell.sed import sed_of
from gpuecs_tui.checks.user_data.shell.world import (
    CONFIG,
    Data,
    Field,
    TooComplex,
    World,
    unknown_mark,
)

_DIRECTORY = posixpath.dirname(CONFIG)
_PARENTS = (_DIRECTORY, posixpath.dirname(_DIRECTORY), "/")
_VALUED = {
    "install": ("-m", "-o", "-g", "-S", "--mode", "--owner", "--group"),
    "rsync": ("-e", "--rsh", "--exclude", "--include"),
}
"""Command → its options that take a value."""
_DOWNLOADS = ("-o", "-O", "--output", "--output-document")


def _is_config(world: World, name: Field, *, recursive: bool = False) -> bool:
    """Return whether a word certainly names the agent's file, or a parent with ``recursive``."""
    path = world.path(name)
    if path:
        return path == CONFIG or (recursive and path in _PARENTS)
    # The shell replaces a pattern by all matching names, and this file exists.
    return name.is_known and world.may_be_config(name)


def _remove(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    options = [it.text for it in arguments if it.text.startswith("-")]
    recursive = any(re.fullmatch("-[a-zA-Z]*[rR][a-zA-Z]*|--recursive", it) for it in options)
    is_forced = any(re.fullmatch("-[a-zA-Z]*f[a-zA-Z]*|--force", it) for it in options)
    is_removed = is_gone = False
    for name in arguments:
        if name.text.startswith("-"):
            continue
        if _is_config(world, name, recursive=recursive):
            # Without -f, rm fails if the file does not exist.
            is_gone = is_gone or not (world.files[CONFIG] or is_forced)
            is_removed = True
            world = _emptied(runner, world, text)
        elif not world.path(name) and world.may_be_config(name):
            is_removed = True
            world = runner.blurred(world, text)
        elif path := world.path(name):
            world = world.without(path)
    return [replace(world, ok=True)] if is_removed and not is_gone else may(world)


def _emptied(runner: ScriptRunner, world: World, text: str) -> World:
    """Return the world without the file; raise TooComplex if the script still writes to it.

    Later output would go to a file without a name.
    """
    if CONFIG in world.targets.values():
        raise TooComplex
    after = world.holding(CONFIG, ())
    return replace(after, begun=runner.chunk("", text), edited=None)


def _truncate(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    is_empty = bool(re.search(r"(?:-s|--size)[= ]?\s*0\b", " ".join(it.text for it in arguments)))
    names = [it for it in arguments if not it.text.startswith("-")]
    if not any(world.path(it) == CONFIG or world.may_be_config(it) for it in names):
        return may(world)
    sure = is_empty and any(_is_config(world, it) for it in names)
    after = _emptied(runner, world, text) if sure else runner.blurred(world, text)
    return [replace(after, ok=True)]


def _copy(name: str) -> Builtin:
    """Return the function for ``cp``, ``mv``, ``install``, ``ln`` or ``rsync``."""

    def run(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
        options, names, into = _operands(name, arguments)
        if into is None and len(names) > 1:
            into = names.pop()
        if into is None or not names:
            return may(world)
        if name == "ln" and not any(world.path(into) == it for it in (CONFIG, _DIRECTORY)):
            # Writing to the link changes the file.
            return may(runner.blurred(world, text) if _of_config(world, names) else world)
        data = _data(runner, world, name, names, text)
        after, is_put = _put(runner, world, into, names, data, text)
        if name == "mv" and any(_is_config(world, it, recursive=True) for it in names):
            return [replace(_emptied(runner, after, text), ok=True)]
        is_optional = bool({"n", "u"} & set("".join(it for it in options if it[:2] != "--")))
        if is_put:
            found = [replace(after, ok=True)]
            # The source may not exist.
            is_there = all(world.files.get(world.path(it)) for it in names)
            found += [] if is_there else [replace(world, ok=False)]
            return [*found, replace(world, ok=True)] if is_optional else found
        return may(after)

    return run


def _of_config(world: World, names: list[Field]) -> bool:
    return any(_is_config(world, it, recursive=True) or it.names_config for it in names)


def _operands(name: str, arguments: list[Field]) -> tuple[list[str], list[Field], Field | None]:
    """Return the options, the files, and the directory that an option specifies."""
    options: list[str] = []
    names: list[Field] = []
    into: Field | None = None
    rest = list(arguments)
    while rest:
        it = rest.pop(0)
        if it.text in ("-t", "--target-directory") and rest:
            into = rest.pop(0)
        elif it.text.startswith("--target-directory=") or re.match("-t.", it.text):
            into = replace(it, text=re.sub("^(?:-t|[^=]*=)", "", it.text))
        elif it.text in _VALUED.get(name, ()) and rest:
            rest.pop(0)
        elif it.text.startswith("-") and it.text != "-":
            options.append(it.text)
        else:
            names.append(it)
    return options, names, into


def _data(runner: ScriptRunner, world: World, name: str, names: list[Field], text: str) -> Data:
    found = None
    if len(names) == 1 and name != "rsync":
        found, _is_there = content(world, names, text)
    return found if found is not None else (runner.output(text),)


def _put(
    runner: ScriptRunner, world: World, into: Field, names: list[Field], data: Data, text: str
) -> tuple[World, bool]:
    """Return the world with ``data`` in ``into``, and whether that is the agent's file."""
    path = world.path(into)
    base = posixpath.basename(CONFIG)
    is_there = path == CONFIG or (
        path == _DIRECTORY
        and any(not it.is_known or it.is_pattern or posixpath.basename(it.text) == base
                for it in names)
    )  # fmt: skip
    if is_there:
        after = replace(world.holding(CONFIG, data), begun=runner.chunk("", text), edited=None)
        return after, True
    if path:
        return world.holding(path, data), False
    return (runner.blurred(world, text), True) if world.may_be_config(into) else (world, False)


def _download(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    """Follow ``curl`` and ``wget``: the download goes to a file or to stdout."""
    words = [it.text for it in arguments]
    into: Field | None = None
    for at, word in enumerate(words):
        if word in _DOWNLOADS and at + 1 < len(words):
            into = arguments[at + 1]
        elif found := re.match(r"(?:-[a-zA-Z]*[oO]|--output(?:-document)?=)(/.*)", word):
            into = Field(found[1])
    data: Data = (runner.output(text),)
    if into is None:
        return may(world.emitting(data))
    after, is_put = _put(runner, world, into, [], data, text)
    return [replace(after, ok=True)] if is_put else may(after)


def _dd(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    into = next((it for it in arguments if it.text.startswith("of=")), None)
    data: Data = (runner.output(text),)
    if into is None:
        return may(world.emitting(data))
    target = replace(into, text=into.text.removeprefix("of="))
    after, is_put = _put(runner, world, target, [], data, text)
    return [replace(after, ok=True)] if is_put else may(after)


def _aws(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    words = [it for it in arguments if not it.text.startswith("-")]
    data: Data = (runner.output(text),)
    if len(words) > 3 and words[0].text == "s3" and words[1].text in ("cp", "mv", "sync"):
        names = [words[2]] if words[1].text != "sync" else [Field(unknown_mark(text))]
        after, is_put = _put(runner, world, words[3], names, data, text)
        return [replace(after, ok=True)] if is_put else may(after.emitting(data))
    return may(world.emitting(data))


def _sed(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    sed = sed_of(arguments)
    if sed is None:
        return may(world.emitting((runner.output(text),)))
    if not sed.is_in_place:
        data, is_there = content(world, sed.files, text)
        if data is None or sed.edits is None:
            return may(world.emitting((runner.output(text),)))
        after = world.emitting(sed.applied(data, runner.chunk("", text)))
        return [replace(after, ok=True)] if is_there else may(after)
    is_edited = False
    for name in sed.files:
        path = world.path(name)
        if not path and world.may_be_config(name):
            path = CONFIG if name.is_known else ""
            is_edited = True
            world = world if path else runner.blurred(world, text)
        is_edited |= path == CONFIG
        if not path or path not in world.files:
            continue
        if sed.edits is None:
            world = runner.blurred(world, text) if path == CONFIG else world.without(path)
            continue
        before = world.files[path]
        edited = sed.applied(before, runner.chunk("", text))
        if path == CONFIG and CONFIG in world.targets.values():
            raise TooComplex
        if path == CONFIG and edited != before:
            world = replace(world, edited=runner.chunk("", text))
        world = world.holding(path, edited)
    return [replace(world, ok=True)] if is_edited else may(world)


FILES: Mapping[str, Builtin] = {
    "rm": _remove,
    "unlink": _remove,
    "shred": _remove,
    "truncate": _truncate,
    **{name: _copy(name) for name in ("cp", "mv", "install", "ln", "rsync")},
    "curl": _download,
    "wget": _download,
    "dd": _dd,
    "aws": _aws,
    "sed": _sed,
}
"""Command name → its function."""
