"""Whether a run survives the logout of its user, and how to start it so that it survives.

systemd-logind ends all processes of a user's session at logout where ``KillUserProcesses=yes``
(logind.conf(5)). A process in a scope of the user's own service manager is not part of the session;
that manager itself stays after the last logout only for users who linger (loginctl(1)).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.process import ProcessProblem, capture

_ROOT = Path("/")
_FOLDERS = ("etc", "run", "usr/local/lib", "usr/lib")
"""Folders of systemd's configuration, highest precedence first."""
_PROBE_SECONDS = 5.0
"""Timeout; a user manager answers within 0.1 s."""
_YES = ("yes", "true", "on", "1", "y", "t")
_SCOPE = ("systemd-run", "--user", "--scope", "--quiet", "--collect", "--")


def ends_at_logout(user: str) -> bool:
    """Tell whether logind is configured to end the processes of ``user`` at logout."""
    settings = {"KillUserProcesses": "no", "KillOnlyUsers": "", "KillExcludeUsers": "root"}
    for path in _configuration():
        try:
            lines = path.read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        for line in lines:
            name, equals, value = line.partition("=")
            if equals and name.strip() in settings:
                settings[name.strip()] = value.strip()
    if settings["KillUserProcesses"].lower() not in _YES:
        return False
    if user in settings["KillExcludeUsers"].split():
        return False
    only = settings["KillOnlyUsers"].split()
    return not only or user in only


def scope_prefix(user: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command prefix that starts a command outside the session of ``user``.

    Empty if that is not needed, or if no user manager answers.
    """
    if not ends_at_logout(user):
        return ()
    program = shutil.which(_SCOPE[0], path=environ.get("PATH"))
    if program is None:
        return ()
    prefix = (program, *_SCOPE[1:])
    try:
        answer = capture([*prefix, "true"], cwd=_ROOT, environment=environ, timeout=_PROBE_SECONDS)
    except ProcessProblem:
        return ()
    return prefix if answer.returncode == 0 else ()


def logout_warning(user: str, prefix: Sequence[str]) -> str:
    """Return the warning and the remedy for a run that ends at logout; empty if it survives.

    ``prefix``: what ``scope_prefix`` returned for it.
    """
    if not ends_at_logout(user):
        return ""
    ends = _(
        "This machine kills your processes when you log out (KillUserProcesses=yes in logind.conf)."
    )
    if not prefix:
        return f"{ends} " + _("The run is killed too: stay logged in until it ends.")
    if (_ROOT / "var/lib/systemd/linger" / user).exists():
        return ""
    return f"{ends} " + _("The run is killed too. To keep it running, run: loginctl enable-linger")


def _configuration() -> Iterator[Path]:
    """Yield logind's configuration files; a later one takes precedence."""
    for folder in _FOLDERS:
        if (main := _ROOT / folder / "systemd/logind.conf").is_file():
            yield main
            break
    additions: dict[str, Path] = {}
    for folder in reversed(_FOLDERS):
        for path in (_ROOT / folder / "systemd/logind.conf.d").glob("*.conf"):
            additions[path.name] = path
    yield from (additions[name] for name in sorted(additions))
