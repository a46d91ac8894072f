"""``doctor``: what was found on this machine, and what to do about what wasn't."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass

from gpuecs_tui import __version__
from gpuecs_tui.columns import cells, pad
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_FAILED, harmless
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.engine import Engine, find_engine
from gpuecs_tui.terraform.environment import child_environment
from gpuecs_tui.terraform.mirror import Source, find_mirror
from gpuecs_tui.terraform.problems import TerraformProblem

SMALLEST = (80, 24)
"""Columns and rows below which the wizard shows only a message."""


@dataclass(frozen=True, slots=True)
class _Result:
    subject: str
    well: bool
    words: str
    remedy: str = ""


def doctor(arguments: argparse.Namespace) -> int:
    """Print one line for each thing that the tool stands on; exit 1 if one of them is missing."""
    choose_account(arguments)
    results = [_Result("gpuecs-tui", True, f"{__version__}, Python {sys.version.split()[0]}")]
    engine = _engine(results)
    if engine:
        results.append(_provider(engine, arguments))
    results.extend(_environment())
    results.append(_credentials())
    results.append(_terminal())
    well, amiss = _("ok"), _("!!")
    marked = max(cells(well), cells(amiss))
    width = max(cells(result.subject) for result in results)
    for result in results:
        mark = pad(well if result.well else amiss, marked)
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
    if mirror.source is Source.REGISTRY:
        return _Result(
            subject,
            True,
            _("from {registry}, over the network: no mirror was found").format(
                registry=engine.registry
            ),
            _("On a machine without internet, name a filesystem mirror with --plugin-dir."),
        )
    if mirror.source is Source.CONFIGURED:
        return _Result(subject, True, _("as {path} says").format(path=mirror.path))
    return _Result(
        subject,
        True,
        _("{versions} in {path}").format(versions=", ".join(mirror.versions), path=mirror.path),
    )


def _environment() -> list[_Result]:
    notes = child_environment(os.environ).notes
    return [_Result(_("Environment"), True, note) for note in notes]


def _credentials() -> _Result:
    from gpuecs_tui.aws.discovery_identity import read_identity
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.profiles import default_region
    from gpuecs_tui.aws.session import connect

    subject = _("Credentials")
    reader = connect(region=default_region())
    try:
        identity = read_identity(reader)
    except AwsProblem as problem:
        return _Result(subject, False, problem.sentence, problem.remedy)
    finally:
        reader.close()
    region = default_region()
    where = region or _("no default region: the wizard asks for one")
    return _Result(subject, True, f"{identity.arn} · {where}")


def _terminal() -> _Result:
    subject = _("Terminal")
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        return _Result(subject, True, _("none here: the commands work, the wizard needs one"))
    if term in {"", "dumb"}:
        return _Result(
            subject, False, _("TERM is {term}").format(term=term or '""'),
            _("Set TERM to what your terminal is, such as xterm-256color."),
        )  # fmt: skip
    size = os.get_terminal_size()
    words = f"{term}, {size.columns}x{size.lines}"
    if size.columns < SMALLEST[0] or size.lines < SMALLEST[1]:
        return _Result(
            subject, False, words,
            _("Make it at least {columns}x{lines}.").format(columns=SMALLEST[0], lines=SMALLEST[1]),
        )  # fmt: skip
    return _Result(subject, True, words)
