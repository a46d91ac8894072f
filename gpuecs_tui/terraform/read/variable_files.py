"""Find and change values in variable files (``*.tfvars``, ``*.tfvars.json``).

Only the characters of one value are replaced. Comments, order and spacing remain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.terraform.base.file_names import AUTO_VARIABLES, VARIABLE_FILE
from gpuecs_tui.terraform.hcl.parse import parse
from gpuecs_tui.terraform.hcl.tree import Expression, Items, Literal, Pairs, ReadProblem

SPACE = re.compile(r"(?:[\s\ufeff]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
"""White space and comments."""
GAP = r"(?:[^\S\n]|/\*(?:(?!\*/).)*\*/)*"
"""What may surround the equals sign. The pattern matches a comment in only one way, because
backtracking would double the work with each comment."""
_NAME = re.compile(rf'(?P<quote>"?)(?P<name>[^\W\d][\w-]*)(?P=quote){GAP}={GAP}', re.DOTALL)
HEREDOC = re.compile(r"<<-?([^\s]+)[^\n]*\n(?:.*?\n)?[^\S\n]*\1(?=\s|\Z)", re.DOTALL)
"""A heredoc from its ``<<`` to its end marker."""
COMMENT = re.compile(r"(?:#|//)[^\n]*|/\*.*?\*/", re.DOTALL)
"""A comment with its signs."""
_JSON_SPACE = re.compile(r"\s*")
_JSON_INDENT = re.compile(r"^\s*?\n?([ \t]+)\S", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Position of ``name = value`` in a text, as character offsets."""

    start: int
    """Start of the name."""
    value: int
    """Start of the value."""
    end: int
    """Position after the value's last character."""


def load_order(names: Iterable[str]) -> list[str]:
    """Return the variable files among ``names`` in Terraform's order; values of later files apply.

    terraform.tfvars, terraform.tfvars.json, then ``*.auto.tfvars`` and ``*.auto.tfvars.json`` in
    the order of their names (Terraform documentation, "Variable Definition Precedence").
    """
    first = (VARIABLE_FILE, f"{VARIABLE_FILE}.json")
    loaded = [name for name in names if name in first or name.endswith(AUTO_VARIABLES)]
    return sorted(loaded, key=lambda name: (name not in first, name))


def deciding_files(texts: Mapping[str, str]) -> dict[str, str]:
    """Return variable → the file whose value Terraform uses, for the variables set in a file."""
    return {name: file for file in load_order(texts) for name in assignments(file, texts[file])}


def assignments(file: str, text: str) -> dict[str, Assignment]:
    """Return the values that a variable file sets, by name; none for a damaged file."""
    try:
        return dict(places_in(file, text))
    except (ValueError, RecursionError):
        return {}


def places_in(file: str, text: str) -> Iterator[tuple[str, Assignment]]:
    """Yield every value that a variable file sets, in order, with its name.

    Raises ValueError or RecursionError at the point where a damaged file can't be parsed.
    """
    return _json_values(text) if file.endswith(".json") else _hcl_values(text)


def end_of_value(text: str, position: int, *, lines: bool = False) -> int:
    """Return the end of the HCL expression that starts at ``position``.

    The expression ends at a line end or a comment outside all brackets, and at a closing bracket
    that it did not open; with ``lines``, only at such a bracket. Raises ValueError without an end.
    """
    depth, end = 0, position
    while position < len(text):
        sign = text[position]
        if sign == '"':
            position = end = end_of_string(text, position)
            continue
        if heredoc := HEREDOC.match(text, position):
            position = end = heredoc.end()
            continue
        if comment := COMMENT.match(text, position):
            if not depth and not lines:
                return end
            position = comment.end()
            continue
        if (sign == "\n" and not depth and not lines) or (sign in ")]}" and not depth):
            return end
        depth += (sign in "([{") - (sign in ")]}")
        position += 1
        if not sign.isspace():
            end = position
    if depth or lines:
        raise ValueError(position)
    return end


def end_of_string(text: str, position: int) -> int:
    """Return the end of the quoted template that starts at ``position``.

    An interpolation in it may contain quotes, braces and comments. Raises ValueError without an
    end.
    """
    inside = ['"']
    position += 1
    while inside:
        if position >= len(text):
            raise ValueError(position)
        sign = text[position]
        if inside[-1] == '"':
            if sign == "\\":
                position += 1
            elif text.startswith(("$${", "%%{"), position):
                position += 2
            elif text.startswith(("${", "%{"), position):
                inside.append("{")
                position += 1
            elif sign == '"':
                inside.pop()
        elif comment := COMMENT.match(text, position):
            position = comment.end() - 1
        elif sign in '"{':
            inside.append(sign)
        elif sign == "}":
            inside.pop()
        position += 1
    return position


def set_value(file: str, text: str, name: str, value: str) -> str:
    """Return ``text`` with the variable ``name`` set to ``value``, an HCL literal.

    A variable that the file doesn't set is added at the end.
    """
    found = assignments(file, text).get(name)
    written = value
    if file.endswith(".json"):
        written = _as_json(value, text[found.value : found.end] if found else "", text)
    if "\r\n" in text:
        written = written.replace("\n", "\r\n")
    if found is not None:
        return text[: found.value] + written + text[found.end :]
    if file.endswith(".json"):
        return _add_to_json(text, name, written)
    separator = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{separator}{name} = {written}\n"


def remove_value(file: str, text: str, name: str) -> str:
    """Return ``text`` without the variable ``name``; a comment after its value is kept."""
    found = assignments(file, text).get(name)
    if found is None:
        return text
    if file.endswith(".json"):
        before, after = text[: found.start], text[found.end :]
        if comma := re.match(r"\s*,", after):
            return before + after[comma.end() :].lstrip()
        return re.sub(r",(\s*)\Z", r"\1", before.rstrip()) + after
    rest = text[found.end :]
    blank = re.match(r"[^\S\n]*\n?", rest)
    kept = rest[blank.end() :] if blank and blank[0].endswith("\n") else rest.lstrip(" \t")
    return text[: found.start] + kept


def literals(text: str) -> dict[str, tuple[str, Expression]]:
    """Return the values of a rendered ``terraform.tfvars`` by name, as text and as a tree."""
    if not text:
        return {}
    tree = parse(text, VARIABLE_FILE).attributes
    return {
        name: (text[place.value : place.end], tree[name].value)
        for name, place in assignments(VARIABLE_FILE, text).items()
    }


def _hcl_values(text: str) -> Iterator[tuple[str, Assignment]]:
    position = _after(SPACE, text, 0)
    while position < len(text):
        name = _NAME.match(text, position)
        if name is None:
            raise ValueError(position)
        end = end_of_value(text, name.end())
        yield name["name"], Assignment(position, name.end(), end)
        position = _after(SPACE, text, end)


def _json_values(text: str) -> Iterator[tuple[str, Assignment]]:
    decoder = json.JSONDecoder()
    position = _after(_JSON_SPACE, text, 0)
    if text[position : position + 1] != "{":
        raise ValueError(position)
    position = _after(_JSON_SPACE, text, position + 1)
    while text[position : position + 1] == '"':
        start = position
        name, position = decoder.raw_decode(text, position)
        position = _after(_JSON_SPACE, text, position)
        if text[position : position + 1] != ":":
            raise ValueError(position)
        value = _after(_JSON_SPACE, text, position + 1)
        _value, end = decoder.raw_decode(text, value)
        yield name, Assignment(start, value, end)
        position = _after(_JSON_SPACE, text, end)
        if text[position : position + 1] == ",":
            position = _after(_JSON_SPACE, text, position + 1)


def _as_json(value: str, old: str, text: str) -> str:
    """Return ``value`` as JSON, formatted like ``old`` or, without ``old``, like ``text``."""
    plain = _plain(parse(f"x = {value}\n", VARIABLE_FILE).attributes["x"].value)
    if old.startswith('"') and isinstance(plain, (int, float)):
        # Terraform converts the string, and the user quoted the value deliberately.
        plain = str(plain).lower()
    if not isinstance(plain, (list, dict)) or "\n" not in (old or text):
        return json.dumps(plain, ensure_ascii=False)
    indent = _indent(text)
    return json.dumps(plain, ensure_ascii=False, indent=indent).replace("\n", f"\n{indent}")


def _plain(tree: Expression) -> object:
    match tree:
        case Literal(value):
            return value
        case Items(items):
            return [_plain(item) for item in items]
        case Pairs(pairs):
            return {str(_plain(key)): _plain(value) for key, value in pairs}
        case _:
            raise ReadProblem("", VARIABLE_FILE)


def _add_to_json(text: str, name: str, value: str) -> str:
    places = assignments("x.json", text)
    entry = f"{json.dumps(name)}: {value}"
    if not places:
        return f"{{\n{_indent(text)}{entry}\n}}\n" if not text.strip(" \t\r\n{}") else text
    last = max(place.end for place in places.values())
    separator = f",\n{_indent(text)}" if "\n" in text else ", "
    return text[:last] + separator + entry + text[last:]


def _indent(text: str) -> str:
    found = _JSON_INDENT.search(text)
    return found[1] if found else "  "


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
