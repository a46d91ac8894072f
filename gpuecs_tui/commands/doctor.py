"""``doctor``: checks the setup of this machine and prints how to fix it."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui import __version__
from gpuecs_tui.columns import cells, pad
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_FAILED, harmless
from gpuecs_tui.file_locks import NO_LOCKS, no_locks_there
from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import make_private
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.engine.binary import Engine, find_engine
from gpuecs_tui.terraform.engine.mirror import ProviderSource, find_mirror
from gpuecs_tui.terraform.runs.launch import user_name
from gpuecs_tui.terraform.runs.logout import logout_warning, scope_prefix
from gpuecs_tui.terraform.state.environment import child_environment
from gpuecs_tui.user_folders import NoHome, state_folder

SMALLEST = (80, 24)
"""Columns and rows below which the wizard shows only a message."""


@dataclass(frozen=True, slots=True)
class _Result:
    subject: str
    well: bool
    words: str
    remedy: str = ""


def doctor(arguments: argparse.Namespace) -> int:
    """Print one line for each thing that this program needs; exit 1 if one of them is missing."""
    choose_account(arguments)
    results = [_Result("gpuecs-tui", True, f"{__version__}, Python {sys.version.split()[0]}")]
    engine = _engine(results)
    if engine:
        results.append(_provider(engine, arguments))
    results.extend(_environment())
    results.append(_state_folder())
    results.extend(_logout())
    results.extend(_noexec(arguments.plugin_dir))
    results.append(_credentials())
    results.append(_terminal())
    well, wrong = _("ok"), _("!!")
    marked = max(cells(well), cells(wrong))
    width = max(cells(result.subject) for result in results)
    for result in results:
        mark = pad(well if result.well else wrong, marked)
        print(f"{mark}  {pad(result.subject, width)}  {harmless(result.words)}")
        if result.remedy:
            print(f"{'':<{marked}}  {'':<{width}}  → {harmless(result.remedy)}")
    return 0 if all(result.well for result in results) else EXIT_FAILED


def _engine(results: list[_Result]) -> Engine | None:
    try:
        engine = find_engine()
    except TerraformProblem as problem:
        results.append(_Result("Terraform", False, problem.message, problem.remedy))
        return None
    results.append(_Result(engine.name, True, f"{engine.version}, {engine.path}"))
    return engine


def _provider(engine: Engine, arguments: argparse.Namespace) -> _Result:
    subject = _("AWS provider")
    try:
        mirror = find_mirror(engine, named=arguments.plugin_dir)
    except TerraformProblem as problem:
        return _Result(subject, False, problem.message, problem.remedy)
    if mirror.source is ProviderSource.REGISTRY:
        return _Result(
            subject,
            True,
            _("from {registry}, over the network: no filesystem mirror was found").format(
                registry=engine.registry
            ),
            _("On a machine without internet access, set a filesystem mirror with --plugin-dir."),
        )
    if mirror.source is ProviderSource.CONFIGURED:
        return _Result(subject, True, _("as configured in {path}").format(path=mirror.path))
    return _Result(
        subject,
        True,
        _("{versions} in {path}").format(versions=", ".join(mirror.versions), path=mirror.path),
    )


def _environment() -> list[_Result]:
    notes = child_environment(os.environ).notes
    results = [_Result(_("Environment"), True, note) for note in notes]
    named = os.environ.get("TF_CLI_CONFIG_FILE", "")
    if named and not Path(named).is_file():
        results = [it for it in results if "TF_CLI_CONFIG_FILE" not in it.words]
        results.append(
            _Result(
                _("Environment"),
                False,
                _("TF_CLI_CONFIG_FILE is set to {path}, which is not a file.").format(path=named),
                _("Correct or unset TF_CLI_CONFIG_FILE."),
            )
        )
    return results


def _state_folder() -> _Result:
    """Try to write and lock a file where runs and drafts are stored: permissions don't show it."""
    subject = _("Runs and drafts")
    try:
        folder = state_folder()
        make_private(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except NoHome as error:
        return _Result(subject, False, _("{reason}.").format(reason=error.strerror))
    except OSError as error:
        if error.errno in NO_LOCKS:
            return _Result(subject, False, no_locks_there(folder))
        return _Result(
            subject,
            False,
            _("Could not write to {folder}: {reason}.").format(
                folder=folder, reason=error.strerror or error
            ),
            _("Set XDG_STATE_HOME to a directory that you can write to."),
        )
    return _Result(subject, True, str(folder))


def _logout() -> list[_Result]:
    user = user_name()
    words = logout_warning(user, scope_prefix(user, os.environ))
    return [_Result(_("Logout"), False, words)] if words else []


def _noexec(plugin_dir: Path | None) -> list[_Result]:
    """Return the folders from which Terraform starts programs but whose file system forbids it."""
    data = Path(os.environ.get("TF_DATA_DIR") or ".")
    places = {
        data: _(
            "Set TF_DATA_DIR to a directory on another file system: Terraform starts providers "
            "from it."
        ),
        Path(tempfile.gettempdir()): _("Set TMPDIR to a directory on another file system."),
    }
    if plugin_dir is not None:
        places[plugin_dir] = _("Copy the mirror to another file system.")
    found = []
    for place, remedy in places.items():
        try:
            flags = os.statvfs(place).f_flag
        except OSError:
            continue
        if flags & os.ST_NOEXEC:
            words = _("{folder} is on a file system that is mounted with noexec.").format(
                folder=place.absolute()
            )
            found.append(_Result(_("Programs"), False, words, remedy))
    return found


def _credentials() -> _Result:
    from gpuecs_tui.aws.discovery.identity import read_identity, read_regions
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.profiles import default_region
    from gpuecs_tui.aws.regions import is_region
    from gpuecs_tui.aws.session import connect

    subject = _("Credentials")
    region = default_region()
    exists = is_region(region) if region else True
    if exists is False:
        return _no_region(region)
    reader = connect(region=region)
    try:
        identity = read_identity(reader)
        if exists is None and region not in {it.name for it in read_regions(reader)}:
            return _no_region(region)
    except AwsProblem as problem:
        return _Result(subject, False, problem.sentence, problem.remedy)
    finally:
        reader.close()
    where = region or _("no default Region: the wizard asks for one")
    return _Result(subject, True, f"{identity.arn} · {where}")


def _no_region(region: str) -> _Result:
    return _Result(
        _("Region"),
        False,
        _("The AWS Region {region} does not exist.").format(region=region),
        _("Set AWS_REGION to an existing Region, such as us-east-1."),
    )


def _terminal() -> _Result:
    subject = _("Terminal")
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        return _Result(
            subject, True, _("stdout is not a terminal: commands work, the wizard needs a terminal")
        )
    if term in {"", "dumb"}:
        return _Result(
            subject, False, _("TERM is {term}").format(term=term or '""'),
            _("Set TERM to the type of your terminal, for example xterm-256color."),
        )  # fmt: skip
    size = os.get_terminal_size()
    words = f"{term}, {size.columns}x{size.lines}"
    if size.columns < SMALLEST[0] or size.lines < SMALLEST[1]:
        return _Result(
            subject, False, words,
            _(
                "Make the terminal at least {columns}x{lines}."
            ).format(columns=SMALLEST[0], lines=SMALLEST[1]),
        )  # fmt: skip
    return _Result(subject, True, words)
