"""A user data script as statements, and which of them change ``/etc/ecs/ecs.config``. Pure text.

A statement is certain where it runs in each run of the script: at top level, and not after ``&&``,
``||`` or a conditional ``exit``. Expansions are not followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gpuecs_tui.stack.shell_commands import commands

CONFIG = r"[\"']?(?:/etc/ecs/)?ecs\.config[\"']?(?![\w.-])"
"""``/etc/ecs/ecs.config`` as an argument; a regular expression."""
REDIRECT = re.compile(rf"(?<![>&<|-])(?:[12&])?>\|?\s*{CONFIG}")
TEE = re.compile(rf"\btee\b((?:\s+[^\s|;&<>]+)*?)\s+{CONFIG}")
APPENDS = re.compile(r"\s(?:-[a-zA-Z]*a[a-zA-Z]*|--append)(?=\s|$)")
_APPEND_REDIRECT = re.compile(rf"(?:[1&])?>>\s*{CONFIG}")
_END = r"(?=\s*(?:$|[|;&]|\d?>|\s-))"
_REMOVES = re.compile(
    rf"(?:\S*/)?(?:(?:rm|truncate|unlink|shred)\s(?:.*\s)?{CONFIG}"
    rf"|mv\s(?:.*\s)?{CONFIG}\s+[^-\s\d>|&]|mv\s+(?:-t\s*|--target-directory[= ])\S+\s+{CONFIG})"
)
_REPLACES = re.compile(
    rf"(?:\S*/)?(?:(?:aws\s.*\s)?(?:cp|mv|install|ln|rsync)\s+(?:\S+\s+)+{CONFIG}{_END}"
    rf"|(?:curl|wget)\s.*(?:-o|-O|--output|--output-document)[\s=]*{CONFIG}"
    rf"|dd\s.*of={CONFIG}"
    r"|(?:aws\s.*\s)?(?:cp|mv|install|ln|rsync)\s(?=.*(?:ecs\.config|\*))(?:.*[\s=])?"
    r"[\"']?/etc/ecs/?[\"']?(?=\s|$))",
    re.DOTALL,
)
"""Another file is put there, by its name or into its directory."""
_ECHOES = re.compile(r"(?:\S*/)?(?:echo|printf|:|true)(?=\s|$)|(?:[12&]?>)")
_COPIES_BODY = re.compile(r"(?:\S*/)?(?:cat|tee)\s(?=.*<<)", re.DOTALL)
_SETTING = re.compile(r"\b[A-Z_]+=\S*")
_SPLIT = re.compile(
    r"(?P<text>'[^']*'|\"(?:[^\"\\$`]|\\.|\$(?!\())*\")|(?P<comment>(?:^|(?<=\s))\#.*)"
    r"|\|\||&&|(?<!>)\||;|(?<![>&])&(?![>&\d])|\$\(|`|[<>]\("
)
"""Texts in quotes are left whole, unless a command is run in them."""
_PREFIX = re.compile(
    r"^(?:[\s({!)]|(?:if|then|else|elif|do|while|until|time|exec|nohup|command|builtin)\b(?=\s)"
    r"|(?:sudo|env)\b(?:\s+-\S+)*(?=\s)|[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\S*)(?=\s))+"
)
_WORD = re.compile(r"\s*([^\s;&|<>]+)")
_FUNCTION = re.compile(r"\s*(?:function\s+[\w-]+(?:\s*\(\s*\))?|[\w-]+\s*\(\s*\))\s*")
_OPENS = frozenset({"if", "while", "until", "for", "case", "select"})
_CLOSES = frozenset({"fi", "done", "esac", "}", ")"})
_SKIPPED = frozenset({"then", "else", "elif", "do", "in", "!", "time"})
_SUCCEEDS = re.compile(
    r"\s*(?:sudo\s+)?(?:echo|printf|true|:|mkdir\s+-p|touch|export|rm\s+-r?f|sed|tee|cat)\b"
)
"""Commands that succeed on an instance, so that what follows ``&&`` runs; a ``grep`` or a ``test``
may fail."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A pipeline of a script, with what it reads."""

    text: str
    """With the keywords before it, such as ``then``."""
    body: str = ""
    """The lines of its here-documents."""
    inner: str = ""
    """The statements of the group that it closes, such as ``} > FILE``."""
    is_certain: bool = True
    """It runs in each run of the script."""


@dataclass(slots=True)
class _Group:
    kind: str
    is_certain: bool
    inner: list[str] = field(default_factory=list)


def statements(script: str) -> Iterator[Statement]:
    """Yield the statements of ``script`` in order, up to an ``exit`` that always runs."""
    groups: list[_Group] = []
    may_have_ended = False
    is_function = False
    for line, body in _whole_lines(script):
        chain = True
        for text, before, is_whole in _pieces(line):
            if before not in ("&&", "||"):
                chain = True
            elif before == "||":
                chain = False
            rest, inner, word = text, "", ""
            while True:
                if named := _FUNCTION.match(rest):
                    is_function, rest = True, rest[named.end() :]
                found = _WORD.match(rest)
                word = found[1] if found else ""
                if word in _OPENS:
                    groups.append(_Group(word, is_certain=False))
                elif word in ("{", "("):
                    is_sure = word == "{" and chain and not is_function
                    groups.append(_Group(word, is_sure))
                    is_function, chain = False, True
                elif word in _CLOSES:
                    is_open = groups and (word != ")" or groups[-1].kind == "(")
                    inner = "\n".join(groups.pop().inner) if is_open else ""
                elif word not in _SKIPPED:
                    break
                rest = rest[found.end() :] if found else ""
            is_certain = (
                is_whole and chain and not may_have_ended and all(it.is_certain for it in groups)
            )
            given = body if "<<" in text else ""
            for group in groups:
                group.inner.append(f"{text}\n{given}")
            yield Statement(text, given, inner, is_certain)
            if word in ("exit", "return") and not any(it.kind == "(" for it in groups):
                if is_certain:
                    return
                may_have_ended = True
            chain = chain and bool(_SUCCEEDS.match(text))


def _whole_lines(script: str) -> Iterator[tuple[str, str]]:
    """Yield lines with their here-documents; a line whose quotes or operator go on is joined."""
    text, body = "", ""
    for command in commands(script):
        text = f"{text}\n{command.text}" if text else command.text
        body += command.body
        if not text.rstrip().endswith(("&&", "|")) and all(
            is_whole for _text, _before, is_whole in _pieces(text)
        ):
            yield text, body
            text, body = "", ""
    if text:
        yield text, body


def _pieces(line: str) -> list[tuple[str, str, bool]]:
    """Split a line at ``;``, ``&``, ``&&``, ``||`` and around ``( )``.

    A piece is its text, the operator before it and whether its quotes are closed.
    """
    found: list[tuple[str, str, bool]] = []
    inside: list[str] = []
    text, before, at = "", "", 0
    while at < len(line):
        char, two = line[at], line[at : at + 2]
        step = 1
        mode = inside[-1] if inside else ""
        if mode == "'":
            if char == "'":
                inside.pop()
        elif char == "\\":
            step = 2
        elif two == "$(":
            inside.append("(")
            step = 2
        elif char == mode and char in '"`':
            inside.pop()
        elif char in '"`' or (char == "'" and mode != '"'):
            inside.append(char)
        elif mode == '"':
            pass
        elif mode == "(" and char in "()":
            if char == "(":
                inside.append("(")
            else:
                inside.pop()
        elif not mode:
            if char == "#" and (not text or text[-1].isspace()):
                break
            if char == "(" and text.strip() and not text.rstrip().endswith((" then", " do")):
                inside.append("(")
            elif char in "()":
                if char == ")" and text.strip():
                    found.append((text, before, True))
                    text, before = "", ";"
                text += f"{char} "
                at += 1
                continue
            elif two in ("&&", "||", ";;") or char == ";":
                step = 2 if two in ("&&", "||", ";;") else 1
                if text.strip():
                    found.append((text, before, True))
                text, before = "", two if two in ("&&", "||") else ";"
                at += step
                continue
            elif char == "&" and text[-1:] not in (">", "<", "|") and two != "&>":
                if text.strip():
                    found.append((f"{text}&", before, True))
                text, before = "", ";"
                at += 1
                continue
        text += line[at : at + step]
        at += step
    if text.strip():
        found.append((text, before, not inside))
    return found


def parts_of(line: str) -> Iterator[str]:
    """Yield the simple commands of a line, without keywords and ``sudo`` before them."""
    pieces, start = [], 0
    for found in _SPLIT.finditer(line):
        if found["text"] is None:
            pieces.append(line[start : found.start()])
            start = found.end()
    for piece in (*pieces, line[start:]):
        bare = _PREFIX.sub("", f" {piece}").strip()
        if bare and not bare.startswith("#"):
            yield bare.rstrip(")}").rstrip()


def removes(part: str) -> bool:
    """Tell whether a command deletes, empties or moves away the agent's file."""
    return _REMOVES.match(part) is not None


def replaces(part: str) -> bool:
    """Tell whether a command puts another file in the place of the agent's file."""
    return not removes(part) and _REPLACES.match(part) is not None


def truncates(text: str) -> bool:
    """Tell whether a statement writes the agent's file from its start."""
    return bool(REDIRECT.search(text)) or any(
        not APPENDS.search(found[1]) for found in TEE.finditer(text)
    )


def writes(text: str) -> bool:
    """Tell whether a statement writes into the agent's file, from its start or at its end."""
    return bool(REDIRECT.search(text) or _APPEND_REDIRECT.search(text) or TEE.search(text))


def is_followed(part: str) -> bool:
    """Tell whether a change that a command makes to the agent's file is one of those above."""
    return writes(part) or removes(part) or replaces(part)


def content_is_known(statement: Statement) -> bool:
    """Tell whether what a statement writes is in the script: by ``echo`` or a here-document."""
    if statement.inner:
        return "$(" not in statement.inner and "`" not in statement.inner
    first = _PREFIX.sub("", f" {statement.text}")
    if _COPIES_BODY.match(first):
        return True
    if not _ECHOES.match(first):
        return False
    return not re.search(r"[$`]", _SETTING.sub("", first))
