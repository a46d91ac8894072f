"""Simple commands of a shell script: their words, assignments, redirections and functions.

Source: Bash Reference Manual, "Simple Commands", "Redirections" and "Shell Functions".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gpuecs_tui.checks.user_data.shell import expand
from gpuecs_tui.checks.user_data.shell.syntax import VARIABLE, Node, Redirect, ShellWord
from gpuecs_tui.checks.user_data.shell.world import CONFIG, Chunk, Field, World, unknown_mark

_ENVIRONMENT = frozenset({"PATH", "HOME", "PWD", "IFS", "UID", "SHELL", "HOSTNAME", "RANDOM",
                          "SECONDS", "BASH_SOURCE", "LINENO"})  # fmt: skip
"""Variables that are set when a script starts."""
_TRUNCATES = (">", ">|", "&>", ">&")


class SimpleCommands:
    """Follows simple commands; ``each`` follows the commands inside them."""

    where = ""
    """The name of the current part of the script."""
    loops = 0
    """Number of loops around the current command."""

    def each(
        self, nodes: Iterable[Node], worlds: list[World], *, tested: bool = False
    ) -> list[World]:
        """Follow commands in order."""
        raise NotImplementedError

    def capture(self, nodes: tuple[Node, ...], world: World) -> list[World]:
        """Follow ``$( )``: each course with its output in ``out``."""
        raise NotImplementedError

    def call(self, world: World, fields: list[Field], text: str) -> list[World]:
        """Run a command that isn't a function of the script."""
        raise NotImplementedError

    def enter(self) -> None:
        """Enter a function; raise TooComplex."""
        raise NotImplementedError

    def leave(self) -> None:
        """Leave a function."""
        raise NotImplementedError

    def chunk(self, text: str, command: str) -> Chunk:
        """Return a piece of text that ``command`` writes."""
        return Chunk(text, self.where, " ".join(command.split()))

    def output(self, command: str) -> Chunk:
        """Return unknown whole lines that ``command`` writes."""
        return self.chunk(f"{unknown_mark(command)}\n", command)

    def blurred(self, world: World, command: str) -> World:
        """Return the world after ``command`` wrote unknown text to the agent's file."""
        return world.holding(CONFIG, (self.output(command),))

    def simple(self, node: Node, world: World, *, tested: bool) -> list[World]:
        """Follow a simple command."""
        words = list(node.words)
        assigned: list[ShellWord] = []
        while words and expand.ASSIGNMENT.match(words[0].raw):
            assigned.append(words.pop(0))
        found = [replace(world, ok=False, flow="exit")] if has_unset(node, world) else []
        for expanded, fields in expand.fields(words, world, self.capture):
            for opened in self.redirected(node.redirects, expanded, node.text):
                if not fields:
                    courses = [replace(opened, ok=True)]
                    for word in assigned:
                        courses = [done for it in courses for done in self._assigned(word, it)]
                    found += [self.restored(it, world) for it in courses]
                    continue
                # The redirections of exec without a command stay in effect.
                keeps = not node.redirects or [it.text for it in fields] == ["exec"]
                for done in self._called(opened, fields, node.text, tested=tested):
                    found.append(done if keeps else self.restored(done, world))
        return found

    def _assigned(self, word: ShellWord, world: World) -> list[World]:
        return [
            self.assign(replace(it, ok=it.ok), text)
            for it, text in expand.whole(word, world, self.capture)
        ]

    def assign(self, world: World, given: Field) -> World:
        """Return the world after ``NAME=value`` or ``NAME+=value``."""
        found = expand.ASSIGNMENT.match(given.text)
        if found is None:
            return world
        value = replace(given, text=given.text[found.end() :], is_pattern=False)
        if found[2]:
            before = world.variables.get(found[1], Field(unknown_mark(f"${found[1]}")))
            value = Field(
                before.text + value.text,
                hint=f"{before.hint} {value.hint}".strip(),
            )
        return world.having(found[1], value)

    def _called(self, world: World, fields: list[Field], text: str, *, tested: bool) -> list[World]:
        function = world.functions.get(fields[0].text) if fields[0].is_known else None
        if function is None:
            return self.call(world, fields, text)
        self.enter()
        given = {str(at): value for at, value in enumerate(fields[1:], 1)}
        kept = {name: it for name, it in world.variables.items() if not name.isdigit()}
        inner = replace(
            world,
            variables={**kept, **given, "#": Field(str(len(fields) - 1))},
            # A function doesn't inherit the ERR trap.
            traps={name: it for name, it in world.traps.items() if name != "ERR"},
            ok=True,
        )
        # break in a function doesn't affect the loop of the caller.
        loops, self.loops = self.loops, 0
        done = self.each(function.parts, [inner], tested=tested)
        self.loops = loops
        self.leave()
        outer = {name: it for name, it in world.variables.items() if name.isdigit() or name == "#"}
        found: list[World] = []
        for it in done:
            kept = {n: v for n, v in it.variables.items() if not n.isdigit() and n != "#"}
            flow = "" if it.flow == "return" else it.flow
            traps = {**{n: h for n, h in world.traps.items() if n == "ERR"}, **it.traps}
            found.append(replace(it, variables={**kept, **outer}, flow=flow, traps=traps))
        return found

    def restored(self, world: World, before: World) -> World:
        """Return the world with the redirections of ``before``."""
        return replace(world, targets=before.targets, stdin=before.stdin)

    def redirected(self, redirects: tuple[Redirect, ...], world: World, text: str) -> list[World]:
        """Return the courses after the redirections are applied in order."""
        courses = [world]
        for redirect in redirects:
            courses = [
                self._redirect(redirect, target, after, text)
                for it in courses
                for after, target in expand.whole(redirect.target, it, self.capture)
            ]
        return courses

    def _redirect(self, redirect: Redirect, target: Field, world: World, text: str) -> World:
        operator, number = redirect.operator, redirect.number
        if operator in ("<<", "<<-", "<<<"):
            end = "\n" if operator == "<<<" else ""
            data = (self.chunk(target.text + end, text),)
            return replace(world, stdin=data)
        if operator == "<":
            path = world.path(target)
            return replace(world, stdin=world.files.get(path)) if number < 1 else world
        if operator in (">&", "<&") and (target.text.isdigit() or target.text == "-"):
            source = world.targets.get(int(target.text), "") if target.text.isdigit() else ""
            return replace(world, targets={**world.targets, 1 if number < 0 else number: source})
        numbers = [1, 2] if operator in ("&>", "&>>", ">&") else [1 if number < 0 else number]
        if operator == "<>":
            numbers = [max(number, 0)]
        path = world.path(target)
        if not path and world.may_be_config(target):
            path = CONFIG
            world = self.blurred(world, text)
            return replace(world, targets={**world.targets, **dict.fromkeys(numbers, path)})
        if operator in _TRUNCATES and path:
            world = world.holding(path, ())
            if path == CONFIG:
                world = replace(world, begun=self.chunk("", text), edited=None)
        elif operator == "<>" and path == CONFIG:
            # The output overwrites the first bytes of the file.
            world = self.blurred(world, text)
        return replace(world, targets={**world.targets, **dict.fromkeys(numbers, path)})


def has_unset(node: Node, world: World) -> bool:
    """Return whether ``set -u`` stops the script here because a variable is not set."""
    if "u" not in world.options:
        return False
    words = (*node.words, *(it.target for it in node.redirects))
    used = {part.text for word in words for part in word.parts if part.kind == VARIABLE}
    return any(it.isidentifier() and it not in world.variables for it in used - _ENVIRONMENT)
