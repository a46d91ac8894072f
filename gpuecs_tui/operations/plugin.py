"""Runs session-manager-plugin, which connects the terminal to a session of Systems Manager.

The arguments are those that the AWS CLI passes (aws-cli, customizations/sessionmanager.py).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from gpuecs_tui.i18n import _
from gpuecs_tui.operations.refused import Refused

PLUGIN = "session-manager-plugin"
INSTALL = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)
RESPONSE = "AWS_SSM_START_SESSION_RESPONSE"
"""Environment variable from which newer plugins read the response. Arguments are visible to other
users of the machine, and the response contains the token of the session."""
LAST_WITHOUT_VARIABLE = (1, 2, 497, 0)
"""The last version of the plugin that takes the response only as an argument (aws-cli)."""
TO_THE_SESSION = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)
"""Signals of the keyboard. The plugin sends them to the remote program."""
VERSION_SECONDS = 10.0
_VERSION = re.compile(r"\d+(?:\.\d+){1,3}")
_SIGNALLED = 128


@dataclass(frozen=True, slots=True)
class Session:
    """A session that has started, and what the plugin needs to connect to it."""

    response: str = field(repr=False)
    """The answer of the call that started it, as JSON; secret."""
    region: str
    profile: str
    """AWS named profile with which the plugin resumes the session; empty for none."""
    parameters: str
    """The target, as JSON."""
    endpoint: str
    """URL of Systems Manager."""


def find_plugin() -> str:
    """Return the path of the plugin. Raises Refused if it is not on PATH."""
    found = shutil.which(PLUGIN)
    if found is None:
        raise Refused(
            _("{plugin} is not installed or not on PATH.").format(plugin=PLUGIN),
            _("To install it: {url}").format(url=INSTALL),
        )
    return found


def connect_terminal(plugin: str, session: Session) -> int:
    """Connect this terminal to the session until it ends; return the plugin's exit code.

    Must be called in the main thread. Ctrl-C and Ctrl-Z go to the remote program. The settings of
    the terminal are restored, also if the plugin is killed. Raises Refused if it can't be started.
    """
    environment, response = dict(os.environ), session.response
    if _takes_variable(plugin):
        environment[RESPONSE], response = response, RESPONSE
    arguments = [
        plugin,
        response,
        session.region,
        "StartSession",
        session.profile,
        session.parameters,
        session.endpoint,
    ]
    with _terminal_restored(), _signals_passed():
        try:
            code = subprocess.run(arguments, env=environment, check=False).returncode
        except OSError as error:
            raise Refused(
                _("Could not start {plugin}: {reason}.").format(
                    plugin=plugin, reason=error.strerror or error
                )
            ) from None
    return code if code >= 0 else _SIGNALLED - code


def _takes_variable(plugin: str) -> bool:
    try:
        printed = subprocess.run(
            [plugin, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_SECONDS,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = _VERSION.fullmatch(printed.strip())
    version = tuple(int(part) for part in found[0].split(".")) if found else ()
    return version > LAST_WITHOUT_VARIABLE


@contextmanager
def _signals_passed() -> Iterator[None]:
    # A handler, because a process that is started inherits that a signal is ignored.
    before: Mapping[signal.Signals, object] = {
        number: signal.signal(number, lambda _number, _frame: None) for number in TO_THE_SESSION
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


@contextmanager
def _terminal_restored() -> Iterator[None]:
    try:
        descriptor = sys.stdin.fileno()
        settings = termios.tcgetattr(descriptor)
    except (OSError, ValueError, termios.error):
        # stdin is not a terminal.
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, settings)
