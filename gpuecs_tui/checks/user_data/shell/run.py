"""Follow each possible course of a shell script, without running it.

An unknown command may succeed or fail, and a condition may be true or false: each case is a course
of its own. A result that is the same in all courses is certain (Bash Reference Manual, "Shell
Commands").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from gpuecs_tui.checks.user_data.shell import expand
from gpuecs_tui.checks.user_data.shell.parser import script_of
from gpuecs_tui.checks.user_data.shell.simple import SimpleCommands, has_unset
from gpuecs_tui.checks.user_data.shell.syntax import Node, Script
from gpuecs_tui.checks.user_data.shell.world import (
    CONFIG,
    ENDLESS,
    PIPE,
    Data,
    Effect,
    Field,
    TooComplex,
    World,
    blurred,
    unknown_mark,
)

COURSES_MAX = 48
"""Maximum number of courses that are followed in parallel."""
STEPS_MAX = 3_000
"""Maximum number of commands that are followed in all courses together."""
ROUNDS_MAX = 6
"""Iterations of a loop of unknown length until its courses must repeat."""
NESTED_MAX = 12
"""Maximum nesting of scripts and functions."""


Call = Callable[["ScriptRunner", World, list[Field], str], list[World]]
"""Runs a simple command of these words in a course; the text is for messages."""


class ScriptRunner(SimpleCommands):
    """Follows one script; ``where`` is the name of the current part."""

    def __init__(self, call: Call, where: str) -> None:
        self.where = where
        self.is_background = False
        self.loops = 0
        self._call = call
        self._steps = 0
        self._nested = 0

    @property
    def is_nested(self) -> bool:
        """Whether a function or a nested script is being followed."""
        return self._nested > 0

    def script(self, script: Script, worlds: list[World]) -> list[World]:
        """Follow the top level of a script; raise TooComplex."""
        for node in script.nodes:
            worlds = self.each([node], worlds)
        return worlds

    def nested(self, text: str, world: World, *, in_place: bool = False) -> list[World]:
        """Follow a nested script; ``in_place``: in the same shell, as ``source`` and ``eval``."""
        self.enter()
        loops, self.loops = self.loops, self.loops if in_place else 0
        try:
            script = script_of(text)
            inner = world if in_place else replace(world, options=frozenset(), traps={})
            found = self.each(script.nodes, [inner])
            if script.rest:
                found = self._unread(script.rest, found)
        finally:
            self._nested -= 1
            self.loops = loops
        return found if in_place else [self._outside(it, world) for it in found]

    def _unread(self, rest: str, worlds: list[World]) -> list[World]:
        line = rest.split("\n", 1)[0]
        unread = Field(unknown_mark(rest))
        return [
            after
            for it in worlds
            # A syntax error stops the shell here; valid syntax that is not supported runs.
            for after in (it, *(() if it.flow else self._call(self, it, [unread], line)))
        ]

    def call(self, world: World, fields: list[Field], text: str) -> list[World]:
        """Run a command that isn't a function of the script."""
        return self._call(self, world, fields, text)

    def leave(self) -> None:
        """Leave a script or function."""
        self._nested -= 1

    def enter(self) -> None:
        """Enter a script or function; raise TooComplex if they are nested too deep."""
        self._nested += 1
        if self._nested > NESTED_MAX:
            self._nested -= 1
            raise TooComplex

    def each(
        self, nodes: Iterable[Node], worlds: list[World], *, tested: bool = False
    ) -> list[World]:
        """Follow commands in order; ``tested``: a failure doesn't stop the script."""
        for node in nodes:
            found: list[World] = []
            for world in worlds:
                found += [world] if world.flow else self._one(node, world, tested=tested)
            worlds = self.merged(found)
        return worlds

    def merged(self, worlds: list[World]) -> list[World]:
        """Return each course once; raise TooComplex if too many remain.

        To reduce their number, variables and files that differ between them become unknown.
        """
        if len(worlds) < 2:
            return worlds
        found = list({world.key: world for world in worlds}.values())
        if len(found) > COURSES_MAX:
            found = list({world.key: world for world in blurred(found)}.values())
        if len(found) > COURSES_MAX:
            raise TooComplex
        return found

    def capture(self, nodes: tuple[Node, ...], world: World) -> list[World]:
        """Follow ``$( )``: each course with its output in ``out``."""
        inner = replace(world, out=(), targets={**world.targets, 1: PIPE})
        return self._subshell(nodes, inner, world, loops=self.loops)

    def _subshell(
        self,
        nodes: Iterable[Node],
        inner: World,
        outer: World,
        *,
        tested: bool = False,
        loops: int = 0,
    ) -> list[World]:
        """Follow commands in a subshell. It inherits no traps and runs its EXIT trap at the end.

        ``loops`` is the number of loops that ``break`` can leave: bash knows the outer loops only
        in ``$( )``.
        """
        found: list[World] = []
        kept, self.loops = self.loops, loops
        done_inside = self.each(nodes, [replace(inner, traps={})], tested=tested)
        self.loops = kept
        for it in done_inside:
            if handler := it.traps.get("EXIT"):
                ended = replace(it, flow="", traps={}, options=frozenset())
                found += [
                    replace(done, ok=it.ok) for done in self.nested(handler, ended, in_place=True)
                ]
            else:
                found.append(it)
        return [self._outside(it, outer) for it in found]

    def _outside(self, inner: World, outer: World) -> World:
        """Return the effects of a subshell: files and events."""
        return replace(
            outer,
            files=inner.files,
            events=inner.events,
            begun=inner.begun,
            edited=inner.edited,
            out=inner.out,
            ok=inner.ok,
        )

    def _one(self, node: Node, world: World, *, tested: bool) -> list[World]:
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise TooComplex
        kind = node.kind
        if kind in ("&&", "||"):
            left, right = node.parts
            found: list[World] = []
            for it in self.each([left], [world], tested=True):
                goes_on = not it.flow and it.ok == (kind == "&&")
                found += self.each([right], [it], tested=tested) if goes_on else [it]
            return found
        if kind == "!":
            return [
                it if it.flow else replace(it, ok=not it.ok)
                for it in self.each(node.parts, [world], tested=True)
            ]
        if kind == "&":
            return self._background(node, world)
        if kind == "function":
            return [replace(world, functions={**world.functions, node.name: node}, ok=True)]
        if kind == "pipe":
            return self._checked(self._pipe(node, world, tested=tested), tested=tested)
        if kind == "simple":
            return self._checked(self.simple(node, world, tested=tested), tested=tested)
        inside = self.redirected(node.redirects, world, node.text)
        found = [replace(world, ok=False, flow="exit")] if has_unset(node, world) else []
        for it in inside:
            done = self._compound(node, it, tested)
            found += [self.restored(left, world) for left in done] if node.redirects else done
        return self._checked(found, tested=tested) if kind in ("(", "test") else found

    def _checked(self, worlds: list[World], *, tested: bool) -> list[World]:
        """Apply ``set -e`` and ``trap … ERR`` to failed commands."""
        if tested:
            return worlds
        found: list[World] = []
        for it in worlds:
            if it.ok or it.flow:
                found.append(it)
                continue
            after = [it]
            if handler := it.traps.get("ERR"):
                cleared = replace(it, traps={**it.traps, "ERR": ""})
                after = [
                    replace(done, traps=it.traps, ok=False)
                    for done in self.nested(handler, cleared, in_place=True)
                ]
            is_end = "e" in it.options
            found += [replace(done, flow=done.flow or ("exit" if is_end else "")) for done in after]
        return found

    def _background(self, node: Node, world: World) -> list[World]:
        before, self.is_background = self.is_background, True
        done = self._subshell(node.parts, world, world)
        self.is_background = before
        return [
            replace(
                it, ok=True, events=tuple(found for found in it.events if found.kind != ENDLESS)
            )
            for it in (world, *done)
        ]

    def _pipe(self, node: Node, world: World, *, tested: bool) -> list[World]:
        courses = [(world, world.stdin, True)]
        last = len(node.parts) - 1
        for at, part in enumerate(node.parts):
            found: list[tuple[World, Data | None, bool]] = []
            for it, stdin, is_ok in courses:
                targets = it.targets if at == last else {**it.targets, 1: PIPE}
                inner = replace(
                    it, stdin=stdin, targets=targets, out=world.out if at == last else ()
                )
                # A failure stops only the subshell of this part.
                for left in self._subshell([part], inner, it, tested=tested or at < last):
                    found.append((left, left.out, is_ok and left.ok))
            courses = found
        has_all = "pipefail" in world.options
        found_worlds = [
            replace(it, stdin=world.stdin, ok=is_ok if has_all else it.ok)
            for it, _out, is_ok in courses
        ]
        if sum("ecs.config" in part.text for part in node.parts) > 1:
            found_worlds = [self._raced(it, world, node.text) for it in found_worlds]
        return found_worlds

    def _raced(self, after: World, before: World, text: str) -> World:
        """Return what is known when parts of a pipeline read and write the file in parallel."""
        if after.files.get(CONFIG) == before.files.get(CONFIG):
            return after
        return self.blurred(after, text)

    def _compound(self, node: Node, world: World, tested: bool) -> list[World]:
        kind = node.kind
        if kind == "{":
            return self.each(node.parts, [world], tested=tested)
        if kind == "(":
            return self._subshell(node.parts, world, world, tested=tested)
        if kind == "if":
            return self._if(node, world, tested=tested)
        if kind in ("while", "until"):
            return self._while(node, world, tested=tested)
        if kind == "for" and node.name:
            return self._for(node, world, tested=tested)
        if kind in ("for", "select"):
            return self._rounds(node.parts, world, tested=tested)
        if kind == "case":
            found = [replace(world, ok=True)]
            for expanded, _subject in expand.whole(node.words[0], world, self.capture):
                for _none, body in node.branches:
                    found += self.each(body, [expanded], tested=tested)
            return found
        ran = self.capture(node.parts, world) if node.parts else []
        ended = [world, *(replace(it, out=world.out) for it in ran)]
        return [replace(done, ok=it) for done in ended for it in (True, False)]

    def _if(self, node: Node, world: World, *, tested: bool) -> list[World]:
        found: list[World] = []
        waiting = [world]
        for condition, body in node.branches:
            if not condition:
                return found + self.each(body, waiting, tested=tested)
            judged = self.each(condition, waiting, tested=True)
            found += [it for it in judged if it.flow]
            found += self.each(body, [it for it in judged if it.ok and not it.flow], tested=tested)
            waiting = [it for it in judged if not it.ok and not it.flow]
        return found + [replace(it, ok=True) for it in waiting]

    def _body(self, nodes: Iterable[Node], worlds: list[World], *, tested: bool) -> list[World]:
        """Follow the commands of a loop."""
        self.loops += 1
        found = self.each(nodes, worlds, tested=tested)
        self.loops -= 1
        return found

    def _while(self, node: Node, world: World, *, tested: bool) -> list[World]:
        ((condition, body),) = node.branches
        found: list[World] = []
        seen: set[tuple[object, ...]] = set()
        waiting = [world]
        for _round in range(ROUNDS_MAX):
            judged = self.each(condition, waiting, tested=True)
            ends = [it for it in judged if it.flow or it.ok == (node.kind == "until")]
            found += [it if it.flow else replace(it, ok=True) for it in ends]
            entered = [it for it in judged if not it.flow and it.ok == (node.kind == "while")]
            left, waiting = self._looped(self._body(body, entered, tested=tested))
            found += left
            waiting = [it for it in self.merged(waiting) if it.key not in seen]
            seen |= {it.key for it in waiting}
            if not waiting and found:
                return self.merged(found)
            if not waiting:
                endless = Effect(ENDLESS, node.text, self.where)
                return [replace(it.after(endless), flow="exit") for it in entered]
        raise TooComplex

    def _rounds(self, body: tuple[Node, ...], world: World, *, tested: bool) -> list[World]:
        """Follow a loop with an unknown number of iterations."""
        found = [replace(world, ok=True)]
        for _round in range(ROUNDS_MAX):
            left, again = self._looped(
                self._body(body, [it for it in found if not it.flow], tested=tested)
            )
            after = self.merged([*found, *left, *again])
            if len(after) == len(found):
                return after
            found = after
        raise TooComplex

    def _for(self, node: Node, world: World, *, tested: bool) -> list[World]:
        found: list[World] = []
        for expanded, values in expand.fields(node.words, world, self.capture):
            if not all(it.is_known and not it.is_pattern for it in values):
                hint = " ".join(f"{it.text} {it.hint}" for it in values)
                value = Field(unknown_mark(f"${node.name}"), hint=hint)
                found += self._rounds(node.parts, expanded.having(node.name, value), tested=tested)
                continue
            courses = [replace(expanded, ok=True)]
            for value in values:
                running = [it.having(node.name, value) for it in courses if not it.flow]
                ended = [it for it in courses if it.flow]
                left, again = self._looped(self._body(node.parts, running, tested=tested))
                found += left
                courses = self.merged([*ended, *again])
            found += courses
        return self.merged(found)

    def _looped(self, worlds: list[World]) -> tuple[list[World], list[World]]:
        """Return the courses that leave a loop and those that reach its next iteration."""
        left = [
            replace(it, flow="") if it.flow == "break" else it
            for it in worlds
            if it.flow in ("break", "exit", "return")
        ]
        again = [replace(it, flow="") for it in worlds if it.flow in ("", "continue")]
        return left, again
