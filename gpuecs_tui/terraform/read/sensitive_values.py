"""Show the differences of files without the values of sensitive variables."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl.json_syntax import JSON_COMMENT, parse_json_variables
from gpuecs_tui.terraform.hcl.parse import parse
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.read.comments import comments
from gpuecs_tui.terraform.read.configuration import Configuration
from gpuecs_tui.terraform.read.difference import SENSITIVE, diff_without_secrets, unified_diff
from gpuecs_tui.terraform.read.files import is_configuration, is_json, is_variables
from gpuecs_tui.terraform.read.variable_files import GAP, SPACE, end_of_value, places_in
from gpuecs_tui.terraform.read.variables import is_secret

Span = tuple[int, int]
"""Start offset and end offset (exclusive)."""
_VARIABLE = re.compile(r'\bvariable\s+"?(?P<name>[^\s"{]+)"?\s*\{')
_DEFAULT = re.compile(rf"\bdefault{GAP}=(?!=)\s*", re.DOTALL)
_CALL = re.compile(r"\bsensitive\s*\(")
_ASSIGNED = re.compile(r"(?P<name>[^\W\d][\w-]*)\s*=")
_MARK = re.compile(r"\b(?:sensitive|ephemeral)")


@dataclass(frozen=True, slots=True)
class Sensitive:
    """The parts of a directory's files that must not be shown."""

    names: frozenset[str]
    """Variables that are marked anywhere."""
    declared: frozenset[str] | None
    """Variables whose declaration was read; None: all of them, because every file was read."""
    texts: frozenset[str]
    """Values without escapes; they are also hidden wherever they are repeated."""

    def diff(self, name: str, old: str, new: str) -> str:
        """Return the unified diff of a file without secrets; "" only if both texts are equal."""
        if old == new:
            return ""
        shown = unified_diff(name, self.shown(name, old), self.shown(name, new))
        if not shown:
            hidden = _("(only hidden values differ)")
            shown = f"--- a/{name}\n+++ b/{name}\n {hidden}\n"
        return diff_without_secrets(shown, self.texts)

    def shown(self, name: str, text: str) -> str:
        """Return the text of the file ``name`` with ``(sensitive)`` instead of each sensitive
        value.

        Nothing is shown of a variable file that can't be parsed.
        """
        if not text:
            return text
        try:
            if is_variables(name):
                spans = list(self._in_variables(name, text))
            elif is_configuration(name) and not is_json(name):
                spans = list(self._in_configuration(name, text))
            else:
                return text
            return _masked(text, [*spans, *self._in_comments(name, text, spans)])
        except (ReadProblem, ValueError, RecursionError):
            return _("(not shown: could not parse {file})").format(file=name) + "\n"

    def _in_variables(self, file: str, text: str) -> Iterator[Span]:
        known = parse_json_variables(text, file) if is_json(file) else parse(text, file)
        places = list(places_in(file, text))
        if not known.attributes.keys() <= {name for name, _place in places}:
            raise ValueError(file)
        any_hidden = bool(self.names) or self.declared is not None
        for name, place in places:
            if name == JSON_COMMENT and is_json(file) and any_hidden:
                yield place.value, place.end
            undeclared = self.declared is not None and name not in self.declared
            if name in self.names or undeclared:
                yield place.value, place.end

    def _in_configuration(self, file: str, text: str) -> Iterator[Span]:
        blocks = [block for block in _VARIABLE.finditer(text) if block["name"] in self.names]
        # A variable can be marked in another file than that of its default.
        if not blocks and not _MARK.search(text):
            return
        # Raises if the file can't be parsed: the end of a value would be unknown.
        parse(text, file)
        for call in _CALL.finditer(text):
            yield call.end(), end_of_value(text, call.end(), lines=True)
        for block in blocks:
            end = end_of_value(text, block.end(), lines=True)
            for found in _DEFAULT.finditer(text, block.end(), end):
                yield found.end(), end_of_value(text, found.end())

    def _in_comments(self, name: str, text: str, spans: Collection[Span]) -> Iterator[Span]:
        """Yield the comments that may contain what ``spans`` hide: an earlier value, or its owner.

        These are the comments on a line with such a value or in the declaration of a marked
        variable, and the comments that name such a variable or repeat a value.
        """
        if is_json(name) or not (spans or self.names or self.texts or self.declared is not None):
            return
        lines = [(text.rfind("\n", 0, start), _line_end(text, end)) for start, end in spans]
        lines += [
            (block.end(), _closing(text, block.end()))
            for block in _VARIABLE.finditer(text if is_configuration(name) else "")
            if block["name"] in self.names
        ]
        words = {word for it in self.texts for word in (it.strip(), it) if word} | self.names
        secret = _words(words)
        for start, end in comments(text):
            said = text[start:end]
            beside = any(first < end and start < last for first, last in lines)
            assigned = self.declared is not None and any(
                found["name"] not in self.declared for found in _ASSIGNED.finditer(said)
            )
            if beside or assigned or (secret and secret.search(said)):
                yield start, end


def _words(words: Collection[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds each of ``words`` as a whole word."""
    parts = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{parts})(?!\w)") if parts else None


def _closing(text: str, position: int) -> int:
    """Return the position of the closing brace of the block that opens before ``position``."""
    end = end_of_value(text, position, lines=True)
    blank = SPACE.match(text, end)
    return blank.end() if blank else end


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def sensitive_in(*configurations: Configuration, hiding: bool = False) -> Sensitive:
    """Return what must not be shown of files in which one of ``configurations`` is declared.

    ``hiding``: there are further files with declarations, which are not read.
    """
    names, declared = set[str](), set[str]()
    for configuration in configurations:
        inside = [block for body in configuration.bodies.values() for block in body.blocks]
        # This includes the changes of override files.
        inside += [block for _file, block in configuration.blocks.values()]
        for block in inside:
            if block.kind == "variable" and block.labels:
                declared.add(block.labels[0])
                if is_secret(block.body):
                    names.add(block.labels[0])
    unread = hiding or any(it.may_hide for it in configurations)
    texts = frozenset[str]().union(*(it.secrets for it in configurations))
    return Sensitive(frozenset(names), frozenset(declared) if unread else None, texts)


def _masked(text: str, spans: Iterable[Span]) -> str:
    pieces, at = [], 0
    for start, end in sorted(spans):
        if end > at:
            pieces += [text[at : max(start, at)], SENSITIVE if start >= at else ""]
            at = end
    return "".join([*pieces, text[at:]])
