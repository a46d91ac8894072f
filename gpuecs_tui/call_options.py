"""The global options of this call, which the command lines in messages repeat.

After ``gpuecs-tui --demo apply DIR``, a message with ``gpuecs-tui plan DIR`` would lead from the
demo account to AWS, and so would one with a command of the AWS CLI. ``i18n`` passes each text
through ``with_call_options``. A process that is started for a run gets the options in a variable,
because its messages name commands, too.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

VARIABLE = "GPUECS_TUI_CALL_OPTIONS"
"""The options for a child process, quoted for a POSIX shell."""
COMMANDS_WITH_OPTIONS = (
    *("render", "show", "check", "plan", "apply", "approve", "destroy", "runs", "attach"),
    *(
        "cancel",
        "status",
        "logs",
        "scale",
        "deploy",
        "rollback",
        "restart",
        "exec",
        "ssm",
        "stop-task",
        "drain",
        "replace",
        "state",
        "migrate",
        "buckets",
        "gpus",
        "doctor",
    ),
)
"""Every command but ``demo``, which is always about the demo account."""
_PROGRAM = "gpuecs-tui "
_AWS = "aws "
_DEMO, _PROFILE = "--demo", "--profile"


def option_words(
    *, demo: bool, faults: Sequence[str], profile: str | None, plugin_dir: Path | None
) -> list[str]:
    """Return the words of a command line that set these global options."""
    words = [_DEMO] if demo else []
    words += [word for fault in faults for word in ("--demo-fault", fault)]
    words += [_PROFILE, profile] if profile else []
    return [*words, *(["--plugin-dir", str(plugin_dir)] if plugin_dir else [])]


def global_options(arguments: Namespace) -> list[str]:
    """Return the words of the global options in parsed arguments."""
    return option_words(
        demo=arguments.demo,
        faults=arguments.demo_fault,
        profile=arguments.profile,
        plugin_dir=arguments.plugin_dir,
    )


def _inherited() -> str:
    return os.environ.get(VARIABLE, "")


_present: list[Callable[[], str]] = [_inherited]
"""The last one returns the options of this call, quoted."""


@contextmanager
def call_with(words: Callable[[], Sequence[str]]) -> Iterator[None]:
    """Use the options that ``words`` returns for all texts in the block, in every thread.

    ``words`` is called for each text with a command line: in the wizard the profile may change.
    """
    _present.append(lambda: shlex.join(words()))
    try:
        yield
    finally:
        _present.pop()


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of the program's name before a command, or before the placeholder of
    one, and of the AWS CLI before a service that messages name, and an operation.

    They are compiled for the first text with a command: the first frame has none.
    """
    commands = "|".join(COMMANDS_WITH_OPTIONS)
    services = "application-autoscaling|autoscaling|ec2|ecs|iam|logs"
    return (
        re.compile(rf"\b{_PROGRAM}(?=(?:{commands})\b|\{{)"),
        re.compile(rf"\b{_AWS}(?=(?:{services}) [a-z]+-[a-z])"),
    )


def with_call_options(text: str) -> str:
    """Return ``text``, or the template of a text, with the options of this call in its command
    lines."""
    if (_PROGRAM not in text and _AWS not in text) or not (options := _present[-1]()):
        return text
    of_aws = aws_options()
    if "{" in text:
        # A template: braces in a path must not be read as a placeholder.
        options, of_aws = (it.replace("{", "{{").replace("}", "}}") for it in (options, of_aws))
    elif "{" in options or "}" in options:
        # It is unknown whether the text is formatted later, which would read the braces.
        return text
    line, aws_line = _patterns()
    text = line.sub(lambda _match: f"{_PROGRAM}{options} ", text)
    return aws_line.sub(lambda _match: f"{_AWS}{of_aws}", text)


def aws_options(profile: str | None = None) -> str:
    """Return the options with which the AWS CLI uses the account of this call, quoted; after them a
    space.

    ``profile``: the one that was used instead of that of the call.
    """
    given = shlex.split(_present[-1]())
    if _DEMO in given:
        # The variables of the demo account are in the environment.
        words = ["--endpoint-url", os.environ.get("AWS_ENDPOINT_URL", "")]
    elif profile:
        words = [_PROFILE, profile]
    elif _PROFILE in given:
        words = given[given.index(_PROFILE) :][:2]
    else:
        return ""
    return f"{shlex.join(words)} "


def with_call_variable(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a child process that words its messages for this call."""
    kept = {name: value for name, value in environ.items() if name != VARIABLE}
    options = _present[-1]()
    return {**kept, VARIABLE: options} if options else kept
