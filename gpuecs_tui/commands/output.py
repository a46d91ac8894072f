"""Output of commands: JSON and TOML without control characters, and output after its reader closed.

``gpuecs-tui apply DIR --yes | head -1``: the user approved before the plan was made, so the apply
continues after ``head`` has ended. The command still makes its checks, and the journal of the run
has everything that would have been printed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, TextIO, cast

from gpuecs_tui.commands.failure import OutputLost, harmless, output_lost_sentence
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word

_LAST_OF_FOUR = 0xFFFF
"""The last code point that four hexadecimal digits can write."""


def print_json(tree: object) -> None:
    """Print ``tree``; control and other invisible characters in it as ``\\uXXXX``."""
    text = json.dumps(tree, indent=2, ensure_ascii=not is_utf8())
    print("".join(map(_json_escaped, text)))


def is_utf8() -> bool:
    """Return whether stdout accepts every character; otherwise data is printed with escapes."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def escaped_toml(text: str) -> str:
    """Return an equivalent TOML document with invisible characters in its strings escaped.

    All strings in the document must be basic strings, as tomli_w writes them.
    """
    escaped = "".join(map(_toml_escaped, text))
    if is_utf8():
        return escaped
    return "".join(it if it.isascii() else _toml_code_point(it) for it in escaped)


def _json_escaped(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return json.dumps(character)[1:-1] if ord(character) > 0x7F else f"\\u{ord(character):04x}"


def _toml_escaped(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return _toml_code_point(character)


def _toml_code_point(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= _LAST_OF_FOUR else f"\\U{code:08x}"


class _Output:
    """A stream that discards what is written after it was closed by its reader or can't be
    written."""

    def __init__(self, stream: TextIO, lost: Callable[[str], None]) -> None:
        """``lost`` is called with a sentence when a write shows that ``stream`` takes no more."""
        self._stream, self._lost = stream, lost

    def write(self, text: str) -> int:
        """Write ``text`` and return its length in characters."""
        with self._discarding():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        with self._discarding():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the stream."""
        return getattr(self._stream, name)

    @contextmanager
    def _discarding(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self._discard_rest()
            self._lost(_("The output of this command was closed early."))
        except OutputLost as error:
            self._discard_rest()
            self._lost(output_lost_sentence(error))

    def _discard_rest(self) -> None:
        # The interpreter flushes the buffer at exit; it must not fail then.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._stream.fileno())
        os.close(null)


@contextmanager
def continue_unread(directory: Path) -> Iterator[None]:
    """Discard the output of the block after stdout was closed early or could not be written.

    This is reported on stderr, with the command that shows the run of ``directory``. Whether the
    run continues depends on checks that are still to come.
    """

    def lost(sentence: str) -> None:
        words = _("To follow the run: gpuecs-tui attach {directory}")
        print(
            harmless(f"{sentence} {words.format(directory=shell_word(directory))}"), file=sys.stderr
        )

    out = _Output(sys.stdout, lost)
    errors = _Output(sys.stderr, lambda _sentence: None)
    with redirect_stdout(cast(TextIO, out)), redirect_stderr(cast(TextIO, errors)):
        try:
            yield
        finally:
            # Python raises ValueError if stdout itself is closed.
            with suppress(ValueError):
                out.flush()
