"""The commands of a shell script: lists, pipelines, groups, conditions and loops. Pure text."""

from __future__ import annotations

import re

from gpuecs_tui.checks.user_data.shell.reader import SimpleReader
from gpuecs_tui.checks.user_data.shell.syntax import (
    DEPTH_MAX,
    OPAQUE,
    Node,
    NotShell,
    Redirect,
    Script,
    ShellWord,
    WordPart,
)

_FUNCTION = re.compile(
    r"(?:function[ \t]+([\w:.-]+)[ \t]*(?:\([ \t]*\))?|([\w:.-]+)[ \t]*\([ \t]*\))\s*"
)
_RESERVED = re.compile(
    r"(?:if|then|elif|else|fi|while|until|for|select|do|done|case|esac|coproc|time|[{}!]|\[\[)"
    r"(?=[\s;&|<>()]|$)"
)
_MISPLACED = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}", "coproc"})
_NAME = re.compile(r"[A-Za-z_]\w*")
_ALL_ARGUMENTS = ShellWord((WordPart(OPAQUE, '"$@"'),), '"$@"')

Branch = tuple[tuple[Node, ...], tuple[Node, ...]]


class ScriptParser(SimpleReader):
    """Reads a script one command at a time."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def item(self) -> Node:
        """Return the next list of ``&&`` and ``||`` and skip its end; raise NotShell."""
        start = self.at
        node = self._and_or()
        self._spaces()
        if self.sees("&") and not self.sees("&&"):
            self.at += 1
            return Node("&", self._since(start), start, parts=(node,))
        if self.sees(";") and not self.sees(";;") and not self.sees(";&"):
            self.at += 1
        elif not (self.is_at_end or self.text[self.at] in "\n);"):
            raise NotShell
        return node

    def listed(self, end: str) -> tuple[Node, ...]:
        """Return the commands up to and including ``end``."""
        nodes: list[Node] = []
        while True:
            self.skip_blank()
            if self.sees(end):
                self.at += len(end)
                return tuple(nodes)
            if self.is_at_end:
                raise NotShell
            nodes.append(self.item())

    def _block(self, *ends: str) -> tuple[tuple[Node, ...], str]:
        """Return the commands up to and including one of the words ``ends``, and that word."""
        nodes: list[Node] = []
        while True:
            self.skip_blank()
            word = self._reserved()
            if word in ends:
                if not nodes:
                    raise NotShell
                self.at += len(word)
                return tuple(nodes), word
            if self.is_at_end:
                raise NotShell
            nodes.append(self.item())

    def _reserved(self) -> str:
        found = _RESERVED.match(self.text, self.at)
        return found[0] if found else ""

    def _expect(self, word: str) -> None:
        self.skip_blank()
        if self._reserved() != word and not (
            word == "in" and re.match(r"in\s", self.text[self.at :])
        ):
            raise NotShell
        self.at += len(word)

    def _and_or(self) -> Node:
        start, left = self.at, self._pipeline()
        while True:
            self._spaces()
            operator = self.text[self.at : self.at + 2]
            if operator not in ("&&", "||"):
                return left
            self.at += 2
            self.skip_blank()
            right = self._pipeline()
            left = Node(operator, self._since(start), start, parts=(left, right))

    def _pipeline(self) -> Node:
        start = self.at
        if (word := self._reserved()) in ("!", "time"):
            self.at += len(word)
            self._spaces()
            if word == "time" and self.sees("-p"):
                self.at += 2
                self._spaces()
            inner = self._pipeline()
            if word == "time":
                return inner
            return Node("!", self._since(start), start, parts=(inner,))
        found = [self._command()]
        while True:
            self._spaces()
            if not self.sees("|") or self.sees("||"):
                break
            self.at += 2 if self.sees("|&") else 1
            self.skip_blank()
            found.append(self._command())
        if len(found) == 1:
            return found[0]
        return Node("pipe", self._since(start), start, parts=tuple(found))

    def _command(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise NotShell
        try:
            return self._one_command()
        finally:
            self._depth -= 1

    def _one_command(self) -> Node:
        self._spaces()
        start = self.at
        if self.sees("((") and self._is_arithmetic():
            inner = self.commands_in(self.text[start : self.at])
            return self._with_redirects(Node("test", self._since(start), start, parts=inner))
        if self.sees("("):
            self.at += 1
            if not (inner := self.listed(")")):
                raise NotShell
            return self._with_redirects(Node("(", "(", start, parts=inner))
        word = self._reserved()
        if word in _MISPLACED:
            raise NotShell
        if not word and (found := _FUNCTION.match(self.text, start)):
            self.at = found.end()
            self.skip_blank()
            body = self._command()
            if body.kind == "simple":
                raise NotShell
            name = found[1] or found[2]
            return Node("function", self._since(start), start, parts=(body,), name=name)
        if not word:
            return self._simple()
        self.at += len(word)
        if word == "{":
            node = Node("{", "{", start, parts=self._block("}")[0])
        elif word == "if":
            node = Node("if", "if", start, branches=self._branches())
        elif word in ("while", "until"):
            condition, _end = self._block("do")
            body_of, _end = self._block("done")
            node = Node(word, word, start, branches=((condition, body_of),))
        elif word in ("for", "select"):
            node = self._for(start, word)
        elif word == "case":
            node = self._case(start)
        else:
            node = self._test(start)
        return self._with_redirects(node)

    def _branches(self) -> tuple[Branch, ...]:
        found: list[Branch] = []
        end = "elif"
        while end == "elif":
            condition, _then = self._block("then")
            body, end = self._block("elif", "else", "fi")
            found.append((condition, body))
        if end == "else":
            body, _fi = self._block("fi")
            found.append(((), body))
        return tuple(found)

    def _for(self, start: int, kind: str) -> Node:
        self._spaces()
        name, words = "", [_ALL_ARGUMENTS]
        if kind == "for" and self.sees("(("):
            self._balanced("(", ")")
            if self.commands_in(self.text[start : self.at]):
                raise NotShell
        else:
            found = _NAME.match(self.text, self.at)
            if found is None:
                raise NotShell
            name = found[0]
            self.at = found.end()
            self.skip_blank()
            if re.match(r"in(?=[\s;])", self.text[self.at :]):
                self.at += len("in")
                words = []
                self._spaces()
                while word := self.word():
                    words.append(word)
                    self._spaces()
        self._spaces()
        if self.sees(";"):
            self.at += 1
        self._expect("do")
        body, _done = self._block("done")
        return Node(kind, kind, start, words=tuple(words), parts=body, name=name)

    def _case(self, start: int) -> Node:
        self._spaces()
        subject = self.word()
        if subject is None:
            raise NotShell
        self._expect("in")
        branches: list[Branch] = []
        while True:
            self.skip_blank()
            if self._reserved() == "esac":
                self.at += len("esac")
                return Node("case", "case", start, words=(subject,), branches=tuple(branches))
            if self.sees("("):
                self.at += 1
            self._spaces()
            while pattern := self.word():
                if any(it.commands for it in pattern.parts):
                    raise NotShell
                self._spaces()
                if not self.sees("|"):
                    break
                self.at += 1
                self._spaces()
            if not self.sees(")"):
                raise NotShell
            self.at += 1
            branches.append(((), self._case_body()))

    def _case_body(self) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while True:
            self.skip_blank()
            if self._reserved() == "esac":
                return tuple(nodes)
            if end := next((it for it in (";;&", ";;", ";&") if self.sees(it)), ""):
                self.at += len(end)
                return tuple(nodes)
            if self.is_at_end:
                raise NotShell
            nodes.append(self.item())

    def _test(self, start: int) -> Node:
        inner: list[Node] = []
        while not self.is_at_end:
            self.skip_blank()
            if self.sees("]]"):
                self.at += len("]]")
                return Node("test", self._since(start), start, parts=tuple(inner))
            if word := self.word():
                inner += [node for part in word.parts for node in part.commands]
            else:
                self.at += 1
        raise NotShell

    def _is_arithmetic(self) -> bool:
        """Skip ``(( … ))`` and return True; return False without moving if it is not one."""
        start = self.at
        try:
            self._balanced("(", ")")
        except NotShell:
            self.at = start
            return False
        if self.text[start : self.at].endswith("))"):
            return True
        self.at = start
        return False

    def _with_redirects(self, node: Node) -> Node:
        redirects: list[Redirect] = []
        self._spaces()
        while (found := self._redirect()) is not None:
            redirects.append(found)
            self._spaces()
        return Node(
            node.kind,
            self._since(node.offset),
            node.offset,
            node.words,
            node.parts,
            node.branches,
            node.name,
            tuple(redirects),
        )

    def script(self) -> Script:
        """Return the whole text as a tree; never raises."""
        nodes: list[Node] = []
        line_start = in_line = 0
        end = start = self.skip_blank()
        while not self.is_at_end:
            if not nodes or "\n" in self.text[end:start]:
                line_start, in_line = start, len(nodes)
            try:
                nodes.append(self.item())
            except (NotShell, RecursionError):
                # bash reads a whole line before it runs a command of it.
                return Script(tuple(nodes[:in_line]), self.text[line_start:], line_start)
            end, start = self.at, self.skip_blank()
        return Script(tuple(nodes))


def script_of(text: str) -> Script:
    """Return ``text`` as a tree; never raises."""
    return ScriptParser(text).script()
