"""HCL templates: quoted strings and heredocs, with their interpolations."""

from __future__ import annotations

import re
from collections.abc import Callable

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl.scan import HEREDOC, NotHcl, SourceText, unescape
from gpuecs_tui.terraform.hcl.tree import Expression, Literal, Opaque, Template

TemplatePart = str | Expression
"""Literal text, or an interpolated expression."""

_MARKS = ("${", "%{")
_ESCAPED_MARKS = {"$${": "${", "%%{": "%{"}
_IN_QUOTES = re.compile(r'["\n\\$%]')
_IN_HEREDOC = re.compile(r"[\n$%]")


class Templates:
    """Reads templates from a source; ``expression`` reads the content of ``${ }``."""

    def __init__(self, source: SourceText, expression: Callable[[], Expression]) -> None:
        self._source, self._expression = source, expression

    def quoted(self) -> Expression:
        """Read a quoted string; its opening quote is at the position."""
        source, start = self._source, self._source.at
        source.expect('"')
        parts: list[TemplatePart] = []
        simple = True
        text_start = source.at
        while True:
            found = _IN_QUOTES.search(source.text, source.at)
            if found is None or found[0] == "\n":
                raise NotHcl(source.line(start), _("string without a closing quote"))
            source.at = end = found.start()
            sign = found[0]
            if sign == "\\":
                source.at += 2
            elif sign != '"' and source.starts(*_ESCAPED_MARKS):
                source.at += 3
            elif sign != '"' and not source.starts(*_MARKS):
                source.at += 1
            else:
                self._text(parts, text_start, end, start)
                if source.take('"'):
                    break
                simple &= self._marked(parts)
                text_start = source.at
        if not simple:
            return Opaque(source.text[start : source.at])
        # "${x}" alone has the value and the type of x.
        return joined(parts, alone=True)

    def heredoc(self) -> Expression:
        """Read a heredoc, whose ``<<`` is at the position, up to the line end after its end
        marker."""
        source, start = self._source, self._source.at
        match = HEREDOC.match(source.text, start)
        if match is None:
            raise source.unexpected()
        source.at = match.end()
        parts: list[TemplatePart] = []
        simple = True
        at_line_start = True
        while not source.ended:
            end = source.text.find("\n", source.at)
            end = len(source.text) if end < 0 else end
            if at_line_start and source.text[source.at : end].strip() == match[2]:
                source.at = end
                break
            simple &= self._heredoc_line(parts)
            at_line_start = source.text[source.at - 1] == "\n"
        else:
            raise NotHcl(source.line(start), _("heredoc without an end marker"))
        if not simple:
            return Opaque(source.text[start : source.at])
        return joined(_without_margin(parts) if match[1] else parts)

    def _heredoc_line(self, parts: list[TemplatePart]) -> bool:
        """Read up to the next line end or interpolation; False for a part that is not evaluated."""
        source = self._source
        text = ""
        while not source.ended:
            found = _IN_HEREDOC.search(source.text, source.at)
            end = found.start() if found else len(source.text)
            text += source.text[source.at : end]
            source.at = end
            if source.take("\n"):
                text += "\n"
                break
            if source.starts(*_ESCAPED_MARKS):
                text += source.text[source.at + 1 : source.at + 3]
                source.at += 3
            elif source.starts(*_MARKS):
                if text:
                    parts.append(text)
                return self._marked(parts)
            elif not source.ended:
                text += source.text[source.at]
                source.at += 1
        if text:
            parts.append(text)
        return True

    def _text(self, parts: list[TemplatePart], start: int, end: int, opened: int) -> None:
        raw = self._source.text[start:end]
        for escaped, plain in _ESCAPED_MARKS.items():
            raw = raw.replace(escaped, plain)
        try:
            text = unescape(raw)
        except ValueError:
            raise NotHcl(
                self._source.line(opened), _("escape sequence that is not valid in HCL")
            ) from None
        if text:
            parts.append(text)

    def _marked(self, parts: list[TemplatePart]) -> bool:
        """Read one ``${ }`` into ``parts``, or skip one ``%{ }``; tell whether it was a ``${ }``.

        Strip markers ``~`` change the surrounding text; this is not evaluated either.
        """
        source = self._source
        start = source.at
        is_directive = source.starts("%{")
        source.at += 2
        stripped = source.take("~")
        source.skip(lines=True)
        if is_directive:
            self._directive()
        else:
            parts.append(self._expression())
        source.skip(lines=True)
        stripped |= source.take("~")
        if not source.take("}"):
            raise NotHcl(source.line(start), source.unexpected().near)
        return not (is_directive or stripped)

    def _directive(self) -> None:
        source = self._source
        start = source.at
        match source.word():
            case "if":
                self._follow()
            case "for":
                for separator in (",", ""):
                    source.skip(lines=True)
                    if not source.word():
                        raise source.unexpected()
                    source.skip(lines=True)
                    if not (separator and source.take(separator)):
                        break
                if source.word() != "in":
                    raise source.unexpected(start)
                self._follow()
            case "else" | "endif" | "endfor":
                pass
            case _other:
                raise source.unexpected(start)

    def _follow(self) -> None:
        self._source.skip(lines=True)
        self._expression()


def joined(parts: list[TemplatePart], *, alone: bool = False) -> Expression:
    """Return the expression of a template's parts; ``alone``: return a single part unchanged."""
    merged: list[Expression] = []
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            merged.append(Literal(text))
        text = ""
        merged.append(part)
    if not merged:
        return Literal(text)
    if text:
        merged.append(Literal(text))
    return merged[0] if alone and len(merged) == 1 else Template(tuple(merged))


def _without_margin(parts: list[TemplatePart]) -> list[TemplatePart]:
    """Remove the smallest indentation of all lines from each line, as HCL does for ``<<-``.

    A tab counts as one character, and a blank line does not count (hclsyntax,
    flushHeredocTemplateParts).
    """
    depths: list[int] = []
    starts: list[int] = []
    at_line_start = True
    for position, part in enumerate(parts):
        if isinstance(part, str):
            bare = part.lstrip()
            if at_line_start and not (not bare and part.endswith("\n")):
                depths.append(len(part) - len(bare))
                starts.append(position)
            at_line_start = part.endswith("\n")
        else:
            if at_line_start:
                depths.append(0)
            at_line_start = False
    depth, indented = min(depths, default=0), set(starts)
    return [
        part[depth:] if position in indented and isinstance(part, str) else part
        for position, part in enumerate(parts)
    ]
