"""The command line: says what was asked for, and who does it. Imports nothing heavy.

``gpuecs-tui [DIR]`` opens the wizard; the first word that is a command's name runs that command
instead (a directory of such a name is written ``./plan``).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from gpuecs_tui import __version__

_STDERR = 2
"""The file descriptor."""
_LOSSY = "replace"
"""An arrow becomes a question mark on a terminal or in a log that is not UTF-8."""
SIGNAL_EXIT = 128
"""A shell reports a program that signal N ended as 128 + N."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (sys.argv without the program when None); return its exit code.

    Never shows a traceback for what a user can meet: each such error is one sentence on stderr.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words in (["--version"], ["-V"]):
        # Before any other import: scripts ask for it often.
        print(f"gpuecs-tui {__version__}")
        return 0
    _degrade_output()
    from gpuecs_tui.commands.failure import Failure, failure_from_os_error, say
    from gpuecs_tui.commands.parser import parse

    try:
        command, arguments = parse(words)
        return command.load()(arguments)
    except Failure as failure:
        return say(failure)
    except KeyboardInterrupt:
        import signal

        return SIGNAL_EXIT + signal.SIGINT
    except BrokenPipeError:
        # The reader of our output has left, as `| head` does; nothing more is owed to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        import signal

        return SIGNAL_EXIT + signal.SIGPIPE
    except OSError as error:
        # A folder that may not be entered, a disk that is full: what no command has foreseen.
        return say(failure_from_os_error(error))


def _degrade_output() -> None:
    """Let a character that stdout or stderr can't encode be replaced, not end the program.

    One that is closed (``>&-``) discards what is written; no file gets its number.
    """
    if sys.stdout is None or sys.stderr is None:
        while (handle := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
            pass
        os.close(handle)
        sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
        sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_LOSSY)
