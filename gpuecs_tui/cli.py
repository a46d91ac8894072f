"""The entry point: finds the command of a command line and runs it. Imports nothing heavy.

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
"""Error handler of the output: on a terminal or log without UTF-8, an arrow becomes "?"."""
SIGNAL_EXIT = 128
"""A shell reports a program that signal N ended as 128 + N."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (sys.argv without the program when None); return its exit code.

    Errors that a user can cause are one message on stderr, never a traceback.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words in (["--version"], ["-V"]):
        # Handle it before any other import, because scripts call it often.
        print(f"gpuecs-tui {__version__}")
        return 0
    _degrade_output()
    from gpuecs_tui.call_options import call_with, global_options
    from gpuecs_tui.commands.failure import (
        Failure,
        OutputLost,
        checked_output,
        discard_output,
        failure_from_os_error,
        output_lost_sentence,
        print_failure,
    )
    from gpuecs_tui.commands.parser import parse_command_line

    try:
        command, arguments = parse_command_line(words)
        with call_with(lambda: global_options(arguments)), checked_output():
            return command.load()(arguments)
    except Failure as failure:
        return print_failure(failure)
    except KeyboardInterrupt:
        import signal

        return SIGNAL_EXIT + signal.SIGINT
    except BrokenPipeError:
        # stdout was closed early (`| head`): exit quietly.
        discard_output()
        import signal

        return SIGNAL_EXIT + signal.SIGPIPE
    except OutputLost as error:
        discard_output()
        return print_failure(Failure(output_lost_sentence(error)))
    except OSError as error:
        # An error that no command handles, such as a full disk or missing permissions.
        return print_failure(failure_from_os_error(error))


def _degrade_output() -> None:
    """Replace characters that stdout or stderr can't encode instead of raising an error.

    Output to a closed stream (``>&-``) is discarded, and no file reuses its descriptor.
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
