"""Options that TF_CLI_ARGS… adds to Terraform's commands, and what runs of ours do about each.

Terraform by hand takes them (developer.hashicorp.com/terraform/cli/config/environment-variables,
"TF_CLI_ARGS and TF_CLI_ARGS_name"). Runs of ours leave them out, all but ``-backend-config``: so a
plan is of the whole stack, and what was approved is what is applied. A run names each
option that it leaves out and that would change it.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.i18n import _

PREFIX = "TF_CLI_ARGS"
BACKEND_CONFIG = "backend-config"
VARIABLES = ("var", "var-file")
"""Options that give values to variables: which value counts is unknown then (read_variables)."""
STATE_FILES = ("state", "state-out")
"""Options that put a local state in another file: a run of ours would not find it, and is refused
(other_state)."""
CHANGING = (PREFIX, f"{PREFIX}_plan", f"{PREFIX}_apply", f"{PREFIX}_destroy")
"""Variables whose options count for commands that plan and apply."""
_FALSE = ("0", "f", "F", "false", "FALSE", "False")
"""What Go's strconv.ParseBool takes for false."""
_FLAGS = frozenset(
    {
        "allow-missing", "auto-approve", "backend", "compact-warnings", "concise", "destroy",
        "detailed-exitcode", "force-copy", "get", "ignore-remote-version", "input", "json", "lock",
        "migrate-state", "no-color", "reconfigure", "refresh", "refresh-only", "show-sensitive",
        "upgrade",
    }
)  # fmt: skip
"""Options that need no value: the next word is not theirs."""
_HARMLESS = frozenset(
    {
        "auto-approve", "backup", "compact-warnings", "concise", "detailed-exitcode",
        "ignore-remote-version", "input", "json", "lock-timeout", "no-color", "out",
        "show-sensitive",
    }
)  # fmt: skip
"""Options that only say how a command asks, waits and shows, which runs of ours settle."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of an environment variable."""

    variable: str
    name: str
    """Without hyphens."""
    value: str
    """Empty where it has none."""

    @property
    def is_off(self) -> bool:
        """Tell whether it is a flag that is set to false."""
        return self.name in _FLAGS and self.value in _FALSE

    @property
    def text(self) -> str:
        """Return it as people write it, without what is set to a name: it may be a secret."""
        name, equals, _value = self.value.partition("=")
        if equals and self.name in ("var", BACKEND_CONFIG):
            return f"-{self.name}={name}=…"
        return f"-{self.name}={self.value}" if self.value else f"-{self.name}"


def options(environ: Mapping[str, str], variable: str) -> Iterator[Option]:
    """Yield the options in an environment variable; none where a shell couldn't split the words.

    Go's flags take one hyphen or two, and the value behind = or as the next word.
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
        yield Option(variable, name, value)


def notes(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each option that a run leaves out and that would make it another one."""
    for variable in sorted(environ):
        if variable != PREFIX and not variable.startswith(f"{PREFIX}_"):
            continue
        if not environ[variable].strip():
            continue
        given = list(options(environ, variable))
        if not given:
            yield _("{name} is ignored: its words are not options.").format(name=variable)
        for option in given:
            if words := _left_out(option):
                yield _("{name} has {option}, which is ignored: {words}.").format(
                    name=variable, option=option.text, words=words
                )


def _left_out(option: Option) -> str:
    """Return what a run does instead of what ``option`` asks for; "" where that is the same."""
    is_init = option.variable == f"{PREFIX}_init"
    if option.name in _HARMLESS or (is_init and option.name == BACKEND_CONFIG):
        return ""
    if option.name in _AGAINST:
        default_is_on, words = _AGAINST[option.name]
        return "" if option.name in _FLAGS and option.is_off != default_is_on else words()
    return _("a run uses options of its own only")


_AGAINST: Mapping[str, tuple[bool, Callable[[], str]]] = {
    "target": (False, lambda: _("a run plans the whole stack")),
    "target-file": (False, lambda: _("a run plans the whole stack")),
    "exclude": (False, lambda: _("a run plans the whole stack")),
    "exclude-file": (False, lambda: _("a run plans the whole stack")),
    "replace": (False, lambda: _("a run replaces only what a change needs")),
    "destroy": (False, lambda: _("`gpuecs-tui destroy` plans a destroy")),
    "refresh": (True, lambda: _("a run reads every resource before it plans")),
    "refresh-only": (False, lambda: _("a run plans the changes, too")),
    "lock": (True, lambda: _("a run locks the state")),
    "parallelism": (False, lambda: _("a run makes 10 changes at a time")),
    "generate-config-out": (False, lambda: _("a run writes no configuration")),
    "var": (False, lambda: _("a run takes variables from files and TF_VAR_…")),
    "var-file": (False, lambda: _("a run takes variables from files that Terraform loads itself")),
    "state": (False, lambda: _("the backend says where the state is")),
    "state-out": (False, lambda: _("the backend says where the state is")),
    "backend": (True, lambda: _("a run initialises the backend")),
    "backend-config": (False, lambda: _("only TF_CLI_ARGS_init may have it")),
    "upgrade": (False, lambda: _("a run takes the versions of the lock file")),
    "lockfile": (False, lambda: _("an init may add to the lock file")),
    "reconfigure": (False, lambda: _("`gpuecs-tui migrate` changes where the state is")),
    "migrate-state": (False, lambda: _("`gpuecs-tui migrate` changes where the state is")),
    "force-copy": (False, lambda: _("`gpuecs-tui migrate` changes where the state is")),
    "from-module": (False, lambda: _("a run copies no module into the directory")),
    "get": (True, lambda: _("an init installs the modules")),
    "plugin-dir": (False, lambda: _("--plugin-dir names a mirror of providers")),
}  # fmt: skip
"""Option → whether it is on by itself, and what a run does whatever it says."""
