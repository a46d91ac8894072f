"""Options that TF_CLI_ARGS… adds to Terraform's commands, and how runs treat each of them.

Terraform applies them when a user runs it directly
(developer.hashicorp.com/terraform/cli/config/environment-variables,
"TF_CLI_ARGS and TF_CLI_ARGS_name"). Runs ignore all of them except ``-backend-config``, so a plan
covers the whole stack and the apply does exactly what was approved. A run reports each ignored
option that would have changed the run.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.i18n import _

PREFIX = "TF_CLI_ARGS"
BACKEND_CONFIG = "backend-config"
VARIABLES = ("var", "var-file")
"""Options that set variables: the effective value is then unknown (read/variables.py)."""
STATE_FILES = ("state", "state-out")
"""Options that move a local state to another file. A run would not find it there, so it is refused
(other_state)."""
CHANGING = (PREFIX, f"{PREFIX}_plan", f"{PREFIX}_apply", f"{PREFIX}_destroy")
"""Variables whose options affect plan and apply."""
_FALSE = ("0", "f", "F", "false", "FALSE", "False")
"""Values that Go's strconv.ParseBool reads as false."""
_FLAGS = frozenset(
    {
        "allow-missing", "auto-approve", "backend", "compact-warnings", "concise", "destroy",
        "detailed-exitcode", "force-copy", "get", "ignore-remote-version", "input", "json", "lock",
        "migrate-state", "no-color", "reconfigure", "refresh", "refresh-only", "show-sensitive",
        "upgrade",
    }
)  # fmt: skip
"""Options without a value: the next word is not part of the option."""
_HARMLESS = frozenset(
    {
        "auto-approve", "backup", "compact-warnings", "concise", "detailed-exitcode",
        "ignore-remote-version", "input", "json", "lock-timeout", "no-color", "out",
        "show-sensitive",
    }
)  # fmt: skip
"""Options that only affect prompts, waiting and output, which runs set themselves."""


@dataclass(frozen=True, slots=True)
class ExtraOption:
    """One option of an environment variable."""

    variable: str
    name: str
    """Without hyphens."""
    value: str
    """Empty if it has no value."""

    @property
    def is_off(self) -> bool:
        """Tell whether it is a flag that is set to false."""
        return self.name in _FLAGS and self.value in _FALSE

    @property
    def text(self) -> str:
        """Return the option as it was written, without the value of a name: it may be a secret."""
        name, equals, _value = self.value.partition("=")
        if equals and self.name in ("var", BACKEND_CONFIG):
            return f"-{self.name}={name}=…"
        return f"-{self.name}={self.value}" if self.value else f"-{self.name}"


def extra_options(environ: Mapping[str, str], variable: str) -> Iterator[ExtraOption]:
    """Yield the options in an environment variable; none if a shell could not split the words.

    Go's flags start with one or two hyphens; the value follows = or is the next word.
    """
    try:
        words = iter(shlex.split(environ.get(variable, "")))
    except ValueError:
        return
    for word in words:
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or not name:
            continue
        if not equals and name not in _FLAGS:
            value = next(words, "")
        yield ExtraOption(variable, name, value)


def notes(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each ignored option that would have changed the run."""
    for variable in sorted(environ):
        if variable != PREFIX and not variable.startswith(f"{PREFIX}_"):
            continue
        if not environ[variable].strip():
            continue
        given = list(extra_options(environ, variable))
        if not given:
            yield _("{name} is ignored: its value is not a list of options.").format(name=variable)
        for option in given:
            if words := _left_out(option):
                yield _("{option} in {name} is ignored: {words}.").format(
                    name=variable, option=option.text, words=words
                )


def _left_out(option: ExtraOption) -> str:
    """Return what a run does instead of ``option``; "" if it does the same."""
    is_init = option.variable == f"{PREFIX}_init"
    if option.name in _HARMLESS or (is_init and option.name == BACKEND_CONFIG):
        return ""
    if option.name in _AGAINST:
        default_is_on, words = _AGAINST[option.name]
        return "" if option.name in _FLAGS and option.is_off != default_is_on else words()
    return _("a run uses only its own options")


_AGAINST: Mapping[str, tuple[bool, Callable[[], str]]] = {
    "target": (False, lambda: _("a run always plans the whole stack")),
    "target-file": (False, lambda: _("a run always plans the whole stack")),
    "exclude": (False, lambda: _("a run always plans the whole stack")),
    "exclude-file": (False, lambda: _("a run always plans the whole stack")),
    "replace": (False, lambda: _("a run replaces only resources whose changes require it")),
    "destroy": (False, lambda: _("use `gpuecs-tui destroy` to plan a destroy")),
    "refresh": (True, lambda: _("a run always refreshes the state before it plans")),
    "refresh-only": (False, lambda: _("a run also plans changes")),
    "lock": (True, lambda: _("a run always locks the state")),
    "parallelism": (False, lambda: _("a run makes up to 10 changes at a time")),
    "generate-config-out": (False, lambda: _("a run does not generate configuration")),
    "var": (False, lambda: _("a run reads variables from files and TF_VAR_…")),
    "var-file": (False, lambda: _("a run reads only variable files that Terraform loads itself")),
    "state": (False, lambda: _("the backend sets the location of the state")),
    "state-out": (False, lambda: _("the backend sets the location of the state")),
    "backend": (True, lambda: _("a run always initializes the backend")),
    "backend-config": (False, lambda: _("set it only in TF_CLI_ARGS_init")),
    "upgrade": (
        False,
        lambda: _(
            "a run uses the provider versions in the dependency lock file, unless "
            "stack.provider_minimum requires a later one"
        ),
    ),
    "lockfile": (False, lambda: _("an init may add entries to the dependency lock file")),
    "reconfigure": (False, lambda: _("use `gpuecs-tui migrate` to move the state")),
    "migrate-state": (False, lambda: _("use `gpuecs-tui migrate` to move the state")),
    "force-copy": (False, lambda: _("use `gpuecs-tui migrate` to move the state")),
    "from-module": (False, lambda: _("a run does not copy a module into the directory")),
    "get": (True, lambda: _("an init always installs the modules")),
    "plugin-dir": (False, lambda: _("use --plugin-dir to set a provider mirror")),
}  # fmt: skip
"""Option → whether it is on by default, and what a run does regardless of it."""
