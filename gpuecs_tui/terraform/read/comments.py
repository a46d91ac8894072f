"""The comments of a Terraform file and their positions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gpuecs_tui.terraform.read.variable_files import COMMENT, HEREDOC, end_of_string

_NEXT = re.compile(r'"|<<|#|//|/\*')


def comments(text: str) -> Iterator[tuple[int, int]]:
    """Yield for each comment the start of its text and the position after its end, in file order.

    Comment signs in a quoted string or a heredoc are ignored. After an unterminated string or
    heredoc nothing more is yielded.
    """
    position = 0
    while found := _NEXT.search(text, position):
        start = found.start()
        if found[0] == '"':
            try:
                position = end_of_string(text, start)
            except ValueError:
                return
        elif found[0] == "<<":
            heredoc = HEREDOC.match(text, start)
            position = heredoc.end() if heredoc else found.end()
        elif comment := COMMENT.match(text, start):
            position = comment.end()
            words = comment[0][len(found[0]) :].removesuffix("*/" if found[0] == "/*" else "")
            if kept := words.strip():
                first = found.end() + words.index(kept)
                yield first, first + len(kept)
        else:
            return
