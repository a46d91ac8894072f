"""``terraform fmt`` for the output of the templates: indentation and aligned equals signs.

Starting ``terraform fmt`` takes 70 ms, this takes 2 ms, and the preview is updated at each key
press. The rules are those of hclwrite's format.go for the constructs that the templates use; a test
compares both.
"""

from __future__ import annotations

import re

_INDENT = "  "
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"#.*")
_ASSIGNMENT = re.compile(r'(?P<lead>(?:"(?:[^"\\]|\\.)*"|[\w.-]+))\s*=(?![=>])\s*(?P<value>.*)')
_BLANK_LINES = re.compile(r"\n{3,}")
_BLANK_INSIDE = re.compile(r"([{\[]\n)\n+|\n+(\n[ ]*[}\]])")


def format_hcl(text: str) -> str:
    """Return ``text`` as ``terraform fmt`` would leave it, with at most one blank line at a time.

    ``text`` is the output of a template: no heredoc, no trailing comment, no multi-line string.
    """
    lines = _indent(text.strip("\n").split("\n"))
    joined = _BLANK_LINES.sub("\n\n", "\n".join(_align(lines)) + "\n")
    return _BLANK_INSIDE.sub(r"\1\2", joined)


def _indent(lines: list[str]) -> list[str]:
    result: list[str] = []
    open_brackets: list[int] = []
    for raw in lines:
        line = raw.strip()
        net = _net_brackets(line)
        if net < 0:
            _close(open_brackets, -net)
        result.append(_INDENT * len(open_brackets) + line if line else "")
        if net > 0:
            open_brackets.append(net)
    return result


def _close(open_brackets: list[int], count: int) -> None:
    # Brackets opened on the same line indent only once, so they are counted together.
    while count > 0 and open_brackets:
        if count < open_brackets[-1]:
            open_brackets[-1] -= count
            return
        count -= open_brackets.pop()


def _align(lines: list[str]) -> list[str]:
    result: list[str] = []
    chain: list[tuple[str, str]] = []

    def close() -> None:
        width = max((len(lead) for lead, _ in chain), default=0)
        result.extend(f"{lead:<{width}} = {value}" for lead, value in chain)
        chain.clear()

    for line in lines:
        body = line.lstrip(" ")
        match = _ASSIGNMENT.fullmatch(body)
        if match and _net_brackets(body) == 0:
            chain.append((line[: len(line) - len(body)] + match["lead"], match["value"]))
            continue
        close()
        if match:
            line = f"{line[: len(line) - len(body)]}{match['lead']} = {match['value']}"
        result.append(line)
    close()
    return result


def _net_brackets(line: str) -> int:
    bare = _COMMENT.sub("", _STRING.sub("", line))
    return sum((sign in "([{") - (sign in ")]}") for sign in bare)
