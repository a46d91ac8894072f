"""The only module that starts processes: with a list of arguments, no shell and no stdin."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import TerraformProblem

Child = subprocess.Popen[bytes]
"""A started process whose output goes to a file."""


class ProcessProblem(TerraformProblem):
    """A process that could not be started or did not end in time.

    ``returncode`` is its exit code, negative for a signal, or None when it never ended.
    """

    def __init__(self, message: str, remedy: str = "", returncode: int | None = None) -> None:
        super().__init__(message, remedy)
        self.returncode = returncode


@dataclass(frozen=True, slots=True)
class Finished:
    """The result of a short command."""

    returncode: int
    """Its exit code; negative for the signal that killed it."""
    stdout: str
    """Its output; bytes that are not valid UTF-8 become U+FFFD."""
    stderr: str
    """Its error output, decoded the same way."""


def capture(
    arguments: Sequence[str], *, cwd: Path, environment: Mapping[str, str], timeout: float
) -> Finished:
    """Run a short command to its end and return what it printed, whatever its exit code.

    ``timeout`` is in seconds; a command that outlives it is killed, so this is for commands that
    change nothing. Raises ProcessProblem when it can't be started or is too slow.
    """
    try:
        done = subprocess.run(
            arguments,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = _("{command} timed out after {seconds:g} s.")
        raise ProcessProblem(
            message.format(command=" ".join(arguments[:2]), seconds=timeout)
        ) from error
    except OSError as error:
        raise _not_started(arguments[0], error) from error
    return Finished(
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )


def spawn(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    output: int | IO[bytes],
    errors: int | IO[bytes] | None = None,
    keep: Sequence[int] = (),
) -> Child:
    """Start a command whose stdout goes straight to the file ``output``, and return at once.

    stderr goes to ``errors``, or to ``output``. The file descriptors in ``keep`` stay open in the
    child. There is no pipe between: if the reader of a pipe dies, SIGPIPE kills Terraform, which
    then leaves its lock. Raises ProcessProblem.
    """
    try:
        return subprocess.Popen(
            arguments,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if errors is None else errors,
            pass_fds=keep,
        )
    except OSError as error:
        raise _not_started(arguments[0], error) from error


def detach(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    output: int,
    keep: Sequence[int],
) -> int:
    """Start a command in a session of its own and return its process id.

    The command has no terminal and survives the end of this process. The file descriptors in
    ``keep`` stay open in it. A daemon thread reaps it if it ends first. Raises ProcessProblem.
    """
    try:
        child = subprocess.Popen(
            arguments,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=keep,
        )
    except OSError as error:
        raise _not_started(arguments[0], error) from error
    threading.Thread(target=child.wait, name=f"reap-{child.pid}", daemon=True).start()
    return child.pid


def _not_started(program: str, error: OSError) -> ProcessProblem:
    message = _("Could not start {program}: {reason}.")
    return ProcessProblem(message.format(program=program, reason=error.strerror or error))
