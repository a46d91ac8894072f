"""The possible courses of a user data script, with the agent's settings and its service.

cloud-init runs the text as one script: definitions, redirections and an exit in an earlier part
affect the later parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from gpuecs_tui.checks.user_data.commands import (
    AGENT,
    READERS,
    UNJUDGED,
    after_command,
    changes_mode,
)
from gpuecs_tui.checks.user_data.shell.builtins import BUILTINS, may
from gpuecs_tui.checks.user_data.shell.files import FILES
from gpuecs_tui.checks.user_data.shell.parser import script_of
from gpuecs_tui.checks.user_data.shell.run import ScriptRunner
from gpuecs_tui.checks.user_data.shell.syntax import Script
from gpuecs_tui.checks.user_data.shell.world import (
    CONFIG,
    MENTION,
    Chunk,
    Data,
    Effect,
    Field,
    TooComplex,
    World,
    data_text,
    is_unknown,
    known_parts,
    shown,
    unknown_mark,
)

_PREFIXES = frozenset({"sudo", "env", "nohup", "nice", "ionice", "command", "builtin", "exec",
                       "time", "timeout", "setsid", "stdbuf", "\\"})  # fmt: skip
"""Commands that run the command that follows."""
_VALUED = {"sudo": "ugCDRTpr", "nice": "n", "ionice": "cnp", "timeout": "ks", "env": "uCS",
           "exec": "a", "stdbuf": "ioe"}  # fmt: skip
"""Letters of their options that take a value."""
_SHELLS = frozenset({"bash", "sh", "dash"})
_SCRATCH = ("/tmp/", "/var/tmp/", "/var/log/", "/root/")
"""Directories whose files are not run automatically."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The result of following a script."""

    worlds: tuple[World, ...]
    """The end of each course; empty if there are too many courses."""
    between: tuple[World, ...] = ()
    """Each course at the end of the first part, if the course reaches it."""


@lru_cache(maxsize=32)
def followed(
    own: str, extra: str, started: Data, names: tuple[str, str], options: frozenset[str]
) -> Followed:
    """Follow the two parts of a script; ``names`` are their names in messages, ``started`` is the
    initial content of ecs.config. Never raises.
    """  # fmt: skip
    script = script_of((own + extra).replace("\r", ""))
    border = len(own.replace("\r", ""))
    runner = ScriptRunner(_call, names[0])
    world = World(files={CONFIG: started}, options=options)
    worlds, between = [world], list[World]()
    has_crossed = False
    try:
        for node in script.nodes:
            if node.offset >= border and not has_crossed:
                has_crossed, between = True, worlds
                # Only the second part is checked for overwriting the file.
                worlds = [replace(it, begun=None, edited=None) for it in worlds]
                runner.where = names[1]
            worlds = [
                replace(it, flow="") if it.flow != "exit" else it
                for it in runner.script(Script((node,)), worlds)
            ]
        runner.where = names[1] if script.offset >= border else runner.where
        worlds = _rest(runner, script, worlds)
        worlds = [done for it in worlds for done in _end(runner, it)]
    except (TooComplex, RecursionError):
        return Followed(())
    return Followed(tuple(runner.merged(worlds)), tuple(between if has_crossed else worlds))


def _rest(runner: ScriptRunner, script: Script, worlds: list[World]) -> list[World]:
    """Follow text that isn't understood: the shell may stop there or run it."""
    if not script.rest:
        return worlds
    line, unread = script.rest.split("\n", 1)[0], Field(unknown_mark(script.rest))
    return [
        done
        for it in worlds
        # A syntax error stops the shell here; valid syntax that is not supported here runs.
        for done in (it, *(() if it.flow else _call(runner, it, [unread], line)))
    ]


def _end(runner: ScriptRunner, world: World) -> list[World]:
    """Run the EXIT trap, and check the files that remain."""
    world = replace(world, flow="", options=frozenset())
    found = [world]
    if handler := world.traps.get("EXIT", ""):
        found = runner.nested(handler, world, in_place=True)
    return [_left_files(it) for it in found]


def _left_files(world: World) -> World:
    for path, data in world.files.items():
        text = known_parts(data_text(data))
        if path != CONFIG and not path.startswith(_SCRATCH) and _concerns(f"{path}\n{text}"):
            chunk = data[0] if data else Chunk("")
            world = world.after(Effect(UNJUDGED, chunk.command, chunk.where))
    return world


def _concerns(text: str) -> bool:
    """Return whether a script mentions the agent's settings or its service."""
    lines = [it for it in text.split("\n") if not it.lstrip().startswith("#")]
    return any(MENTION.search(it) or AGENT.search(it) for it in lines)


def _call(runner: ScriptRunner, world: World, fields: list[Field], text: str) -> list[World]:
    command, is_exec = _bare(fields)
    if not command:
        return [replace(world, ok=True)]
    found = _run(runner, world, command, text)
    if is_exec:
        # exec replaces the shell by the command.
        return [replace(it, flow="exit") for it in found]
    return found


def _bare(fields: list[Field]) -> tuple[list[Field], bool]:
    """Return a command without prefixes such as ``sudo``, and whether ``exec`` is among them."""
    rest, is_exec = list(fields), False
    while rest and rest[0].text in _PREFIXES:
        name = rest.pop(0).text
        is_exec |= name == "exec"
        while rest and rest[0].text.startswith("-") and rest[0].text != "-":
            option = rest.pop(0).text
            if option[-1] in _VALUED.get(name, "") and not option.startswith("--"):
                del rest[:1]
        if name == "timeout":
            del rest[:1]
        while name in ("env", "sudo") and rest and re.match(r"[A-Za-z_]\w*=", rest[0].text):
            rest.pop(0)
    return rest, is_exec and bool(rest)


def _run(runner: ScriptRunner, world: World, command: list[Field], text: str) -> list[World]:
    name, arguments = command[0], command[1:]
    base = name.text.rpartition("/")[2] if name.is_known else ""
    if base in ("eval", "source", "."):
        return _in_place(runner, world, base, arguments, text)
    if base in _SHELLS:
        return _shell(runner, world, arguments, text)
    if known := (BUILTINS.get(base) or FILES.get(base)):
        return [
            _judged(it, world, base, runner, text) for it in known(runner, world, arguments, text)
        ]
    path = world.path(name)
    if "/" in name.text and path in world.files:
        return _nested(runner, world, world.files[path], text)
    return _foreign(runner, world, command, text)


def _judged(after: World, before: World, base: str, runner: ScriptRunner, text: str) -> World:
    """Mark a link that changes the agent's file as not recognized."""
    if base == "ln" and after.files[CONFIG] != before.files[CONFIG]:
        return after.after(Effect(UNJUDGED, text, runner.where))
    return after


def _in_place(
    runner: ScriptRunner, world: World, base: str, arguments: list[Field], text: str
) -> list[World]:
    if base == "eval":
        data: Data | None = (runner.chunk(" ".join(it.text for it in arguments), text),)
    else:
        data = world.files.get(world.path(arguments[0])) if arguments else None
    if data is None or is_unknown(data_text(data)):
        return _foreign(runner, world, [Field(base), *arguments], text)
    found = runner.nested(data_text(data), world, in_place=True)
    return [replace(it, flow="") if it.flow == "return" else it for it in found]


def _shell(runner: ScriptRunner, world: World, arguments: list[Field], text: str) -> list[World]:
    rest, options = list(arguments), ""
    while rest and re.match("[-+].", rest[0].text):
        options += rest.pop(0).text
    if "c" in options:
        data: Data | None = (runner.chunk(rest[0].text, text),) if rest else None
    elif rest:
        data = world.files.get(world.path(rest[0]))
    else:
        data = world.stdin
    if "o" in options:
        data = None
    if data is None or is_unknown(data_text(data)):
        return _foreign(runner, world, [Field("bash"), *arguments], text)
    flags = "".join(it for it in "eu" if it in options)
    return _nested(runner, world, data, text, f"set -{flags}\n" if flags else "")


def _nested(
    runner: ScriptRunner, world: World, data: Data, text: str, before: str = ""
) -> list[World]:
    script = data_text(data)
    first = script.split("\n", 1)[0]
    if is_unknown(script) or (first.startswith("#!") and "sh" not in first):
        return _foreign(runner, world, [Field(unknown_mark(script))], text)
    return runner.nested(before + script, replace(world, stdin=None))


def _foreign(runner: ScriptRunner, world: World, command: list[Field], text: str) -> list[World]:
    """Follow a command whose effect is unknown except for its name and arguments."""
    line = " ".join(it.text for it in command)
    base = command[0].text.rpartition("/")[2]
    after = world.emitting((runner.output(text),))
    is_known = False
    # Text that isn't understood may contain several commands.
    for part in [line] if command[0].is_known else re.split(r"[;&|(){}\n]+", shown(line)):
        after, is_one = after_command(
            after, part.strip(), Effect("", text, runner.where), is_background=runner.is_background
        )
        is_known |= is_one
    if is_known and (command[0].is_known or not MENTION.search(shown(line))):
        return [replace(after, ok=True)]
    if base in READERS:
        return may(after)
    given = data_text(world.stdin or ())
    files = [data_text(world.files.get(world.path(it), ())) for it in command[1:]]
    hint = " ".join([line, *(it.hint for it in command)])
    if MENTION.search(shown(hint)) or any(map(_concerns, (shown(line), given, *files))):
        return [replace(_unjudged(runner, after, command, text), ok=True)]
    return may(after)


def _unjudged(runner: ScriptRunner, world: World, command: list[Field], text: str) -> World:
    """Return the world after an unrecognized command that mentions the agent or its settings."""
    if changes_mode(" ".join(it.text for it in command)):
        return world
    after = world.after(Effect(UNJUDGED, text, runner.where))
    return after.holding(CONFIG, (runner.output(text),))
