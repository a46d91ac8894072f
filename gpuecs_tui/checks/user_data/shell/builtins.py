"""Shell built-ins, and commands whose output user data often writes to files.

Source: Bash Reference Manual, "Shell Builtin Commands"; POSIX, "cat", "printf" and "tee".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from gpuecs_tui.checks.user_data.shell.expand import ASSIGNMENT
from gpuecs_tui.checks.user_data.shell.run import ScriptRunner
from gpuecs_tui.checks.user_data.shell.world import (
    CONFIG,
    Data,
    Field,
    TooComplex,
    World,
    data_text,
    is_unknown,
    shown,
    unknown_mark,
)

Builtin = Callable[[ScriptRunner, World, list[Field], str], list[World]]
"""Runs a command with the arguments and returns its courses; the text is for messages."""
_OPTIONS = {"e": "e", "u": "u", "errexit": "e", "nounset": "u", "pipefail": "pipefail"}
_ESCAPES = re.compile(r"\\(n|t|r|\\)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_DIRECTIVE = re.compile(r"%(?:%|s|b|d)")
_REPEATS_MAX = 100
"""How often ``printf`` reuses its format for further arguments."""


def may(world: World) -> list[World]:
    """Return the two courses of a command: success and failure."""
    return [replace(world, ok=True), replace(world, ok=False)]


def _echo(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    words = [it.text for it in arguments]
    end, is_escaped = "\n", False
    while words and re.fullmatch("-[neE]+", words[0]):
        option = words.pop(0)
        end = "" if "n" in option else end
        is_escaped = "e" in option
    line = " ".join(words)
    if is_escaped:
        line = _ESCAPES.sub(lambda found: _ESCAPED[found[1]], line)
    return _written(world, (runner.chunk(line + end, text),))


def _written(world: World, data: Data) -> list[World]:
    """Return the courses after text was written; writing to an unknown file may fail."""
    target = world.targets.get(1, "")
    after = world.emitting(data)
    return may(after) if target.startswith("/") and target != CONFIG else [replace(after, ok=True)]


def _printf(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    words = [it.text for it in arguments]
    if words[:1] == ["--"]:
        words = words[1:]
    if words[:1] == ["-v"] and len(words) > 1:
        return [replace(world.having(words[1], Field(unknown_mark(text))), ok=True)]
    made = _formatted(words[0], words[1:]) if words else None
    return _written(world, (runner.chunk(unknown_mark(text) if made is None else made, text),))


def _formatted(pattern: str, values: list[str]) -> str | None:
    """Return the output of ``printf``; None for a directive that is not supported."""
    if is_unknown(pattern) or "%" in _DIRECTIVE.sub("", pattern):
        return None
    pattern = _ESCAPES.sub(lambda found: _ESCAPED[found[1]], pattern)
    wanted = len(_DIRECTIVE.findall(pattern.replace("%%", "")))
    found = ""
    for _round in range(_REPEATS_MAX):
        row, values = values[:wanted], values[wanted:]
        given = iter(row)
        found += _DIRECTIVE.sub(
            lambda it, given=given: "%" if it[0] == "%%" else next(given, ""),  # type: ignore[misc]
            pattern,
        )
        if not values or not wanted:
            return found
    return None


def content(world: World, arguments: list[Field], text: str) -> tuple[Data | None, bool]:
    """Return what ``cat`` reads from files or stdin, and whether each file is known."""
    found: Data = ()
    for name in arguments or [Field("-")]:
        data = world.stdin if name.text == "-" else world.files.get(world.path(name))
        if data is None or (name.text.startswith("-") and name.text != "-"):
            return None, False
        found += data
    return found, True


def _cat(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    data, is_there = content(world, arguments, text)
    if data is None:
        return may(world.emitting((runner.output(text),)))
    after = _written(world, tuple(replace(it, command=shown(text)) for it in data))
    return after if is_there else may(after[0])


def _tee(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    options = [it.text for it in arguments if it.text.startswith("-")]
    appends = any(re.fullmatch("-[a-zA-Z]*a[a-zA-Z]*|--append", it) for it in options)
    data = world.stdin if world.stdin is not None else (runner.output(text),)
    data = tuple(replace(it, where=runner.where, command=shown(text)) for it in data)
    is_elsewhere = False
    for name in arguments:
        if name.text.startswith("-"):
            continue
        path = world.path(name)
        if not path:
            world = runner.blurred(world, text) if world.may_be_config(name) else world
            is_elsewhere = True
            continue
        is_elsewhere |= path != CONFIG
        world = world.appending(path, data) if appends else world.holding(path, data)
        if path == CONFIG and not appends:
            world = replace(world, begun=runner.chunk("", text), edited=None)
    after = world.emitting(data)
    return may(after) if is_elsewhere else [replace(after, ok=True)]


def _set(_runner: ScriptRunner, world: World, arguments: list[Field], _text: str) -> list[World]:
    options, words = set(world.options), [it.text for it in arguments]
    while words:
        word = words.pop(0)
        if word == "--" or not word.startswith(("-", "+")):
            given = words if word == "--" else [word, *words]
            return [_positional(replace(world, options=frozenset(options), ok=True), given)]
        letters = {_OPTIONS[it] for it in word[1:] if it in _OPTIONS}
        if word[1:].endswith("o") and words:
            letters |= {_OPTIONS[it] for it in [words.pop(0)] if it in _OPTIONS}
        options = options | letters if word.startswith("-") else options - letters
    return [replace(world, options=frozenset(options), ok=True)]


def _positional(world: World, values: list[str]) -> World:
    kept = {name: it for name, it in world.variables.items() if not name.isdigit()}
    given = {str(at): Field(value) for at, value in enumerate(values, 1)}
    return replace(world, variables={**kept, **given, "#": Field(str(len(values)))})


def _shift(_runner: ScriptRunner, world: World, arguments: list[Field], _text: str) -> list[World]:
    by = arguments[0].text if arguments else "1"
    if "#" not in world.variables or not by.isdigit():
        return may(world)
    count = int(world.variables["#"].text)
    values = [world.variables[str(at)].text for at in range(1, count + 1)]
    return [replace(_positional(world, values[int(by) :]), ok=True)]


def _declare(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    if any(it.text.startswith("-") and "p" in it.text for it in arguments) or not arguments:
        world = world.emitting((runner.output(text),))
    for it in arguments:
        if ASSIGNMENT.match(it.text):
            world = runner.assign(world, it)
    return [replace(world, ok=True)]


def _unset(_runner: ScriptRunner, world: World, arguments: list[Field], _text: str) -> list[World]:
    for it in arguments:
        world = world.having(it.text, Field(""))
    return [replace(world, ok=True)]


def _read(_runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    hint = data_text(world.stdin or ())
    for name in [it.text for it in arguments if it.text.isidentifier()] or ["REPLY"]:
        world = world.having(name, Field(unknown_mark(f"${name}"), hint=hint))
    return may(world)


def _exit(_runner: ScriptRunner, world: World, _arguments: list[Field], _text: str) -> list[World]:
    return [replace(world, flow="exit")]


def _return(runner: ScriptRunner, world: World, arguments: list[Field], _text: str) -> list[World]:
    if not runner.is_nested:
        return [replace(world, ok=False)]
    left = replace(world, flow="return")
    if not arguments:
        return [left]
    if arguments[0].text.isdigit():
        return [replace(left, ok=int(arguments[0].text) == 0)]
    return may(left)


def _leave(flow: str) -> Builtin:
    def run(runner: ScriptRunner, world: World, arguments: list[Field], _text: str) -> list[World]:
        if not runner.loops:
            return [replace(world, ok=True)]
        if arguments and arguments[0].text != "1":
            raise TooComplex
        return [replace(world, flow=flow, ok=True)]

    return run


def _trap(_runner: ScriptRunner, world: World, arguments: list[Field], _text: str) -> list[World]:
    given = [it for it in arguments if it.text != "--"]
    if len(given) < 2 or (given[0].text.startswith("-") and given[0].text != "-"):
        return [replace(world, ok=True)]
    handler = "" if given[0].text == "-" else given[0].text
    names = ["EXIT" if it.text == "0" else it.text.removeprefix("SIG") for it in given[1:]]
    return [replace(world, traps={**world.traps, **dict.fromkeys(names, handler)}, ok=True)]


def _cd(_runner: ScriptRunner, world: World, arguments: list[Field], _text: str) -> list[World]:
    names = [it for it in arguments if not it.text.startswith("-")]
    if not names:
        return [replace(world, cwd="", ok=True)]
    path = world.path(names[0])
    after = replace(world, cwd=path, ok=True)
    return (
        [after] if CONFIG.startswith(f"{path.rstrip('/')}/") else [after, replace(world, ok=False)]
    )


def _popd(_runner: ScriptRunner, world: World, _arguments: list[Field], _text: str) -> list[World]:
    return may(replace(world, cwd=""))


def _kill(_runner: ScriptRunner, world: World, arguments: list[Field], _text: str) -> list[World]:
    found = may(world)
    if any("$$" in it.text for it in arguments):
        found.append(replace(world, flow="exit"))
    return found


def _true(_runner: ScriptRunner, world: World, _arguments: list[Field], _text: str) -> list[World]:
    return [replace(world, ok=True)]


def _false(_runner: ScriptRunner, world: World, _arguments: list[Field], _text: str) -> list[World]:
    return [replace(world, ok=False)]


def _test(_runner: ScriptRunner, world: World, _arguments: list[Field], _text: str) -> list[World]:
    return may(world)


BUILTINS: Mapping[str, Builtin] = {
    ":": _true,
    "true": _true,
    "false": _false,
    "test": _test,
    "[": _test,
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "tee": _tee,
    "set": _set,
    "shift": _shift,
    "export": _declare,
    "declare": _declare,
    "typeset": _declare,
    "local": _declare,
    "readonly": _declare,
    "unset": _unset,
    "read": _read,
    "exit": _exit,
    "return": _return,
    "break": _leave("break"),
    "continue": _leave("continue"),
    "trap": _trap,
    "cd": _cd,
    "pushd": _cd,
    "popd": _popd,
    "kill": _kill,
}
"""Command name → its function."""
