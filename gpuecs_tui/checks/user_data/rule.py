"""Rule user-data: user data that undoes the settings of the stack, or that doesn't run.

The stack's user data is a shell script that appends to ``/etc/ecs/ecs.config``. The extra user data
follows in the same script. On Bottlerocket, both are one TOML document, and the form refuses
contradictions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, Severity, error, undecided, warning
from gpuecs_tui.checks.user_data.commands import EXTRA, FILE, RULE, effect_findings
from gpuecs_tui.checks.user_data.config import CLUSTER, DEFAULT_CLUSTER, config_findings
from gpuecs_tui.checks.user_data.script import Followed, followed
from gpuecs_tui.checks.user_data.shell.world import Chunk, Data
from gpuecs_tui.checks.user_data.toml import toml_findings
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.user_data_shape import has_interpreter, shape_of

_SHEBANG_OPTIONS = re.compile(r"#!\s*\S*/(?:ba|da)?sh\s+-(\w+)")
_TEMPLATE = re.compile(r"(?<![$%])(?:%\{|\$\{(?!cluster\}))")
"""A directive or an expression of a Terraform template. A doubled ``$`` or ``%`` escapes it."""
_CONFIG = r"[\"']?(?:/etc/ecs/)?ecs\.config[\"']?(?![\w.-])"
_REDIRECT = re.compile(rf"(?<![>&<|-])(?:[12&])?>\|?\s*{_CONFIG}")
_TEE = re.compile(rf"\btee\b((?:\s+[^\s|;&<>]+)*?)\s+{_CONFIG}")
_APPENDS = re.compile(r"\s(?:-[a-zA-Z]*a[a-zA-Z]*|--append)(?=\s|$)")
_WAITS = re.compile(
    r"\bsystemctl(?=\s[^|;&\n]*\b(?:restart|start|enable\s+--now)\s[^|;&\n]*\becs(?:\.service)?\b)"
    r"(?![^|;&\n]*--no-block)"
)


def user_data(context: Context) -> Iterator[Finding]:
    """Report text that isn't a shell script, overwrites ``ecs.config``, or changes the cluster."""
    stack = context.stack
    extra, own = stack.fleet.extra_user_data, context.bootstrap
    if stack.fleet.ami == "bottlerocket":
        if own:
            yield from toml_findings(context)
        return
    if not (extra or own):
        return
    yield from _line_ends(extra, own)
    if (shape := shape_of(extra)) and extra:
        yield error(
            RULE,
            EXTRA,
            _(
                "The extra user data is {shape}. It is appended to a shell script, so the shell "
                "runs it as commands."
            ).format(shape=_(shape)),
            _("rewrite it as shell commands"),
        )
        return
    if own and (shape := shape_of(own)):
        yield undecided(
            RULE,
            EXTRA,
            _(
                "Could not check which cluster instances join: {file} is {shape}, which gpuecs-tui "
                "doesn't read."
            ).format(file=FILE, shape=_(shape)),
            _("rewrite it as a shell script, or check it on an instance"),
        )
        return
    if own and not has_interpreter(own):
        yield error(
            RULE,
            EXTRA,
            _("{file} doesn't start with #!, so cloud-init doesn't run it.").format(file=FILE),
            _("start it with #!/bin/bash"),
        )
        return
    for found in _findings(context, own, extra):
        yield _fixed(context, found, own, extra)


def _findings(context: Context, own: str, extra: str) -> Iterator[Finding]:
    followed_ = _followed(context, own, extra)
    if not followed_.worlds or _TEMPLATE.search(own):
        reason = (
            _("It has more conditions, loops, or calls than gpuecs-tui follows.")
            if not followed_.worlds
            else _("{file} has Terraform template expressions other than ${{cluster}}.").format(
                file=FILE
            )
        )
        yield undecided(
            RULE,
            EXTRA,
            _("Could not check what the user data does. {reason}").format(reason=reason),
            _("check /etc/ecs/ecs.config on an instance"),
        )
        return
    yield from config_findings(context, followed_.worlds, followed_.between)
    yield from effect_findings(followed_.worlds)


def _followed(context: Context, own: str, extra: str) -> Followed:
    """Follow both parts; without a user data file, start with the settings of the stack."""
    names = (FILE, _("The extra user data"))
    script = own.replace("${cluster}", context.stack.names.cluster)
    script = script.replace("$${", "${").replace("%%{", "%{")
    options = _SHEBANG_OPTIONS.match(own)
    set_by = frozenset(it for it in (options[1] if options else "") if it in "eu")
    started: Data = () if own else (Chunk(_own_settings(context), FILE),)
    return followed(script, extra, started, names, set_by)


def _line_ends(extra: str, own: str) -> Iterator[Finding]:
    """Check CR characters: cloud-init removes them if the first line ends with one.

    Otherwise, the shell reads them (cloud-init, ``dos2unix`` in cloudinit/util.py, which the
    handler of shell scripts calls).
    """
    if own.partition("\n")[0].endswith("\r"):
        yield warning(
            RULE,
            EXTRA,
            _(
                "{file} has Windows line endings. cloud-init removes them only if the first line "
                "has one. The shell reads each CR that is left as part of the command."
            ).format(file=FILE),
            _("convert it: sed -i 's/\\r$//' {file}").format(file=FILE),
        )
        return
    if "\r" in own:
        yield error(
            RULE,
            EXTRA,
            _(
                "{file} has Windows line endings, but not in its first line. The shell reads each "
                "CR as part of the command."
            ).format(file=FILE),
            _("convert it: sed -i 's/\\r$//' {file}").format(file=FILE),
        )
    if "\r" in extra:
        yield error(
            RULE,
            EXTRA,
            _(
                "The extra user data has Windows line endings. The shell reads each CR as part of "
                "the command."
            ),
            _("remove the CR characters"),
            ((EXTRA, extra.replace("\r\n", "\n").replace("\r", "\n")),),
        )


def _own_settings(context: Context) -> str:
    """Return the settings that the stack's script writes to ``ecs.config`` and that rules need."""
    stack = context.stack
    found = f"{CLUSTER}={stack.names.cluster or DEFAULT_CLUSTER}\n"
    if stack.fleet.market == "spot":
        found += "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true\n"
    if stack.task.network_mode == "awsvpc":
        found += "ECS_AWSVPC_BLOCK_IMDS=true\n"
    return found


def _fixed(context: Context, finding: Finding, own: str, extra: str) -> Finding:
    """Add a fix to a finding if one of two small changes of the user data solves it."""
    if finding.severity is Severity.UNKNOWN or finding.fix is not None:
        return finding
    for text in (_appending(extra), _WAITS.sub("systemctl --no-block", extra)):
        if text != extra and not list(_findings(context, own, text)):
            fix: Fix = ((EXTRA, text),)
            return replace(finding, fix=fix)
    return finding


def _appending(extra: str) -> str:
    """Return the user data with ``>>`` and ``tee -a`` instead of ``>`` and ``tee``."""
    text = _REDIRECT.sub(lambda found: found[0].replace(">|", ">").replace(">", ">>", 1), extra)
    return _TEE.sub(
        lambda found: (
            found[0] if _APPENDS.search(found[1]) else found[0].replace("tee", "tee -a", 1)
        ),
        text,
    )
